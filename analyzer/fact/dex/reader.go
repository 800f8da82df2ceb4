package dex

// reader reads variable-length items from the file's bytes. After the first read outside of them all reads
// give zero and bad stays set.
type reader struct {
	data []byte
	pos  uint64
	bad  bool

	values int // encoded values read
}

func (r *reader) byte() byte {
	if r.pos >= uint64(len(r.data)) {
		r.bad = true
		return 0
	}
	b := r.data[r.pos]
	r.pos++
	return b
}

// left returns the number of bytes not yet read.
func (r *reader) left() uint64 {
	if r.bad || r.pos >= uint64(len(r.data)) {
		return 0
	}
	return uint64(len(r.data)) - r.pos
}

// uleb reads an unsigned LEB128 of at most five bytes; bits above 32 are dropped, as ART does.
func (r *reader) uleb() uint32 {
	if r.pos < uint64(len(r.data)) {
		if b := r.data[r.pos]; b < 0x80 {
			r.pos++
			return uint32(b)
		}
	}
	var v uint32
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		v |= uint32(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	return v
}

// sleb reads a signed LEB128 of at most five bytes.
func (r *reader) sleb() int32 {
	var v uint32
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		v |= uint32(b&0x7f) << shift
		if b < 0x80 {
			if shift < 28 && b&0x40 != 0 {
				v |= ^uint32(0) << (shift + 7)
			}
			return int32(v)
		}
	}
	return int32(v)
}

// fixed reads n little-endian bytes, n at most 8.
func (r *reader) fixed(n int) uint64 {
	var v uint64
	for i := range n {
		v |= uint64(r.byte()) << (8 * i)
	}
	return v
}
