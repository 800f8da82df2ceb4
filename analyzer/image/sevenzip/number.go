package sevenzip

import (
	"encoding/binary"
	"math/bits"

	"romscan/analyzer/image/bin"
)

// parser reads a header. Every count is compared with the bytes that are left before it is believed.
type parser struct{ *bin.Cursor }

// number reads a number: the leading ones of the first byte count the bytes behind it, whose order is little-endian.
func (p *parser) number() uint64 {
	first := p.U8()
	n := bits.LeadingZeros8(^first)
	var b [8]byte
	copy(b[:], p.Bytes(n))
	v := binary.LittleEndian.Uint64(b[:])
	if n < 7 {
		v |= uint64(first&(0x7F>>n)) << (8 * n)
	}
	return v
}

// length reads a number of bytes in the header.
func (p *parser) length() int { return int(min(p.number(), maxHeader+1)) }

// maxCount bounds what a header may count, besides files: an archive has a packed block for each of its files at most.
const maxCount = 1 << 20

// count reads a number of things that take at least each bytes of what is left; more make the cursor fail.
func (p *parser) count(each int) int {
	n := p.number()
	if n > uint64(p.Len()/each) || n > maxCount {
		p.Skip(p.Len() + 1)
		return 0
	}
	return int(n)
}

// size reads a number of bytes of the archive, or of what it holds.
func (p *parser) size() int64 { return int64(min(p.number(), 1<<62)) }

// bits reads n bits, the first in the highest place.
func (p *parser) bits(n int) []bool {
	raw := p.Bytes((n + 7) / 8)
	if raw == nil {
		return nil
	}
	out := make([]bool, n)
	for i := range out {
		out[i] = raw[i/8]&(0x80>>(i%8)) != 0
	}
	return out
}

// someBits reads n bits that may be all set, which one byte then says.
func (p *parser) someBits(n int) []bool {
	if p.U8() == 0 {
		return p.bits(n)
	}
	if n > p.Len() { // each bit that is set has bytes behind it
		p.Skip(p.Len() + 1)
		return nil
	}
	out := make([]bool, n)
	for i := range out {
		out[i] = true
	}
	return out
}

// crc is a checksum that may be there.
type crc struct {
	there bool
	sum   uint32
}

// crcs reads the checksums of n things.
func (p *parser) crcs(n int) []crc {
	out := make([]crc, 0, n)
	for _, there := range p.someBits(n) {
		c := crc{there: there}
		if there {
			c.sum = p.U32()
		}
		out = append(out, c)
	}
	if p.Err() != nil {
		return nil
	}
	return out
}
