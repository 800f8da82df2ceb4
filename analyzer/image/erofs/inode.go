package erofs

import (
	"io/fs"
	"math"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Data layouts of i_format.
const (
	flatPlain         = 0
	compressedFull    = 1
	flatInline        = 2
	compressedCompact = 3
	chunkBased        = 4
)

const (
	inodeSlot   = 32      // inode numbers count in these, bytes
	inBox       = 1 << 63 // bit of a number: the inode lies in the metabox
	formatKnown = 0x1F
	nlink1      = 0x10 // of a compact inode that is no directory: i_nb holds the start block's high bits
	nullBlock   = -1   // there are no blocks
)

// inode is one record (struct erofs_inode_compact or erofs_inode_extended).
type inode struct {
	nid    uint64
	in     *space
	offset int64 // of the record in its space
	body   int64 // first byte behind record and extended attributes

	layout     int
	mode       uint16
	uid, gid   uint32
	size       int64
	start      int64  // i_u: the first block; nullBlock for none
	chunk      uint16 // i_u of chunk-based files
	xattrStart int64
	xattrSize  int64
}

func (v *volume) inode(nid uint64) (*inode, error) {
	in := &v.device
	if nid&inBox != 0 {
		if in = v.box; in == nil {
			return nil, image.Errorf(image.Malformed, -1, "inode %#x lies in a metabox that is not there", nid)
		}
	}
	slot := nid &^ inBox
	if slot > uint64(in.size/inodeSlot) {
		return nil, image.Errorf(image.Truncated, -1, "inode %d lies outside of the image", slot)
	}
	i := &inode{nid: nid, in: in, offset: in.base + int64(slot)*inodeSlot}
	raw, err := v.meta(in, i.offset, 2)
	if err != nil {
		return nil, err
	}
	format := bin.Little(raw, i.offset).U16()
	if format&^formatKnown != 0 || format>>1&7 > chunkBased {
		return nil, image.Errorf(image.Unsupported, i.offset, "inode %d: format %#x", slot, format)
	}
	i.layout = int(format >> 1 & 7)
	n := int64(32 + 32*(format&1))
	if raw, err = v.meta(in, i.offset, n); err != nil {
		return nil, err
	}
	return i, v.parseInode(i, format, raw)
}

func (v *volume) parseInode(i *inode, format uint16, raw []byte) error {
	c := bin.Little(raw, i.offset)
	c.Skip(2)
	icount := int64(c.U16())
	i.mode = c.U16()
	high := int64(c.U16()) // i_nb: links, or the high bits of the start block
	var size uint64
	extended := format&1 != 0
	if extended {
		size = c.U64()
	} else {
		size = uint64(c.U32())
		c.Skip(4) // i_mtime, reserved before the 48-bit layout
	}
	start := c.U32()
	i.chunk = uint16(start)
	c.Skip(4) // i_ino
	if extended {
		i.uid, i.gid = c.U32(), c.U32()
	} else {
		i.uid, i.gid = uint32(c.U16()), uint32(c.U16())
	}
	if v.incompat&incompat48bit == 0 || !extended && (i.isDir() || format&nlink1 == 0) {
		high = 0
	}
	i.start = high<<32 | int64(start)
	if start == math.MaxUint32 && (high == 0 || high == math.MaxUint16) {
		i.start = nullBlock
	}
	if size > math.MaxInt64>>1 {
		return image.Errorf(image.Malformed, i.offset+8, "inode %d: size %d", i.nid, size)
	}
	i.size = int64(size)
	i.xattrStart = i.offset + int64(len(raw))
	if icount > 0 { // erofs_xattr_ibody_size
		i.xattrSize = 12 + 4*(icount-1)
	}
	i.body = i.xattrStart + i.xattrSize
	return nil
}

// File types of i_mode.
const (
	typeMask    = 0xF000
	typeFifo    = 0x1000
	typeChar    = 0x2000
	typeDir     = 0x4000
	typeBlock   = 0x6000
	typeRegular = 0x8000
	typeLink    = 0xA000
	typeSocket  = 0xC000
)

func (i *inode) isRegular() bool { return i.mode&typeMask == typeRegular }
func (i *inode) isDir() bool     { return i.mode&typeMask == typeDir }

// fileMode maps i_mode; ok is false for a type that does not exist.
func (i *inode) fileMode() (fs.FileMode, bool) { return image.UnixMode(i.mode) }

// dataOffset returns where the first byte of an uncompressed regular file lies in the image, -1 where it does
// not: compressed files, holes, files in the metabox.
func (v *volume) dataOffset(i *inode) int64 {
	if !i.isRegular() || i.size == 0 {
		return -1
	}
	switch i.layout {
	case flatInline:
		if i.size < v.blockSize {
			if i.in == &v.device {
				return i.body
			}
			return -1
		}
		fallthrough
	case flatPlain:
		if i.start != nullBlock && v.region(v.address(i.start)) == nil {
			return v.address(i.start)
		}
	}
	return -1
}
