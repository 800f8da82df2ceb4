package ext4

import (
	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	extentMagic     = 0xF30A
	extentLen       = 12      // bytes of a header and of an entry
	maxExtentDepth  = 5       // fs/ext4/ext4_extents.h: EXT4_MAX_EXTENT_DEPTH
	maxInitExtent   = 1 << 15 // longer ones are allocated and not written: they read as zeros
	noDepth         = -1
	maxPhysicalBits = 62 // of a byte offset
)

// extents reads the extent tree rooted in the inode.
func (v *volume) extents(i *inode) layout {
	w := extentWalk{v: v, seen: visited{}}
	err := w.node(i.body(), i.offset+inodeBlock, noDepth)
	if err != nil {
		w.limit, w.err = w.end(), err
	}
	return w.layout
}

type extentWalk struct {
	layout
	v    *volume
	seen visited
}

// node reads one node of the tree (struct ext4_extent_header and what follows it), which must be of the depth
// its parent says.
func (w *extentWalk) node(raw []byte, offset int64, depth int) error {
	h, err := extentHeader(raw, offset)
	if err != nil {
		return err
	}
	if depth != noDepth && h.depth != depth {
		return image.Errorf(image.Malformed, offset, "extent node of depth %d where %d is due", h.depth, depth)
	}
	for k := range h.entries {
		entry := raw[extentLen*(k+1):]
		if h.depth == 0 {
			err = w.leaf(entry, offset+int64(extentLen*(k+1)))
		} else {
			err = w.child(entry, h.depth-1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type extentHead struct{ entries, depth int }

func extentHeader(raw []byte, offset int64) (extentHead, error) {
	c := bin.Little(raw, offset)
	magic, entries := c.U16(), int(c.U16())
	c.U16() // room for entries
	depth := int(c.U16())
	switch {
	case c.Err() != nil:
		return extentHead{}, c.Err()
	case magic != extentMagic:
		return extentHead{}, image.Errorf(image.Malformed, offset, "no magic in an extent node")
	case depth > maxExtentDepth:
		return extentHead{}, image.Errorf(image.Malformed, offset, "extent tree of depth %d", depth)
	case extentLen*(entries+1) > len(raw):
		return extentHead{}, image.Errorf(image.Malformed, offset, "%d extents in a node of %d bytes", entries, len(raw))
	}
	return extentHead{entries, depth}, nil
}

// child follows a struct ext4_extent_idx.
func (w *extentWalk) child(entry []byte, depth int) error {
	block := indexBlock(entry)
	if err := w.seen.enter(block); err != nil {
		return err
	}
	raw, err := w.v.block(block)
	if err != nil {
		return err
	}
	return w.node(raw, block<<w.v.blockBits, depth)
}

func indexBlock(entry []byte) int64 {
	c := bin.Little(entry, 0)
	c.Skip(4)
	low, high := c.U32(), c.U16()
	return int64(high)<<32 | int64(low)
}

// leaf adds a struct ext4_extent.
func (w *extentWalk) leaf(entry []byte, offset int64) error {
	first, length, start := extent(entry)
	bits := w.v.blockBits
	zero := length > maxInitExtent
	if zero {
		length -= maxInitExtent
	}
	if length == 0 || start == 0 || start > 1<<(maxPhysicalBits-bits) {
		return image.Errorf(image.Malformed, offset, "extent of %d blocks at block %d", length, start)
	}
	r := run{pos: first << bits, length: length << bits, at: start << bits}
	if zero {
		r.at = -1
	}
	return w.add(r, w.v.budget)
}

func extent(entry []byte) (first, length, start int64) {
	c := bin.Little(entry, 0)
	first, length = int64(c.U32()), int64(c.U16())
	high := int64(c.U16())
	return first, length, high<<32 | int64(c.U32())
}

// firstExtent returns where file offset 0 lies in the image, or -1: down the left edge of the tree.
func (v *volume) firstExtent(i *inode) int64 {
	raw := i.body()
	for range maxExtentDepth + 1 {
		h, err := extentHeader(raw, 0)
		if err != nil || h.entries == 0 {
			return -1
		}
		if h.depth == 0 {
			first, length, start := extent(raw[extentLen:])
			if first != 0 || length > maxInitExtent || start > 1<<(maxPhysicalBits-v.blockBits) {
				return -1
			}
			return start << v.blockBits
		}
		if raw, err = v.block(indexBlock(raw[extentLen:])); err != nil {
			return -1
		}
	}
	return -1
}
