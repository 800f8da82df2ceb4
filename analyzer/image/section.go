package image

import (
	"fmt"
	"io"
)

// AddSection lists a file that lies in one piece at off, n bytes long, in the container r of size bytes: an address
// translation. Where the container ends before the file does, the file keeps its size, what is there can be read, and
// a gap says how much is missing. A name that is taken gets a number: a, a.2, a.3.
func (x *Index) AddSection(name string, r io.ReaderAt, size, off, n int64) {
	name = x.Free(name)
	if off < 0 || n < 0 || off > size || off+n < off {
		x.Miss(name, Errorf(Truncated, off, "%d bytes at 0x%x, the input ends at 0x%x", n, off, size))
		return
	}
	if off+n > size {
		x.Miss(name, Errorf(Truncated, size, "%d of %d bytes are there", size-off, n))
	}
	e := Entry{Mode: 0o444, Size: n, Attr: Attr{Offset: off}}
	e.Open = func() (io.ReaderAt, error) { return &section{r, off, n, size - off}, nil }
	if err := x.Add(name, e); err != nil {
		x.Miss(name, err)
	}
}

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

// NewSection returns the n bytes of r that start at off, read in place, for files of which more is to be said than
// AddSection does. Where r ends before they do, reads past its end fail with [io.ErrUnexpectedEOF].
func NewSection(r io.ReaderAt, off, n int64) io.ReaderAt { return &section{r, off, n, n} }

// section reads n bytes at off of r, of which have are there.
type section struct {
	r       io.ReaderAt
	off     int64
	n, have int64
}

func (s *section) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.n {
		return 0, io.EOF
	}
	want := min(int64(len(p)), s.n-off)
	got := 0
	if off < s.have {
		var err error
		got, err = s.r.ReadAt(p[:min(want, s.have-off)], s.off+off)
		if err != nil && err != io.EOF {
			return got, err
		}
	}
	switch {
	case int64(got) < want:
		return got, io.ErrUnexpectedEOF
	case got < len(p):
		return got, io.EOF
	}
	return got, nil
}
