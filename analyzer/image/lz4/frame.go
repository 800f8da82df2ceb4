package lz4

import (
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Magic numbers of the frame format.
const (
	magicFrame     = 0x184d2204
	magicLegacy    = 0x184c2102
	magicSkippable = 0x184d2a50 // to …5f
	legacyBlock    = 8 << 20
	maxBlocks      = 1 << 22 // of 64 KiB: 256 GiB
	blockSize      = 48      // bytes of memory
)

// block is one block of a frame.
type block struct {
	from   int64 // of its data in the file
	size   int64 // of its data
	stored bool
	at     int64 // in the decoded stream; set by settle
	length int64 // decoded; of the last block of a frame, an upper bound until settle
	last   bool  // of its frame
}

// file is what scan finds: the blocks of all frames, or that some are linked.
type file struct {
	blocks []block
	linked bool
	most   int // blocks there is memory for
}

// crowded refuses one more block.
func (f *file) crowded(off int64) error {
	if len(f.blocks) < f.most {
		return nil
	}
	return image.Errorf(image.OverBudget, off, "more than %d LZ4 blocks", f.most)
}

// scan hops over the blocks of all frames without decoding any. On an error it returns what came before; nil
// where that is nothing.
func scan(r io.ReaderAt, size int64, b *image.Budget) (*file, error) {
	f := &file{most: int(min(maxBlocks, max(b.Memory/8/blockSize, 1)))}
	for off := int64(0); off < size; {
		raw, err := bin.ReadAt(r, size, off, 4, 4)
		if err != nil {
			break // up to three bytes behind the last frame
		}
		magic := bin.Little(raw, off).U32()
		next := int64(-1)
		switch {
		case magic == magicFrame:
			next, err = f.frame(r, size, off+4)
		case magic == magicLegacy:
			next, err = f.legacy(r, size, off+4)
		case magic&^0xf == magicSkippable:
			var n []byte
			if n, err = bin.ReadAt(r, size, off+4, 4, 4); err == nil {
				next = off + 8 + int64(bin.Little(n, off+4).U32())
			}
		case len(f.blocks) > 0 || f.linked:
			return f, nil // padding behind the last frame
		default:
			err = image.Errorf(image.Malformed, off, "no LZ4 frame")
		}
		if err != nil || f.linked {
			return f.orNil(), err
		}
		off = next
	}
	return f.orNil(), nil
}

func (f *file) orNil() *file {
	if len(f.blocks) == 0 && !f.linked {
		return nil
	}
	return f
}

// frame reads a frame descriptor and the block sizes behind it; it returns where the frame ends.
func (f *file) frame(r io.ReaderAt, size, off int64) (int64, error) {
	d, err := bin.ReadAt(r, size, off, 2, 2)
	if err != nil {
		return 0, err
	}
	flags, bd := d[0], d[1]
	off += 2
	if flags>>6 != 1 || flags&1 != 0 {
		return 0, image.Errorf(image.Unsupported, off, "LZ4 frame of version %d, dictionary %d", flags>>6, flags&1)
	}
	if flags&0x20 == 0 {
		f.linked = true
		return 0, nil
	}
	most, ok := map[byte]int64{4: 64 << 10, 5: 256 << 10, 6: 1 << 20, 7: 4 << 20}[bd>>4&7]
	if !ok {
		return 0, image.Errorf(image.Malformed, off, "LZ4 block size code %d", bd>>4&7)
	}
	content := int64(-1)
	if flags&8 != 0 {
		c, err := bin.ReadAt(r, size, off, 8, 8)
		if err != nil {
			return 0, err
		}
		content = int64(bin.Little(c, off).U64())
		off += 8
	}
	off++ // header checksum
	first := len(f.blocks)
	off, err = f.hop(r, size, off, most, flags&0x10 != 0)
	if err == nil && flags&4 != 0 {
		off += 4 // content checksum
	}
	n := int64(len(f.blocks) - first)
	if content >= 0 && err == nil {
		if content > n*most || n > 0 && content <= (n-1)*most {
			return 0, image.Errorf(image.Malformed, off, "%d blocks of %d bytes for a content of %d", n, most, content)
		}
		if n > 0 {
			f.blocks[len(f.blocks)-1].length = content - (n-1)*most
			f.blocks[len(f.blocks)-1].last = false // known
		}
	}
	return off, err
}

// hop notes the blocks up to the end mark.
func (f *file) hop(r io.ReaderAt, size, off, most int64, checksums bool) (int64, error) {
	first := len(f.blocks)
	for {
		h, err := bin.ReadAt(r, size, off, 4, 4)
		if err != nil {
			return off, err
		}
		v := bin.Little(h, off).U32()
		off += 4
		if v == 0 {
			return off, nil
		}
		n := int64(v &^ (1 << 31))
		if err := f.crowded(off); err != nil {
			return off, err
		}
		if n > most+16 {
			return off, image.Errorf(image.Malformed, off-4, "LZ4 block of %d bytes, limit %d", n, most)
		}
		if n > size-off {
			return off, image.Errorf(image.Truncated, off, "LZ4 block of %d bytes, %d there", n, size-off)
		}
		if k := len(f.blocks) - 1; k >= first {
			f.blocks[k].last = false
		}
		f.blocks = append(f.blocks, block{from: off, size: n, stored: v>>31 != 0, length: most, last: true})
		off += n
		if checksums {
			off += 4
		}
	}
}

// legacy notes the blocks of a legacy frame, which ends where the file does or another frame begins.
func (f *file) legacy(r io.ReaderAt, size, off int64) (int64, error) {
	first := len(f.blocks)
	for off < size {
		h, err := bin.ReadAt(r, size, off, 4, 4)
		if err != nil {
			return size, nil
		}
		v := bin.Little(h, off).U32()
		n := int64(v)
		if v == magicLegacy || v == magicFrame || v&^0xf == magicSkippable || v == 0 {
			return off, nil
		}
		if err := f.crowded(off); err != nil {
			return off, err
		}
		if n > legacyBlock+legacyBlock/255+16 {
			if len(f.blocks) > first {
				return size, nil // padding
			}
			return off, image.Errorf(image.Malformed, off, "LZ4 block of %d bytes", n)
		}
		off += 4
		if n > size-off {
			return off, image.Errorf(image.Truncated, off, "LZ4 block of %d bytes, %d there", n, size-off)
		}
		if k := len(f.blocks) - 1; k >= first {
			f.blocks[k].last = false
		}
		f.blocks = append(f.blocks, block{from: off, size: n, length: legacyBlock, last: true})
		off += n
	}
	return off, nil
}
