package ext4

import (
	"encoding/binary"
	"math"
)

const directBlocks = 12 // of the 15 block numbers in i_block; then single, double and triple indirect

// blockMap reads the block numbers of ext2 and ext3 (fs/ext4/indirect.c).
func (v *volume) blockMap(i *inode) layout {
	w := mapWalk{v: v, seen: visited{}, blocks: (i.size + v.blockSize - 1) >> v.blockBits}
	if err := w.inode(i.body()); err != nil {
		w.limit, w.err = min(w.next<<v.blockBits, math.MaxInt64), err
	}
	return w.layout
}

type mapWalk struct {
	layout
	v      *volume
	seen   visited
	next   int64 // the file's block that the next number is for
	blocks int64 // of the file
}

func (w *mapWalk) inode(body []byte) error {
	for k := range directBlocks {
		if err := w.data(binary.LittleEndian.Uint32(body[4*k:])); err != nil {
			return err
		}
	}
	for depth := 1; depth <= 3; depth++ {
		if err := w.indirect(binary.LittleEndian.Uint32(body[4*(directBlocks+depth-1):]), depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *mapWalk) data(block uint32) error {
	if w.next >= w.blocks {
		return nil
	}
	bits := w.v.blockBits
	if block != 0 {
		if err := w.add(run{pos: w.next << bits, length: w.v.blockSize, at: int64(block) << bits}, w.v.budget); err != nil {
			return err
		}
	}
	w.next++
	return nil
}

// indirect reads a block of block numbers, depth levels above the data.
func (w *mapWalk) indirect(block uint32, depth int) error {
	if w.next >= w.blocks {
		return nil
	}
	if block == 0 { // a hole as wide as all that could hang below
		w.next += 1 << (int64(depth) * (w.v.blockBits - 2))
		return nil
	}
	if err := w.seen.enter(int64(block)); err != nil {
		return err
	}
	raw, err := w.v.block(int64(block))
	if err != nil {
		return err
	}
	for ; len(raw) >= 4 && w.next < w.blocks; raw = raw[4:] {
		n := binary.LittleEndian.Uint32(raw)
		if depth == 1 {
			err = w.data(n)
		} else {
			err = w.indirect(n, depth-1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
