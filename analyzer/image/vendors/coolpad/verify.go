package coolpad

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"romscan/analyzer/image"
)

// sum is the checksum: the polynomial 0x1021 as in CRC-16/XMODEM, in 32 bits of which the upper half is never
// cleared and so holds what was shifted out last.
type sum uint32

var crcTable = func() (t [256]uint16) {
	for i := range t {
		v := uint16(i) << 8
		for range 8 {
			v = v<<1 ^ -(v>>15)&0x1021
		}
		t[i] = v
	}
	return t
}()

func (s *sum) Write(p []byte) (int, error) {
	v := uint32(*s)
	for _, b := range p {
		v = v<<8 ^ uint32(crcTable[byte(v>>8)^b])
	}
	*s = sum(v)
	return len(p), nil
}

func (s *sum) Sum(b []byte) []byte { return binary.BigEndian.AppendUint32(b, uint32(*s)) }

// tableSum is the checksum of header and table, to which the minor version is added.
func tableSum(h *header, entries []entry) uint32 {
	s := new(sum)
	s.Write(h.raw[:headerSize-4])
	for _, e := range entries {
		s.Write(e.raw)
	}
	return uint32(*s) + uint32(h.minor)
}

func checkTable(p *image.Parts, h *header, entries []entry) {
	found := tableSum(h, entries)
	c := image.Check{What: "table crc16", Outcome: image.Matched, Bytes: h.end, Offset: headerSize - 4}
	if found != h.sum {
		c.Outcome, c.Detail = image.Mismatched, fmt.Sprintf("stated %08x, found %08x", h.sum, found)
		p.Miss("", image.Errorf(image.Malformed, headerSize-4, "checksum of header and table: %s", c.Detail))
	}
	p.Later(func(context.Context) image.Check { return c })
}

func laterSum(p *image.Parts, name string, r io.ReaderAt, e entry) {
	c := image.Check{Name: name, What: "crc16", Whole: true, Offset: e.off}
	p.LaterSum(c, r, e.off, e.size, func() image.Summer { return new(sum) }, binary.BigEndian.AppendUint32(nil, e.sum))
}
