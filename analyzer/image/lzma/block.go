package lzma

import (
	"bytes"
	"encoding/binary"
	"hash"
	"hash/crc32"
	"hash/crc64"

	"romscan/analyzer/image"
)

// block is the header of an xz block (3.1).
type block struct {
	at, dataAt       int64    // offsets
	encoded, decoded int64    // sizes it states, -1 where it does not
	filters          []filter // in the order in which they are undone, without LZMA2
	dict             int64    // bytes
}

// vli reads a variable-length integer (1.2) from the start of b; n is 0 where there is none.
func vli(b []byte) (v int64, n int) {
	for i := range min(len(b), 9) {
		v |= int64(b[i]&0x7F) << (7 * i)
		if b[i] < 0x80 {
			if b[i] == 0 && i > 0 {
				return 0, 0
			}
			return v, i + 1
		}
	}
	return 0, 0
}

func (x *xz) beginBlock() error {
	at := x.in.off
	b := x.in.peek(maxBlockHead)
	if len(b) == 0 {
		return x.in.truncated(0, "an xz stream")
	}
	size := (int(b[0]) + 1) * 4
	b, err := x.in.next(size, "an xz block header")
	if err != nil {
		return err
	}
	if crc32.ChecksumIEEE(b[:size-4]) != binary.LittleEndian.Uint32(b[size-4:]) {
		return image.Errorf(image.Malformed, at, "CRC32 of an xz block header differs")
	}
	x.block, err = readBlock(b[:size-4], at)
	if err != nil {
		return err
	}
	x.block.dataAt = x.in.off
	x.l.reset()
	if !x.win.fixed {
		x.l.dict = clampDict(x.block.dict)
	}
	x.place = atChunk
	return nil
}

// readBlock reads a block header without its CRC32.
func readBlock(b []byte, at int64) (block, error) {
	h := block{at: at, encoded: -1, decoded: -1}
	bad := func(rest []byte, what string) (block, error) {
		return h, image.Errorf(image.Malformed, at+int64(len(b)-len(rest)), "%s of an xz block header", what)
	}
	flags := b[1]
	rest := b[2:]
	if flags&0x3C != 0 {
		return h, image.Errorf(image.Unsupported, at+1, "flags 0x%02x of an xz block", flags)
	}
	for _, f := range []struct {
		bit byte
		to  *int64
	}{{0x40, &h.encoded}, {0x80, &h.decoded}} {
		if flags&f.bit == 0 {
			continue
		}
		v, n := vli(rest)
		if n == 0 {
			return bad(rest, "sizes")
		}
		*f.to, rest = v, rest[n:]
	}
	count := int(flags&3) + 1
	for k := range count {
		id, n := vli(rest)
		if n == 0 {
			return bad(rest, "filters")
		}
		size, m := vli(rest[n:])
		if m == 0 || size > int64(len(rest)-n-m) {
			return bad(rest[n:], "filters")
		}
		here := at + int64(len(b)-len(rest))
		properties := rest[n+m:][:size]
		rest = rest[n+m+int(size):]
		if err := h.addFilter(id, properties, k == count-1, here); err != nil {
			return h, err
		}
	}
	if !bytes.Equal(rest, make([]byte, len(rest))) {
		return bad(rest, "padding")
	}
	return h, nil
}

// tally sums up what an index must repeat: one pair of sizes for each block. It takes no memory for them.
type tally struct {
	count int64
	sum   hash.Hash64
}

func (t *tally) add(unpadded, decoded int64) {
	if t.sum == nil {
		t.sum = crc64.New(crc64Table)
	}
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], uint64(unpadded))
	binary.LittleEndian.PutUint64(b[8:], uint64(decoded))
	t.sum.Write(b[:])
	t.count++
}

func (t *tally) equal(u tally) bool {
	return t.count == u.count && (t.count == 0 || t.sum.Sum64() == u.sum.Sum64())
}

// readIndex reads an index (4) and compares it with the blocks that were decoded. It returns its size in bytes.
func (x *xz) readIndex() (int64, error) {
	at := x.in.off
	sum := crc32.NewIEEE()
	take := func(n int) ([]byte, error) {
		b, err := x.in.next(n, "the xz index")
		sum.Write(b)
		return b, err
	}
	number := func() (int64, error) {
		b := x.in.peek(9)
		v, n := vli(b)
		if n == 0 && (len(b) == 9 || bytes.IndexByte(b, 0) >= 0) {
			return 0, image.Errorf(image.Malformed, x.in.off, "number in the xz index")
		}
		if n == 0 {
			return 0, x.in.truncated(int64(len(b)), "the xz index")
		}
		_, err := take(n)
		return v, err
	}
	if _, err := take(1); err != nil {
		return 0, err
	}
	count, err := number()
	if err != nil {
		return 0, err
	}
	var listed tally
	for listed.count < count && listed.count < x.stream.seen.count {
		unpadded, err := number()
		if err != nil {
			return 0, err
		}
		decoded, err := number()
		if err != nil {
			return 0, err
		}
		listed.add(unpadded, decoded)
	}
	if count != listed.count || !listed.equal(x.stream.seen) {
		return 0, image.Errorf(image.Malformed, at, "xz index does not list what the %d blocks are", x.stream.seen.count)
	}
	pad, err := take(int(-(x.in.off - at) & 3))
	if err != nil {
		return 0, err
	}
	want := sum.Sum32()
	b, err := x.in.next(4, "the xz index")
	if err != nil {
		return 0, err
	}
	if !bytes.Equal(pad, make([]byte, len(pad))) || binary.LittleEndian.Uint32(b) != want {
		return 0, image.Errorf(image.Malformed, at, "CRC32 of the xz index differs")
	}
	return x.in.off - at, nil
}
