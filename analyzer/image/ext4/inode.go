package ext4

import (
	"encoding/binary"
	"io/fs"
	"math"

	"romscan/analyzer/image"
)

// Inode flags (fs/ext4/ext4.h).
const (
	flagCompressed = 0x4
	flagEncrypted  = 0x800
	flagExtents    = 0x80000
	flagInline     = 0x10000000
)

// inode is one record of an inode table (struct ext4_inode).
type inode struct {
	num    uint32
	offset int64 // of the record in the image
	raw    []byte

	mode     uint16
	uid, gid uint32
	size     int64
	flags    uint32
	xattr    int64 // block of extended attributes, 0 where none
}

// Offsets inside the record.
const (
	inodeBlock    = 0x28 // i_block: extents, block numbers, a short link or inline data
	inodeBlockLen = 60
	inodeExtra    = 0x80
)

func (v *volume) inode(num uint32) (*inode, error) {
	if num == 0 || num > v.inodes {
		return nil, image.Errorf(image.Malformed, -1, "inode %d of %d", num, v.inodes)
	}
	table, err := v.inodeTable(int64((num - 1) / v.inodesPerGroup))
	if err != nil {
		return nil, err
	}
	// An inode never crosses a block: both sizes are powers of two.
	pos := int64((num-1)%v.inodesPerGroup) * v.inodeSize
	block, err := v.block(table + pos>>v.blockBits)
	if err != nil {
		return nil, err
	}
	in := pos & (v.blockSize - 1)
	return v.parseInode(num, table<<v.blockBits+pos, block[in:in+v.inodeSize])
}

func (v *volume) parseInode(num uint32, offset int64, raw []byte) (*inode, error) {
	le := binary.LittleEndian // raw has at least 128 bytes
	i := &inode{
		num: num, offset: offset, raw: raw,
		mode:  le.Uint16(raw[0x00:]),
		uid:   uint32(le.Uint16(raw[0x02:])) | uint32(le.Uint16(raw[0x78:]))<<16,
		gid:   uint32(le.Uint16(raw[0x18:])) | uint32(le.Uint16(raw[0x7A:]))<<16,
		flags: le.Uint32(raw[0x20:]),
		xattr: int64(le.Uint32(raw[0x68:])) | int64(le.Uint16(raw[0x76:]))<<32,
	}
	size := uint64(le.Uint32(raw[0x04:]))
	if i.isRegular() || i.isDir() && v.incompat&incompatLargedir != 0 {
		size |= uint64(le.Uint32(raw[0x6C:])) << 32
	}
	// 2^32 logical blocks are the most that extents and block maps can number.
	if size > math.MaxInt64 || int64(size) > v.blockSize<<32 {
		return nil, image.Errorf(image.Malformed, offset+0x04, "inode %d: size %d", num, size)
	}
	i.size = int64(size)
	return i, nil
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

// body is i_block.
func (i *inode) body() []byte { return i.raw[inodeBlock : inodeBlock+inodeBlockLen] }

// attr is what is told of a file beyond its mode; err is what could not be read of it.
func (v *volume) attr(i *inode) (image.Attr, error) {
	label, err := v.label(i)
	return image.Attr{UID: i.uid, GID: i.gid, Label: label, Offset: v.dataOffset(i)}, err
}
