package image

import (
	"io"
	"slices"
)

// Space is an address space put together from stretches of other readers; what none covers reads as zeros. Fill it
// with Place and hand it out; from then on it is safe for concurrent use as far as the readers are.
type Space struct {
	stretches []stretch // ascending, without overlap
	size      int64
}

type stretch struct {
	pos, n int64
	r      io.ReaderAt
}

// NewSpace returns a Space of size bytes.
func NewSpace(size int64) *Space { return &Space{size: max(size, 0)} }

// Size returns the number of bytes.
func (s *Space) Size() int64 { return s.size }

// Place lets the n bytes at pos be the first of r. What reaches past the end of the Space makes it longer. It refuses
// with an *Error what overlaps another stretch.
func (s *Space) Place(pos, n int64, r io.ReaderAt) error {
	if pos < 0 || n < 0 || pos+n < pos {
		return Errorf(Malformed, -1, "%d bytes at %d", n, pos)
	}
	if n == 0 {
		return nil
	}
	at, _ := slices.BinarySearchFunc(s.stretches, pos, func(t stretch, pos int64) int {
		if t.pos+t.n <= pos {
			return -1
		}
		return 1
	})
	if at < len(s.stretches) && s.stretches[at].pos < pos+n {
		return Errorf(Malformed, -1, "%d bytes at %d overlap the %d at %d", n, pos, s.stretches[at].n, s.stretches[at].pos)
	}
	s.stretches = slices.Insert(s.stretches, at, stretch{pos, n, r})
	s.size = max(s.size, pos+n)
	return nil
}

// ReadAt implements [io.ReaderAt].
func (s *Space) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.size {
		return 0, io.EOF
	}
	want := p[:min(int64(len(p)), s.size-off)]
	at, _ := slices.BinarySearchFunc(s.stretches, off, func(t stretch, off int64) int {
		if t.pos+t.n <= off {
			return -1
		}
		return 1
	})
	done := 0
	for done < len(want) {
		pos, rest := off+int64(done), want[done:]
		if at == len(s.stretches) {
			clear(rest)
			done = len(want)
			break
		}
		t := s.stretches[at]
		if pos < t.pos {
			n := min(int64(len(rest)), t.pos-pos)
			clear(rest[:n])
			done += int(n)
			continue
		}
		piece := rest[:min(int64(len(rest)), t.pos+t.n-pos)]
		n, err := t.r.ReadAt(piece, pos-t.pos)
		done += n
		if n < len(piece) {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return done, err
		}
		at++
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}
