package otazip

import (
	"errors"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/zip"
)

// overlay is an archive while its script is laid over it.
type overlay struct {
	zip   *zip.FS
	root  *node
	count int
	gaps  []*image.Error
}

// index is the finished tree; the archive's bytes are opened when they are asked for.
func (f *overlay) index() *image.Index {
	x := image.NewIndex()
	f.add(x, f.root)
	for _, g := range f.gaps {
		x.Miss("", g)
	}
	return x
}

func (f *overlay) add(x *image.Index, n *node) {
	e := image.Entry{Mode: n.mode, Link: n.link, Attr: n.attr}
	if n.mode.IsRegular() {
		e.Size = n.info.Size()
		e.Open = func() (io.ReaderAt, error) { return f.open(n.source) }
	}
	if err := x.Add(n.path, e); err != nil {
		x.Miss(n.path, err)
	}
	for _, c := range n.sorted {
		f.add(x, c)
	}
}

// open opens a file of the archive; closing the handle closes it.
func (f *overlay) open(source string) (io.ReaderAt, error) {
	h, err := f.zip.Open(source)
	if err != nil {
		return nil, err
	}
	r, ok := h.(io.ReaderAt)
	if !ok {
		return nil, errors.Join(&fs.PathError{Op: "open", Path: source, Err: fs.ErrInvalid}, h.Close())
	}
	return r, nil
}
