package unisoc

import (
	"encoding/binary"
	"io"

	"romscan/analyzer/image"
)

// crc16 is CRC-16/ARC: polynomial 0x8005 reflected, zero before and after.
type crc16 uint16

var crcTable = func() (t [256]crc16) {
	for i := range t {
		v := crc16(i)
		for range 8 {
			v = v>>1 ^ -(v&1)&0xA001
		}
		t[i] = v
	}
	return t
}()

func (c *crc16) Write(p []byte) (int, error) {
	s := *c
	for _, b := range p {
		s = s>>8 ^ crcTable[byte(s)^b]
	}
	*c = s
	return len(p), nil
}

func (c *crc16) Sum(b []byte) []byte { return binary.BigEndian.AppendUint16(b, uint16(*c)) }

func newCRC() image.Summer { return new(crc16) }

// checks compares the header's checksum now, for it is cheap, and leaves the one of all the rest to Verify.
func checks(p *image.Parts, r io.ReaderAt, h header, raw []byte) {
	sum := new(crc16)
	sum.Write(raw[:headerSize-4])
	if uint16(*sum) != h.head {
		p.Miss("", image.Errorf(image.Malformed, headerSize-4, "CRC16 of the header is %04x, stated %04x", uint16(*sum), h.head))
	}
	p.LaterSum(image.Check{What: "header crc16", Offset: headerSize - 4}, r, 0, headerSize-4, newCRC, binary.BigEndian.AppendUint16(nil, h.head))
	p.LaterSum(image.Check{What: "data crc16", Whole: true, Offset: headerSize - 2}, r, headerSize, max(h.size-headerSize, 0), newCRC, binary.BigEndian.AppendUint16(nil, h.body))
}
