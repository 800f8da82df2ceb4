package zip

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"romscan/analyzer/image"
)

// node is a place in the tree. The root's path is empty.
type node struct {
	name, path string
	mode       fs.FileMode
	entry      *Entry // nil for directories no entry names
	inside     []*node
}

func (n *node) sort() {
	slices.SortFunc(n.inside, func(a, b *node) int { return strings.Compare(a.name, b.name) })
}

func (f *FS) find(op, name string) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	n := f.nodes[name]
	if n == nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return n, nil
}

// Open implements [fs.FS]. A symbolic link opens as its target's text.
func (f *FS) Open(name string) (fs.File, error) {
	n, err := f.find("open", name)
	if err != nil {
		return nil, err
	}
	if n.mode.IsDir() {
		return &dirFile{node: n}, nil
	}
	return f.openEntry(n), nil
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
	return n.entry.Link, nil
}

// ReadDir implements [fs.ReadDirFS].
func (f *FS) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := f.find("readdir", name)
	if err != nil {
		return nil, err
	}
	if !n.mode.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("not a directory")}
	}
	return n.list(n.inside), nil
}

func (n *node) list(inside []*node) []fs.DirEntry {
	out := make([]fs.DirEntry, len(inside))
	for i, c := range inside {
		out[i] = fs.FileInfoToDirEntry(info{c})
	}
	return out
}

// Compare decodes a file and compares its length and checksum with the directory's.
func (f *FS) Compare(name string) error {
	n, err := f.find("compare", name)
	if err != nil {
		return err
	}
	if n.entry == nil || n.mode.IsDir() {
		return nil
	}
	file := f.openEntry(n)
	defer file.Close()
	h := crc32.NewIEEE()
	got, err := io.Copy(h, file)
	switch {
	case err != nil:
		return err
	case got != n.entry.Uncompressed:
		return image.Errorf(image.Malformed, n.entry.Data, "%d bytes stated, %d there", n.entry.Uncompressed, got)
	case h.Sum32() != n.entry.CRC:
		return image.Errorf(image.Malformed, n.entry.Data, "checksum %08x stated, %08x found", n.entry.CRC, h.Sum32())
	}
	return nil
}

// maxLinks bounds the links of one archive.
const maxLinks = 1 << 16

// link reads the targets of symbolic links. What is not the text of a path is no link: the mode bits of an archive
// must not be able to hide a file's content.
func (f *FS) link() {
	links := 0
	for _, e := range f.entries {
		if e.Mode&fs.ModeSymlink == 0 {
			continue
		}
		e.Mode &^= fs.ModeSymlink
		if links++; links > maxLinks || e.read.err != nil || e.read.size == 0 || e.read.size > 4096 {
			continue
		}
		file := f.openEntry(&node{entry: e})
		b := make([]byte, e.read.size)
		n, _ := file.ReadAt(b, 0)
		file.Close()
		if n == len(b) && utf8.Valid(b) && !strings.ContainsFunc(string(b), func(r rune) bool { return r < 0x20 }) {
			e.Mode |= fs.ModeSymlink
			e.Link = string(b)
		}
	}
}

// info implements [fs.FileInfo].
type info struct{ n *node }

func (i info) Name() string       { return i.n.name }
func (i info) Mode() fs.FileMode  { return i.n.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.n.mode.IsDir() }

func (i info) Size() int64 {
	if i.n.mode.IsDir() || i.n.entry == nil {
		return 0
	}
	return i.n.entry.read.size
}

func (i info) Sys() any {
	a := &image.Attr{Offset: -1}
	if e := i.n.entry; e != nil {
		a.Note = e.note()
		if !i.n.mode.IsDir() && e.read.method == stored && e.read.err == nil {
			a.Offset = e.Data
		}
	}
	return a
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
	rest := d.node.inside[d.next:]
	if n > 0 {
		if len(rest) == 0 {
			return nil, io.EOF
		}
		rest = rest[:min(n, len(rest))]
	}
	d.next += len(rest)
	return d.node.list(rest), nil
}

// openFile is an open entry; ReadAt is safe for concurrent use.
type openFile struct {
	*io.SectionReader
	node   *node
	stream *image.Stream
}

func (f *FS) openEntry(n *node) *openFile {
	e := n.entry
	o := &openFile{node: n}
	switch {
	case e.read.err != nil:
		o.SectionReader = io.NewSectionReader(broken{e.read.err}, 0, e.read.size)
	case e.read.method == stored:
		o.SectionReader = io.NewSectionReader(f.r, e.Data, e.read.size)
	default:
		o.stream = f.budget.NewStream(e.read.size, e.read.stored, func() (io.ReadCloser, error) {
			r, _, err := f.decoder(e, e.read)
			return &checked{r, e}, err
		})
		o.SectionReader = io.NewSectionReader(o.stream, 0, e.read.size)
	}
	return o
}

func (o *openFile) Stat() (fs.FileInfo, error) { return info{o.node}, nil }

func (o *openFile) Close() error {
	if o.stream == nil {
		return nil
	}
	return o.stream.Close()
}

// broken gives its error for every read.
type broken struct{ err *image.Error }

func (b broken) ReadAt([]byte, int64) (int, error) { return 0, b.err }

// checked says of a decoder's errors where in the archive they are.
type checked struct {
	io.ReadCloser
	e *Entry
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	switch {
	case err == nil || err == io.EOF:
		return n, err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return n, fmt.Errorf("%w: %w", image.Errorf(image.Truncated, c.e.Data, "%q: compressed data end early", c.e.Raw), err)
	}
	return n, fmt.Errorf("%w", image.Errorf(image.Malformed, c.e.Data, "%q: %v", c.e.Raw, err))
}
