package reschunk

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"romscan/analyzer/image"
)

const (
	poolHeader = 28
	flagUTF8   = 1 << 8
)

// Pool is a ResStringPool. Its strings are decoded when they are asked for.
type Pool struct {
	Claimed int64 // stated number of strings; Len gives how many there can be
	UTF8    bool

	base    int // offset of the chunk in what was read
	offsets []byte
	data    []byte // from the first string to the end of the chunk
	start   int    // of data in the chunk
}

// ReadPool reads the header of a string pool chunk and bounds its count by the bytes between the header and the
// first string.
func ReadPool(c Chunk) (*Pool, error) {
	if len(c.Data) < poolHeader {
		return nil, image.Errorf(image.Truncated, int64(c.At), "string pool of %d bytes", len(c.Data))
	}
	le := binary.LittleEndian
	p := &Pool{Claimed: int64(le.Uint32(c.Data[8:])), UTF8: le.Uint32(c.Data[16:])&flagUTF8 != 0, base: c.At}
	header := max(min(c.Header, len(c.Data)), poolHeader)
	start := int64(le.Uint32(c.Data[20:]))
	if start > int64(len(c.Data)) {
		start = int64(len(c.Data))
	}
	room := int64(len(c.Data)-header) / 4
	if start >= int64(header) {
		room = min(room, (start-int64(header))/4)
	}
	n := min(p.Claimed, room)
	p.offsets = c.Data[header : header+4*int(n)]
	p.start = int(start)
	p.data = c.Data[start:]
	return p, nil
}

// Len is the number of strings there are offsets for.
func (p *Pool) Len() int { return len(p.offsets) / 4 }

// At returns the offset of string i in the input, or -1.
func (p *Pool) At(i int) int {
	if i < 0 || i >= p.Len() {
		return -1
	}
	off := int64(binary.LittleEndian.Uint32(p.offsets[4*i:]))
	if off >= int64(len(p.data)) {
		return -1
	}
	return p.base + p.start + int(off)
}

// Shared reports whether strings share bytes without being the same string: no tool writes that, and readers that go
// through a pool front to back lose the later one.
func (p *Pool) Shared() bool {
	offsets := make([]uint32, p.Len())
	for i := range offsets {
		offsets[i] = binary.LittleEndian.Uint32(p.offsets[4*i:])
	}
	slices.Sort(offsets)
	offsets = slices.Compact(offsets)
	for i := 0; i+1 < len(offsets); i++ {
		at := int64(offsets[i])
		if int64(offsets[i+1]) >= int64(len(p.data)) {
			return false // those are outside
		}
		if at+p.extent(p.data[at:]) > int64(offsets[i+1]) {
			return true
		}
	}
	return false
}

// extent is the number of bytes of lengths and text, without the NUL.
func (p *Pool) extent(b []byte) int64 {
	if p.UTF8 {
		_, rest, ok := length8(b)
		n, rest, ok2 := length8(rest)
		if !ok || !ok2 {
			return int64(len(b))
		}
		return int64(len(b) - len(rest) + n)
	}
	if len(b) < 4 {
		return int64(len(b))
	}
	n := int64(binary.LittleEndian.Uint16(b))
	if n&0x8000 != 0 {
		return 4 + 2*(n&0x7fff<<16|int64(binary.LittleEndian.Uint16(b[2:])))
	}
	return 2 + 2*n
}

// String returns string i and whether it lies inside the pool. What is not UTF-8 or UTF-16 becomes U+FFFD.
func (p *Pool) String(i int) (string, bool) {
	at := p.At(i)
	if at < 0 {
		return "", false
	}
	b := p.data[at-p.base-p.start:]
	if p.UTF8 {
		return decode8(b)
	}
	return decode16(b)
}

// decode8 reads two lengths, in UTF-16 units and in bytes, of one or two bytes each, then the bytes and a NUL.
// aapt wrote lengths above 0x7fff cut to 15 bits; as in ResStringPool::stringDecodeAt the NUL then decides.
func decode8(b []byte) (string, bool) {
	_, b, ok := length8(b)
	if !ok {
		return "", false
	}
	n, b, ok := length8(b)
	if !ok {
		return "", false
	}
	if n < len(b) && b[n] != 0 {
		for m := n; m < len(b); m += 0x8000 {
			if b[m] == 0 {
				n = m
				break
			}
		}
	}
	b = b[:min(n, len(b))]
	if utf8.Valid(b) {
		return string(b), true
	}
	return modified(b), true
}

func length8(b []byte) (int, []byte, bool) {
	switch {
	case len(b) > 0 && b[0]&0x80 == 0:
		return int(b[0]), b[1:], true
	case len(b) > 1:
		return int(b[0]&0x7f)<<8 | int(b[1]), b[2:], true
	}
	return 0, nil, false
}

// modified decodes surrogate pairs written as two three-byte sequences, which old aapt wrote, and replaces the rest.
func modified(b []byte) string {
	var s strings.Builder
	for len(b) > 0 {
		if len(b) >= 6 && b[0] == 0xed && b[1]&0xf0 == 0xa0 && b[3] == 0xed && b[4]&0xf0 == 0xb0 {
			hi := rune(0xd800) | rune(b[1]&0x0f)<<6 | rune(b[2]&0x3f)
			lo := rune(0xdc00) | rune(b[4]&0x0f)<<6 | rune(b[5]&0x3f)
			s.WriteRune(utf16.DecodeRune(hi, lo))
			b = b[6:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		s.WriteRune(r)
		b = b[n:]
	}
	return s.String()
}

// decode16 reads a length of one or two units, then the units and a NUL.
func decode16(b []byte) (string, bool) {
	if len(b) < 2 {
		return "", false
	}
	n := int(binary.LittleEndian.Uint16(b))
	b = b[2:]
	if n&0x8000 != 0 {
		if len(b) < 2 {
			return "", false
		}
		n = n&0x7fff<<16 | int(binary.LittleEndian.Uint16(b))
		b = b[2:]
	}
	b = b[:min(2*n, len(b)&^1)]
	if ascii := ascii16(b); ascii != nil {
		return string(ascii), true
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units)), true
}

// ascii16 returns the low bytes if all high bytes are zero and all low ones ASCII: the common case, and faster.
func ascii16(b []byte) []byte {
	out := make([]byte, len(b)/2)
	for i := range out {
		if b[2*i+1] != 0 || b[2*i] >= 0x80 {
			return nil
		}
		out[i] = b[2*i]
	}
	return bytes.TrimRight(out, "\x00")
}
