package sony

import (
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// oldHeader is what versions 1 and 2 start with, big endian: u8 version, u8, u32 size of the header, u8 kind of
// payload, u16, u8 kind of memory, u8 compression, u32 size of the hashes; then the hashes, each u32 address, u32
// size of the block, u8 size of the hash, hash; then u32 size of the certificate, certificate. The blocks follow
// the header one after the other.
type oldHeader struct {
	version byte
	length  int64
	payload byte
	blocks  []oldBlock
}

type oldBlock struct {
	address, length int64
	sum             []byte
	header          int64
}

const (
	oldFixed = 15
	// partitionInfo is the size of a first block that is not of the image but says where on flash it goes.
	partitionInfo = 16
	// withSpare is the payload of version 1 whose addresses do not count the spare bytes that the blocks hold.
	withSpare  = 0x0A
	eraseBlock = 128 << 10
)

// plausible looks at the first bytes only: the sizes and the first hash.
func plausible(b []byte, size int64) bool {
	c := bin.Big(b, 0)
	c.Skip(2)
	length := int64(c.U32())
	c.Skip(5)
	hashes := int64(c.U32())
	c.Skip(4)
	first, sum := int64(c.U32()), c.U8()
	return length <= min(size, maxHeader) && hashes >= 29 && oldFixed+hashes+4 <= length && first > 0 && (sum == 20 || sum == 32)
}

func readOld(r io.ReaderAt, size int64) (*oldHeader, error) {
	b, err := bin.ReadAt(r, size, 0, oldFixed, oldFixed)
	if err != nil {
		return nil, err
	}
	c := bin.Big(b, 0)
	h := &oldHeader{version: c.U8()}
	c.Skip(1)
	h.length, h.payload = int64(c.U32()), c.U8()
	c.Skip(4)
	hashes := int64(c.U32())
	if h.length < oldFixed+4 || hashes == 0 || hashes > h.length-oldFixed-4 {
		return nil, image.Errorf(image.Malformed, 2, "header of %d bytes with %d of hashes", h.length, hashes)
	}
	if b, err = bin.ReadAt(r, size, 0, h.length, maxHeader); err != nil {
		return nil, err
	}
	c = bin.Big(b[:oldFixed+hashes+4], 0)
	c.Skip(oldFixed)
	for int64(c.Pos()) < oldFixed+hashes {
		k := oldBlock{header: int64(c.Pos()), address: int64(c.U32()), length: int64(c.U32())}
		k.sum = c.Bytes(int(c.U8()))
		if c.Err() != nil || sumKind(k.sum) == "" {
			return nil, image.Errorf(image.Malformed, k.header, "no hash")
		}
		h.blocks = append(h.blocks, k)
	}
	certificate := int64(c.U32())
	if c.Err() != nil || oldFixed+hashes+4+certificate > h.length {
		return nil, image.Errorf(image.Malformed, oldFixed+hashes, "a certificate of %d bytes behind %d of hashes", certificate, hashes)
	}
	return h, nil
}

// openOld lays out the blocks of versions 1 and 2.
func (f *file) openOld() error {
	h, err := readOld(f.r, f.size)
	if err != nil {
		return err
	}
	from := h.length
	blocks := h.blocks
	info := len(blocks) > 1 && blocks[0].length == partitionInfo
	var spare int64
	if info && h.version == 1 && h.payload == withSpare {
		spare = blocks[1].length % eraseBlock
	}
	for i, k := range blocks {
		f.hashes = append(f.hashes, hashed{from, k.length, k.sum})
		switch {
		case info && i == 0:
		case len(blocks) == 1:
			f.runs = append(f.runs, run{at: 0, length: k.length, from: from, header: k.header})
		default:
			at := k.address
			if info {
				at += spare * int64(i-1)
			}
			f.runs = append(f.runs, run{at: at, length: k.length, from: from, header: k.header})
		}
		from += k.length
	}
	if from > f.size {
		f.parts.Miss("", image.Errorf(image.Truncated, f.size, "%d bytes stated, %d there", from, f.size))
	}
	return nil
}
