// Package bin reads integers and blocks out of hostile bytes.
//
// In: a byte slice or an [io.ReaderAt], and offsets and lengths that come from headers nobody vouches for.
// Out: values, or one sticky error that says at which offset the input ended. No length is believed before
// the bytes behind it have been seen, so a header that claims terabytes costs nothing.
//
//	c := bin.Little(header, base)
//	magic, blocks := c.U32(), c.U32()
//	if err := c.Err(); err != nil { … }
//
// Limit: it does not know what the numbers mean; counts still have to be compared with what holds them.
package bin

import (
	"encoding/binary"
	"fmt"
	"io"
)

// RangeError says that a read left its input.
type RangeError struct {
	Off  int64 // offset of the first byte wanted, in the coordinates of the input
	Want int64 // bytes wanted
	Have int64 // bytes there
}

func (e *RangeError) Error() string {
	return fmt.Sprintf("offset 0x%x: %d bytes wanted, %d there", e.Off, e.Want, e.Have)
}

// Cursor reads a byte slice front to back. After the first read outside the slice every read returns zero
// and Err returns that first error.
type Cursor struct {
	data  []byte
	pos   int
	base  int64
	order binary.ByteOrder
	err   error
}

// Little returns a little-endian cursor over data; base is the offset of data[0] in the input, for errors.
func Little(data []byte, base int64) *Cursor {
	return &Cursor{data: data, base: base, order: binary.LittleEndian}
}

// Big returns a big-endian cursor.
func Big(data []byte, base int64) *Cursor {
	return &Cursor{data: data, base: base, order: binary.BigEndian}
}

// Err returns the first error, or nil.
func (c *Cursor) Err() error { return c.err }

// Pos returns the position inside the slice.
func (c *Cursor) Pos() int { return c.pos }

// Len returns the number of bytes not yet read; 0 after an error.
func (c *Cursor) Len() int {
	if c.err != nil {
		return 0
	}
	return len(c.data) - c.pos
}

// Seek moves to an absolute position inside the slice.
func (c *Cursor) Seek(pos int) {
	if c.err != nil {
		return
	}
	if pos < 0 || pos > len(c.data) {
		c.err = &RangeError{Off: c.base + int64(pos), Have: int64(len(c.data))}
		return
	}
	c.pos = pos
}

// Skip moves n bytes on.
func (c *Cursor) Skip(n int) { c.Bytes(n) }

// Bytes returns the next n bytes, not copied, or nil.
func (c *Cursor) Bytes(n int) []byte {
	if c.err != nil {
		return nil
	}
	if n < 0 || n > len(c.data)-c.pos {
		c.err = &RangeError{Off: c.base + int64(c.pos), Want: int64(n), Have: int64(len(c.data) - c.pos)}
		return nil
	}
	b := c.data[c.pos : c.pos+n : c.pos+n]
	c.pos += n
	return b
}

// U8 reads one byte.
func (c *Cursor) U8() uint8 {
	if b := c.Bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// U16 reads two bytes.
func (c *Cursor) U16() uint16 {
	if b := c.Bytes(2); b != nil {
		return c.order.Uint16(b)
	}
	return 0
}

// U32 reads four bytes.
func (c *Cursor) U32() uint32 {
	if b := c.Bytes(4); b != nil {
		return c.order.Uint32(b)
	}
	return 0
}

// U64 reads eight bytes.
func (c *Cursor) U64() uint64 {
	if b := c.Bytes(8); b != nil {
		return c.order.Uint64(b)
	}
	return 0
}

// ReadAt returns exactly n bytes at off. It refuses a range outside [0, size) before it allocates, and
// n above max with an error that names the limit.
func ReadAt(r io.ReaderAt, size, off, n, max int64) ([]byte, error) {
	if off < 0 || n < 0 || off > size || n > size-off {
		return nil, &RangeError{Off: off, Want: n, Have: size - off}
	}
	if n > max {
		return nil, fmt.Errorf("offset 0x%x: length %d above the limit of %d", off, n, max)
	}
	b := make([]byte, n)
	got, err := r.ReadAt(b, off)
	if int64(got) == n {
		return b, nil
	}
	if err == nil || err == io.EOF {
		err = &RangeError{Off: off, Want: n, Have: int64(got)}
	}
	return nil, err
}

// Head returns up to n bytes from the start of r; fewer where the input is shorter. A read error is taken as
// the end: what a sniffer cannot read it does not recognise.
func Head(r io.ReaderAt, size, n int64) []byte {
	b := make([]byte, max(min(size, n), 0))
	got, _ := r.ReadAt(b, 0)
	return b[:got]
}
