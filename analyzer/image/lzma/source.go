package lzma

import (
	"bufio"
	"errors"
	"io"

	"romscan/analyzer/image"
)

// source hands out input in order, from memory or from a stream. What it returns is valid until the next call.
type source struct {
	mem []byte
	r   *bufio.Reader // nil: mem is all
	off int64         // bytes used up so far
	err error         // of r, where that is not its end
}

// maxPeek bounds peek: a chunk of LZMA2 and a symbol.
const maxPeek = 64<<10 + slack

func newSource(r io.Reader) source { return source{r: bufio.NewReaderSize(r, 2*maxPeek)} }

// peek returns up to n bytes without using them up, fewer at the end.
func (s *source) peek(n int) []byte {
	if s.r == nil {
		return s.mem[:min(n, len(s.mem))]
	}
	b, err := s.r.Peek(n)
	if err != nil && err != io.EOF && s.err == nil {
		s.err = err
	}
	return b
}

// skip uses up n bytes that peek has shown.
func (s *source) skip(n int) {
	s.off += int64(n)
	if s.r == nil {
		s.mem = s.mem[n:]
		return
	}
	s.r.Discard(n) // cannot fail: the bytes are in its buffer
}

// next uses up n bytes and returns them.
func (s *source) next(n int, what string) ([]byte, error) {
	b := s.peek(n)
	if len(b) < n {
		return nil, s.truncated(int64(len(b)), what)
	}
	s.skip(n)
	return b, nil
}

// truncated says that the input ends ahead bytes on, or why it could not be read.
func (s *source) truncated(ahead int64, what string) error {
	if s.err != nil && !errors.Is(s.err, io.ErrUnexpectedEOF) {
		return s.err
	}
	return image.Errorf(image.Truncated, s.off+ahead, "the input ends inside of %s", what)
}
