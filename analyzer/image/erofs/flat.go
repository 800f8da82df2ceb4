package erofs

import (
	"encoding/binary"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Bits of a chunk-based inode's format (erofs_fs.h).
const (
	chunkBits    = 0x1F // chunks are 2^n blocks
	chunkIndexes = 0x20 // records of 8 bytes, else block numbers of 4
	chunk48      = 0x40 // the records have 16 high bits
	chunkKnown   = 0x7F
)

// flat maps a file that lies in one piece, perhaps with its end behind the inode (erofs_map_blocks).
func (c *content) flat() error {
	i, v := c.inode, c.v
	if i.layout == flatPlain {
		if i.start == nullBlock {
			return c.add(extent{kind: hole})
		}
		return c.add(extent{at: v.address(i.start), kind: raw})
	}
	inline := (i.size - 1) &^ (v.blockSize - 1) // all but the last block, even a full one
	if inline > 0 {
		if err := c.add(extent{at: v.address(max(i.start, 0)), kind: raw}); err != nil {
			return err
		}
		c.limit = inline
	}
	if i.body&(v.blockSize-1)+i.size-inline > v.blockSize {
		return image.Errorf(image.Malformed, i.body, "inline data of %d bytes crosses a block", i.size-inline)
	}
	return c.add(extent{pos: inline, at: i.body, kind: raw, meta: true})
}

// chunks maps a file by its array of chunks.
func (c *content) chunks() error {
	i, v := c.inode, c.v
	if i.chunk&^chunkKnown != 0 {
		return image.Errorf(image.Unsupported, i.offset, "chunk format %#x", i.chunk)
	}
	unit := int64(4)
	if i.chunk&chunkIndexes != 0 {
		unit = 8
	}
	bits := v.blockBits + int64(i.chunk&chunkBits)
	count := (i.size-1)>>bits + 1
	at := roundUp(i.body, unit)
	if at > i.in.size || count > (i.in.size-at)/unit {
		return &bin.RangeError{Off: at, Want: count * unit, Have: max(i.in.size-at, 0)}
	}
	w := window{s: i.in}
	for n := range count {
		record, err := w.read(at+n*unit, unit)
		if err != nil {
			return err
		}
		e := c.chunk(record)
		e.pos = n << bits
		if err := c.add(e); err != nil {
			return err
		}
		c.limit = min(i.size, e.pos+1<<bits)
	}
	return nil
}

// chunk reads a block number or a struct erofs_inode_chunk_index.
func (c *content) chunk(record []byte) extent {
	block, null, device := int64(0), int64(1<<32-1), uint16(0)
	if len(record) == 4 {
		block = int64(binary.LittleEndian.Uint32(record))
	} else {
		block = int64(binary.LittleEndian.Uint32(record[4:]))
		if c.inode.chunk&chunk48 != 0 {
			block |= int64(binary.LittleEndian.Uint16(record)) << 32
			null = 1<<48 - 1
		}
		// The number of the device is masked to as many bits as there are devices for.
		mask := uint16(1)
		for mask <= c.v.extraDevices && mask != 0 {
			mask <<= 1
		}
		device = binary.LittleEndian.Uint16(record[2:]) & (mask - 1)
	}
	if block == null {
		return extent{kind: hole}
	}
	return extent{at: c.v.address(block), kind: raw, device: device}
}

// window reads a table front to back, some of it at a time.
type window struct {
	s    *space
	from int64
	data []byte
	step int64 // bytes read at the next time: most tables are small
}

const windowSize = 16 << 10

// read returns n bytes, at most windowSize; they are good until the next call.
func (w *window) read(off, n int64) ([]byte, error) {
	if off < w.from || off+n > w.from+int64(len(w.data)) {
		w.step = min(max(2*w.step, 256), windowSize)
		data, err := bin.ReadAt(w.s.r, w.s.size, off, max(n, min(w.step, w.s.size-off)), windowSize)
		if err != nil {
			return nil, err
		}
		w.from, w.data = off, data
	}
	return w.data[off-w.from : off-w.from+n], nil
}
