package image

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"romscan/analyzer/image/bin"
)

// File is one file, directory or symbolic link of the tree, read in place. Reads are safe for concurrent
// use; the handle behind it is opened at the first read and given back by Close.
type File struct {
	Path  Path
	Size  int64       // bytes; 0 for directories
	Mode  fs.FileMode // type and permission bits
	Link  string      // target of a symbolic link
	Attr  Attr
	Realm Realm
	// PartOf names the Set this file was taken into, or the file that it holds the rest of; it is then not opened on
	// its own.
	PartOf string

	tree   fs.FS  // of a root that is a directory
	within *tally // of the container it lies in; nil for the root
	set    *openSet
	rest   *openSet // the siblings that hold what this file lacks; it is opened with them
	open   func() (fs.File, error)
	// inner is the stream of a Single layer, closed together with the file it is read from.
	inner *File

	mu     sync.Mutex
	handle io.Closer
	at     io.ReaderAt
	sum    *[sha256.Size]byte
}

// NewFile returns the root of a tree: an input of size bytes.
func NewFile(name string, r io.ReaderAt, size int64) *File {
	return &File{Path: Path{{Name: name}}, Size: size, Mode: 0o444, Attr: Attr{Offset: 0}, at: r}
}

// NewTree returns the root of a tree that is already a file system: an unpacked dump.
func NewTree(name string, fsys fs.FS) *File {
	return &File{Path: Path{{Name: name}}, Mode: fs.ModeDir | 0o555, Attr: Attr{Offset: -1}, tree: fsys}
}

// ReadAt implements [io.ReaderAt].
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	r, err := f.reader()
	if err != nil {
		return 0, err
	}
	return r.ReadAt(p, off)
}

func (f *File) reader() (io.ReaderAt, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.at != nil {
		return f.at, nil
	}
	if f.open == nil {
		return nil, fmt.Errorf("%s: %w", f.Path, fs.ErrInvalid)
	}
	h, err := f.open()
	if err != nil {
		return nil, err
	}
	r, ok := h.(io.ReaderAt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%s: not readable in place", f.Path), h.Close())
	}
	f.handle, f.at = h, r
	return r, nil
}

// nest keeps the stream of a Single layer with the file it was found in; of several layers, the outer one
// closes the inner ones.
func (f *File) nest(stream *File) {
	f.mu.Lock()
	defer f.mu.Unlock()
	stream.inner, f.inner = f.inner, stream
}

// Close gives the handle back. A later read opens it again.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var err error
	if f.inner != nil {
		err = f.inner.Close()
		f.inner = nil
	}
	if f.handle == nil {
		return err
	}
	err = errors.Join(err, f.handle.Close())
	f.handle, f.at = nil, nil
	return err
}

// Digest returns the sha256 of the content, computed once.
func (f *File) Digest() ([sha256.Size]byte, error) {
	f.mu.Lock()
	sum := f.sum
	f.mu.Unlock()
	if sum != nil {
		return *sum, nil
	}
	h := sha256.New()
	buf := make([]byte, min(max(f.Size, 1), 1<<20))
	n, err := io.CopyBuffer(struct{ io.Writer }{h}, &spending{io.NewSectionReader(f, 0, f.Size), f.within}, buf)
	if err != nil {
		return [sha256.Size]byte{}, err
	}
	if n != f.Size {
		return [sha256.Size]byte{}, Errorf(Truncated, n, "%d bytes stated, %d there", f.Size, n)
	}
	var out [sha256.Size]byte
	h.Sum(out[:0])
	f.mu.Lock()
	f.sum = &out
	f.mu.Unlock()
	return out, nil
}

// spending is a reader whose bytes count as work.
type spending struct {
	r  io.Reader
	of *tally
}

func (s *spending) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if s.of != nil {
		if over := s.of.budget.spend(int64(n)); over != nil {
			return n, over
		}
	}
	return n, err
}

// Bytes returns the whole content, refusing files above limit bytes.
func (f *File) Bytes(limit int64) ([]byte, error) {
	if f.Size > limit {
		return nil, fmt.Errorf("%w: file of %d bytes, limit %d", ErrBudget, f.Size, limit)
	}
	b := make([]byte, f.Size)
	n, err := f.ReadAt(b, 0)
	if int64(n) == f.Size {
		return b, nil
	}
	if err == nil || err == io.EOF {
		err = Errorf(Truncated, int64(n), "%d bytes stated, %d there", f.Size, n)
	}
	return b[:n], err
}

// IsRegular reports whether the file has content.
func (f *File) IsRegular() bool { return f.Mode.IsRegular() }

// Head returns up to n first bytes of a file.
func Head(f *File, n int64) []byte { return bin.Head(f, f.Size, n) }
