package rockchip

import (
	"context"
	"encoding/binary"
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// crc32 is Rockchip's: polynomial 0x04C10DB7, which is not the usual one, highest bit first, zero before and after.
type crc32 uint32

var crcTable = func() (t [256]crc32) {
	for i := range t {
		v := crc32(i) << 24
		for range 8 {
			v = v<<1 ^ -(v>>31)&0x04C10DB7
		}
		t[i] = v
	}
	return t
}()

func (c *crc32) Write(p []byte) (int, error) {
	v := *c
	for _, b := range p {
		v = v<<8 ^ crcTable[byte(v>>24)^b]
	}
	*c = v
	return len(p), nil
}

func (c *crc32) Sum(b []byte) []byte { return binary.LittleEndian.AppendUint32(b, uint32(*c)) }

// laterCRC adds the comparison of the n bytes at off with the CRC that follows them.
func laterCRC(p *image.Parts, c image.Check, r io.ReaderAt, size, off, n int64) {
	c.Offset = off + n
	want, err := bin.ReadAt(r, size, off+n, 4, 4)
	if err != nil {
		c.Outcome, c.Bytes, c.Detail = image.Unverified, n, err.Error()
		p.Later(func(context.Context) image.Check { return c })
		return
	}
	p.LaterSum(c, r, off, n, func() image.Summer { return new(crc32) }, want)
}
