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
	from       int64 // on the device, for linear
	device     int
	err        error // why it cannot be read
}

// runSize is what a run takes in memory, in bytes.
const runSize = 64

// space is a partition's bytes: an address translation over the devices. It is safe for concurrent use.
type space struct {
	from []source
	runs []run // ascending, without holes
	size int64
}

// space maps a partition. The error says what of it lies outside the images or on a device that is not there; the
// rest is readable all the same.
func (m *metadata) space(from []source, p partition) (*space, error) {
	s := &space{from: from}
	if uint64(p.first)+uint64(p.count) > uint64(len(m.extents)) {
		return s, image.Errorf(image.Malformed, -1, "extents %d to %d of %d", p.first, uint64(p.first)+uint64(p.count), len(m.extents))
	}
	var first error
	for _, e := range m.extents[p.first : p.first+p.count] {
		if e.sectors > (1<<62-uint64(s.size))/sectorSize {
			return s, image.Errorf(image.Malformed, -1, "extent of %d sectors", e.sectors)
		}
		x := run{at: s.size, length: int64(e.sectors) * sectorSize, kind: e.kind}
		switch e.kind {
		case linear:
			var short error
			if short, x.err = s.locate(&x, e); short != nil && first == nil {
				first = short
			}
		case zero:
		default:
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

// locate finds the bytes of an extent. Of one that is cut, short says so.
func (s *space) locate(x *run, e extent) (short, err error) {
	if uint64(e.source) >= uint64(len(s.from)) {
		return nil, image.Errorf(image.Malformed, -1, "%d bytes lie on block device %d of %d", x.length, e.source, len(s.from))
	}
	d := s.from[e.source]
	switch {
	case d.r == nil:
		return nil, image.Errorf(image.Unsupported, -1, "%d bytes lie on the block device %q, no file of which lies beside", x.length, d.name)
	case e.data > uint64(d.size)/sectorSize:
		return nil, image.Errorf(image.Truncated, d.size, "%d bytes at sector %d lie past the end of the image%s", x.length, e.data, s.of(e))
	}
	x.device, x.from = int(e.source), int64(e.data)*sectorSize
	if there := d.size - x.from; x.length > there {
		return image.Errorf(image.Truncated, d.size, "%d of %d bytes of an extent are there%s", there, x.length, s.of(e)), nil
	}
	return nil, nil
}

// of names the file of a further device.
func (s *space) of(e extent) string {
	if e.source == 0 {
		return ""
	}
	return " in " + s.from[e.source].name
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
			n, err := s.from[x.device].r.ReadAt(part, x.from+in)
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
