package lzma

import "romscan/analyzer/image"

// The range coder. Range and code are 32 bits wide and kept in 64, so that the sign of a difference says which
// is larger. Bits that the caller branches on are decoded by test, all others by step, without a branch that
// would be mispredicted every other time: this is what makes the decoder fast.

// top is below what the range never falls while bits are decoded.
const top = 1 << 24

// rangeInit is the number of bytes that a range coder starts with.
const rangeInit = 5

// start begins a range: one byte that is zero and four of code.
func (d *decoder) start(first byte, code []byte) bool {
	d.rng = 1<<32 - 1
	d.code = uint64(code[0])<<24 | uint64(code[1])<<16 | uint64(code[2])<<8 | uint64(code[3])
	return first == 0 && d.code < d.rng
}

// norm takes a byte of input where the range has become small.
func norm(rng, code uint64, src []byte, pos int) (uint64, uint64, int) {
	small := (rng - top) >> 63
	next := uint64(src[pos])
	rng <<= small << 3 & 31
	code = code<<(small<<3&31) | next&-small
	return rng, code, pos + int(small)
}

// step decodes one bit in a normalised range. It returns the new range and code, and all ones for a 0, nothing
// for a 1.
func step(rng, code uint64, p *uint16) (uint64, uint64, uint64) {
	v := uint64(*p)
	bound := rng >> 11 * v
	code -= bound
	mask := uint64(int64(code) >> 63)
	*p = uint16(v + uint64(int64(mask&(2048-31)+31-v)>>5))
	rng -= bound
	return rng + mask&(bound-rng), code + mask&bound, mask
}

// test decodes one bit in a normalised range, for a branch on it.
func test(rng, code uint64, p *uint16) (uint64, uint64, bool) {
	v := *p
	bound := rng >> 11 * uint64(v)
	if code < bound {
		*p = v + (2048-v)>>5
		return bound, code, false
	}
	*p = v - v>>5
	return rng - bound, code - bound, true
}

// status is how a run of symbols ended.
type status int

const (
	running status = iota // at the limit, or with too little input for another symbol
	ended                 // at the end marker
	broken                // at a distance that leads before the first byte
	cut                   // at the end of the input
)

// error says what a status means for a caller that wanted more.
func (s status) error(off int64, have, want int) error {
	switch s {
	case ended:
		return image.Errorf(image.Malformed, off, "LZMA ends after %d of %d bytes", have, want)
	case broken:
		return image.Errorf(image.Malformed, off, "LZMA refers to what is before its first byte, after %d bytes", have)
	}
	return image.Errorf(image.Truncated, off, "LZMA breaks off after %d bytes", have)
}
