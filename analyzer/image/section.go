package image

import (
	"fmt"
	"io"
)

// Free returns name, or where something is listed under it, name with the first number that is free.
func (x *Index) Free(name string) string {
	free := name
	for k := max(x.numbers[name], 2); ; k++ {
		if _, err := x.Lstat(free); err != nil {
			if free != name {
				x.numbers[name] = k
			}
			return free
		}
		if x.numbers == nil {
			x.numbers = map[string]int{}
		}
		free = fmt.Sprintf("%s.%d", name, k)
	}
}

// NewSection returns the n bytes of r that start at off, read in place. Where r ends before they do, reads past its end fail with [io.ErrUnexpectedEOF].
func NewSection(r io.ReaderAt, off, n int64) io.ReaderAt { return &section{r, off, n} }

type section struct {
	r      io.ReaderAt
	off, n int64
}

func (s *section) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.n {
		return 0, io.EOF
	}
	want := min(int64(len(p)), s.n-off)
	got, err := s.r.ReadAt(p[:want], s.off+off)
	switch {
	case err != nil && err != io.EOF:
		return got, err
	case int64(got) < want:
		return got, io.ErrUnexpectedEOF
	case got < len(p):
		return got, io.EOF
	}
	return got, nil
}

// Window cuts a read at the end of a file of size bytes, as [io.ReaderAt] wants it: tail, io.EOF where something was cut,
// is what the read returns once p is filled. err says that there is nothing to read: io.EOF at the end, an error before
// the start.
func Window(p []byte, off, size int64) (part []byte, tail, err error) {
	switch {
	case off < 0:
		return nil, nil, Errorf(Malformed, off, "negative file offset")
	case off >= size:
		return nil, nil, io.EOF
	case int64(len(p)) > size-off:
		return p[:size-off], io.EOF, nil
	}
	return p, nil, nil
}
