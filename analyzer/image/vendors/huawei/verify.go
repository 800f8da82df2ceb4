package huawei

import (
	"context"
	"fmt"
	"math/bits"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// crc16 is CRC-16/X-25: polynomial 0x1021 reflected, all ones before, inverted after.
type crc16 struct{ state uint16 } // inverted

var crcTable = func() (t [256]uint16) {
	for i := range t {
		v := uint16(i)
		for range 8 {
			v = v>>1 ^ -(v&1)&bits.Reverse16(0x1021)
		}
		t[i] = v
	}
	return t
}()

func (c *crc16) Write(p []byte) (int, error) {
	s := ^c.state
	for _, b := range p {
		s = s>>8 ^ crcTable[byte(s)^b]
	}
	c.state = ^s
	return len(p), nil
}

func (c *crc16) value() uint16 { return c.state }

func (w *walker) headerCheck(e *entry, name string) func(context.Context) image.Check {
	c := image.Check{Name: name, What: "header crc16", Bytes: headerSize, Offset: e.at + 92, Outcome: image.Matched}
	if e.stated != e.found {
		c.Outcome, c.Detail = image.Mismatched, fmt.Sprintf("stated %04x, found %04x", e.stated, e.found)
	}
	return func(context.Context) image.Check { return c }
}

// blockCheck compares every block of an entry with the table in its header.
func (w *walker) blockCheck(e *entry, name string) func(context.Context) image.Check {
	return func(ctx context.Context) image.Check {
		c := image.Check{Name: name, What: "block crc16", Whole: true, Bytes: e.size, Offset: e.table(), Outcome: image.Unverified}
		blocks := e.blocks()
		if blocks < 0 || e.header-headerSize < 2*blocks {
			c.Detail = fmt.Sprintf("%d bytes of checksums for %d bytes in blocks of %d", e.header-headerSize, e.size, e.block)
			return c
		}
		table, err := bin.ReadAt(w.r, w.size, e.table(), 2*blocks, maxTable)
		if err != nil {
			c.Detail = err.Error()
			return c
		}
		bad := int64(0)
		buf := make([]byte, e.block*max(1, 256<<10/e.block))
		for pos := int64(0); pos < e.size; {
			part := buf[:min(int64(len(buf)), e.size-pos)]
			if n, err := w.r.ReadAt(part, e.data()+pos); n < len(part) {
				c.Detail = fmt.Sprintf("after %d bytes: %v", pos+int64(n), err)
				return c
			}
			if ctx.Err() != nil {
				return c
			}
			for ; len(part) > 0; pos += e.block {
				n := min(e.block, int64(len(part)))
				var sum crc16
				sum.Write(part[:n])
				i := pos / e.block
				if want := uint16(table[2*i]) | uint16(table[2*i+1])<<8; want != sum.value() {
					if bad++; bad == 1 {
						c.Offset = e.data() + pos
						c.Detail = fmt.Sprintf("block %d: stated %04x, found %04x", i, want, sum.value())
					}
				}
				part = part[n:]
			}
		}
		c.Outcome = image.Matched
		if bad > 0 {
			c.Outcome = image.Mismatched
			c.Detail += fmt.Sprintf("; %d of %d blocks differ", bad, blocks)
		}
		return c
	}
}
