package otazip

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"time"

	"romscan/analyzer/image"
	"romscan/analyzer/image/zip"
)

// FS is an opened package. It is safe for concurrent use.
type FS struct {
	zip   *zip.FS
	root  *node
	count int
	gaps  []*image.Error
}

// Gaps implements [image.Gapper].
func (f *FS) Gaps() []*image.Error { return f.gaps }

func (f *FS) find(op, name string) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	n := f.at(name)
	if n == nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return n, nil
}

// Open implements [fs.FS]. A link opens as its target's text.
func (f *FS) Open(name string) (fs.File, error) {
	n, err := f.find("open", name)
	if err != nil {
		return nil, err
	}
	switch {
	case n.mode.IsDir():
		return &dirFile{node: n}, nil
	case n.mode&fs.ModeSymlink != 0:
		return &file{linkText{io.NewSectionReader(strings.NewReader(n.link), 0, int64(len(n.link)))}, n}, nil
	}
	h, err := f.zip.Open(n.source)
	if err != nil {
		return nil, err
	}
	r, ok := h.(handle)
	if !ok {
		return nil, errors.Join(&fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}, h.Close())
	}
	return &file{r, n}, nil
}

// Stat implements [fs.StatFS].
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	n, err := f.find("stat", name)
	if err != nil {
		return nil, err
	}
	return info{n}, nil
}

// Lstat implements [fs.ReadLinkFS].
func (f *FS) Lstat(name string) (fs.FileInfo, error) { return f.Stat(name) }

// ReadLink implements [fs.ReadLinkFS].
func (f *FS) ReadLink(name string) (string, error) {
	n, err := f.find("readlink", name)
	if err != nil {
		return "", err
	}
	if n.mode&fs.ModeSymlink == 0 {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return n.link, nil
}

// handle is what the files of an archive and the texts of links have in common.
type handle interface {
	io.Reader
	io.ReaderAt
	io.Seeker
	io.Closer
}

type linkText struct{ *io.SectionReader }

func (linkText) Close() error { return nil }

// file is an open file with the package's attributes.
type file struct {
	handle
	node *node
}

func (f *file) Stat() (fs.FileInfo, error) { return info{f.node}, nil }

// info implements [fs.FileInfo].
type info struct{ n *node }

func (i info) Name() string       { return i.n.name }
func (i info) Mode() fs.FileMode  { return i.n.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.n.mode.IsDir() }
func (i info) Sys() any           { a := i.n.attr; return &a }

func (i info) Size() int64 {
	switch {
	case i.n.mode.IsDir():
		return 0
	case i.n.mode&fs.ModeSymlink != 0:
		return int64(len(i.n.link))
	}
	return i.n.info.Size()
}

type dirFile struct {
	node *node
	next int
}

func (d *dirFile) Stat() (fs.FileInfo, error) { return info{d.node}, nil }
func (d *dirFile) Close() error               { return nil }

func (d *dirFile) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.node.path, Err: errors.New("is a directory")}
}

func (d *dirFile) ReadDir(n int) ([]fs.DirEntry, error) {
	rest := d.node.sorted[d.next:]
	if n > 0 {
		if len(rest) == 0 {
			return nil, io.EOF
		}
		rest = rest[:min(n, len(rest))]
	}
	d.next += len(rest)
	out := make([]fs.DirEntry, len(rest))
	for i, c := range rest {
		out[i] = fs.FileInfoToDirEntry(info{c})
	}
	return out, nil
}
