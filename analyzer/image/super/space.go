package super

import (
	"io"
	"sort"

	"romscan/analyzer/image"
)

// Kinds of extents: LP_TARGET_TYPE_LINEAR, LP_TARGET_TYPE_ZERO.
const (
	linear = 0
	zero   = 1
)

// run is one extent of a partition.
type run struct {
	at, length int64 // in the partition
	kind       uint32
	from       int64 // in the image, for linear
	err        error // why it cannot be read
}

// runSize is what a run takes in memory, in bytes.
const runSize = 56

// space is a partition's bytes: an address translation over the image. It is safe for concurrent use.
type space struct {
	r    io.ReaderAt
	runs []run // ascending, without holes
	size int64
}

// space maps a partition. The error says what of it lies outside the image or on another device; the rest is
// readable all the same.
func (m *metadata) space(r io.ReaderAt, size int64, p partition) (*space, error) {
	s := &space{r: r}
	if uint64(p.first)+uint64(p.count) > uint64(len(m.extents)) {
		return s, image.Errorf(image.Malformed, -1, "extents %d to %d of %d", p.first, uint64(p.first)+uint64(p.count), len(m.extents))
	}
	var first error
	for _, e := range m.extents[p.first : p.first+p.count] {
		if e.sectors > (1<<62-uint64(s.size))/sectorSize {
			return s, image.Errorf(image.Malformed, -1, "extent of %d sectors", e.sectors)
		}
		x := run{at: s.size, length: int64(e.sectors) * sectorSize, kind: e.kind}
		switch {
		case e.kind == linear && e.source != 0:
			name := "unknown"
			if int(e.source) < len(m.devices) {
				name = m.devices[e.source].name
			}
			x.err = image.Errorf(image.Unsupported, -1, "%d bytes lie on the block device %q", x.length, name)
		case e.kind == linear && e.data > uint64(size)/sectorSize:
			x.err = image.Errorf(image.Truncated, size, "%d bytes at sector %d lie past the end of the image", x.length, e.data)
		case e.kind == linear:
			x.from = int64(e.data) * sectorSize
			if x.length > size-x.from && first == nil {
				first = image.Errorf(image.Truncated, size, "%d of %d bytes of an extent are there", size-x.from, x.length)
			}
		case e.kind != zero:
			x.err = image.Errorf(image.Unsupported, -1, "extent of type %d", e.kind)
		}
		if x.err != nil && first == nil {
			first = x.err
		}
		s.size += x.length
		s.runs = append(s.runs, x)
	}
	return s, first
}

// ReadAt implements [io.ReaderAt].
func (s *space) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= s.size {
		return 0, io.EOF
	}
	i := sort.Search(len(s.runs), func(i int) bool { return s.runs[i].at+s.runs[i].length > off })
	done := 0
	for ; i < len(s.runs) && done < len(p); i++ {
		x := &s.runs[i]
		in := off + int64(done) - x.at
		part := p[done:min(len(p), done+int(min(x.length-in, int64(len(p)))))]
		switch {
		case x.err != nil:
			return done, x.err
		case x.kind == zero:
			clear(part)
		default:
			n, err := s.r.ReadAt(part, x.from+in)
			if n < len(part) {
				if err == nil || err == io.EOF {
					err = io.ErrUnexpectedEOF
				}
				return done + n, err
			}
		}
		done += len(part)
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}
