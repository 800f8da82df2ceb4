package sparse

import (
	"io"
	"sort"

	"romscan/analyzer/image"
)

// maxImage bounds raw images, in bytes: what a header can state at the most.
const maxImage = 1 << 62

// segment is a stretch of the raw image that is not DONT_CARE. All in bytes.
type segment struct {
	pos, length int64       // in the raw image
	r           io.ReaderAt // where a RAW chunk's bytes are, nil for FILL
	at          int64       // offset in r
	fill        [4]byte
	bad         error // why this stretch cannot be read
}

const segmentSize = 64 // bytes of memory a segment takes

// ReadAt implements [io.ReaderAt]. DONT_CARE reads as zeros, as simg2img writes it.
func (p *piece) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, image.Errorf(image.Malformed, off, "negative offset")
	}
	if off >= p.size {
		return 0, io.EOF
	}
	var tail error
	if int64(len(b)) > p.size-off {
		b, tail = b[:p.size-off], io.EOF
	}
	if p.why != nil && off+int64(len(b)) > p.known {
		b, tail = b[:max(p.known-off, 0)], p.why
	}
	k := sort.Search(len(p.segments), func(i int) bool { return p.segments[i].pos+p.segments[i].length > off })
	done := 0
	for done < len(b) {
		here, rest := off+int64(done), b[done:]
		switch {
		case k == len(p.segments):
			clear(rest)
			done = len(b)
		case here < p.segments[k].pos:
			n := min(int64(len(rest)), p.segments[k].pos-here)
			clear(rest[:n])
			done += int(n)
		default:
			n, err := p.segments[k].read(rest, here)
			done += n
			if err != nil {
				return done, err
			}
			k++
		}
	}
	return done, tail
}

// read reads from offset here of the raw image to the end of the segment or of b.
func (s *segment) read(b []byte, here int64) (int, error) {
	b = b[:min(int64(len(b)), s.pos+s.length-here)]
	switch {
	case s.bad != nil:
		return 0, s.bad
	case s.r == nil:
		s.pattern(b, here)
		return len(b), nil
	}
	n, err := s.r.ReadAt(b, s.at+here-s.pos)
	if n == len(b) {
		return n, nil
	}
	if err == nil || err == io.EOF {
		err = image.Errorf(image.Truncated, s.at+here-s.pos+int64(n), "the image ends inside of a chunk")
	}
	return n, err
}

// pattern repeats the four bytes, which start with the segment.
func (s *segment) pattern(b []byte, here int64) {
	if s.fill == [4]byte{} {
		clear(b)
		return
	}
	first := min(len(b), 4)
	for i := range first {
		b[i] = s.fill[(here-s.pos+int64(i))%4]
	}
	for n := first; n < len(b); n *= 2 {
		copy(b[n:], b[:n])
	}
}
