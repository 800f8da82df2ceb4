package patch

// bitReader reads deflate's bits; past the end they are zero, and over counts them.
type bitReader struct {
	in  []byte
	pos int // bits
}

func (r *bitReader) left() int { return 8*len(r.in) - r.pos }

// peek gives the next n bits, at most 16.
func (r *bitReader) peek(n int) int {
	var v uint32
	for k := range 3 {
		if at := r.pos/8 + k; at < len(r.in) {
			v |= uint32(r.in[at]) << (8 * k)
		}
	}
	return int(v >> (r.pos & 7) & (1<<n - 1))
}

func (r *bitReader) take(n int) int {
	v := r.peek(n)
	r.pos += n
	return v
}

// decoder finds the symbol of the next bits.
type decoder struct {
	table []uint16 // of as many bits as the longest code has: symbol and length of the code
	bits  int
}

func newDecoder(lens []uint8) (decoder, bool) {
	longest, room := 0, 1<<15
	for _, n := range lens {
		if n > 0 {
			longest = max(longest, int(n))
			room -= 1 << (15 - n)
		}
	}
	if room < 0 {
		return decoder{}, false
	}
	d := decoder{make([]uint16, 1<<longest), longest}
	for k, code := range canonical(lens) {
		for at := int(code); lens[k] > 0 && at < len(d.table); at += 1 << lens[k] {
			d.table[at] = uint16(k)<<4 | uint16(lens[k])
		}
	}
	return d, true
}

// next gives the next symbol, -1 where the bits are none.
func (d decoder) next(r *bitReader) int {
	e := d.table[r.peek(d.bits)]
	if e == 0 {
		return -1
	}
	r.pos += int(e & 15)
	return int(e >> 4)
}
