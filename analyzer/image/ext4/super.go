package ext4

import (
	"encoding/binary"
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	superOffset = 1024
	superSize   = 1024
	superMagic  = 0xEF53
	rootInode   = 2
)

// Feature bits that matter for reading (fs/ext4/ext4.h).
const (
	incompatCompression = 0x1
	incompatRecover     = 0x4
	incompatJournalDev  = 0x8
	incompatMetaBG      = 0x10
	incompat64bit       = 0x80
	incompatLargedir    = 0x4000
	incompatKnown       = 0x3FFFF // up to casefold, 0x20000; mmp, flex_bg, csum_seed, dirdata change nothing here

	compatSparseSuper2  = 0x200
	roCompatSparseSuper = 0x1
)

// super is what is needed of the superblock (struct ext4_super_block).
type super struct {
	blockSize, blockBits int64
	blocks               int64 // of the filesystem
	inodes               uint32
	firstDataBlock       int64
	blocksPerGroup       int64
	inodesPerGroup       uint32
	inodeSize            int64
	descSize             int64
	firstMetaBG          int64
	compat, incompat, ro uint32
	backupBG             [2]uint32
}

func readSuper(r io.ReaderAt, size int64) (super, error) {
	raw, err := bin.ReadAt(r, size, superOffset, superSize, superSize)
	if err != nil {
		return super{}, err
	}
	u16 := func(off int) uint16 { return binary.LittleEndian.Uint16(raw[off:]) }
	u32 := func(off int) uint32 { return binary.LittleEndian.Uint32(raw[off:]) }
	if u16(0x38) != superMagic {
		return super{}, image.Errorf(image.Malformed, superOffset+0x38, "no ext magic")
	}
	logBlock := u32(0x18)
	if logBlock > 6 {
		return super{}, image.Errorf(image.Malformed, superOffset+0x18, "block size 2^%d KiB", logBlock)
	}
	sb := super{
		inodes:         u32(0x00),
		blockSize:      1024 << logBlock,
		blockBits:      int64(10 + logBlock),
		blocks:         int64(u32(0x04)),
		firstDataBlock: int64(u32(0x14)),
		blocksPerGroup: int64(u32(0x20)),
		inodesPerGroup: u32(0x28),
		inodeSize:      128,
		descSize:       32,
		backupBG:       [2]uint32{u32(0x24C), u32(0x250)},
	}
	revision := u32(0x4C)
	if revision > 0 { // the fields below are only there since revision 1
		sb.inodeSize = int64(u16(0x58))
		sb.compat, sb.incompat, sb.ro = u32(0x5C), u32(0x60), u32(0x64)
	}
	// Images are met that state a descriptor size without the feature that gives it a meaning.
	if sb.incompat&incompat64bit != 0 {
		sb.blocks |= int64(u32(0x150)) << 32
		sb.descSize = int64(u16(0xFE))
	}
	if sb.incompat&incompatMetaBG != 0 {
		sb.firstMetaBG = int64(u32(0x104))
	}
	return sb, sb.check(revision)
}

func (sb *super) check(revision uint32) error {
	bad := func(off int64, what string, v int64) error {
		return image.Errorf(image.Malformed, superOffset+off, "%s %d", what, v)
	}
	switch {
	case revision > 1:
		return bad(0x4C, "revision", int64(revision))
	case sb.inodes == 0 || sb.inodesPerGroup == 0 || int64(sb.inodesPerGroup) > 8*sb.blockSize:
		return bad(0x28, "inodes per group", int64(sb.inodesPerGroup))
	case sb.blocksPerGroup == 0:
		return bad(0x20, "blocks per group", sb.blocksPerGroup)
	case sb.blocks == 0 || sb.blocks < 0 || sb.blocks > 1<<48:
		return bad(0x04, "blocks", sb.blocks)
	case sb.inodeSize < 128 || sb.inodeSize > sb.blockSize || sb.inodeSize&(sb.inodeSize-1) != 0:
		return bad(0x58, "inode size", sb.inodeSize)
	case sb.firstDataBlock > 1 || sb.firstDataBlock == 1 && sb.blockSize != 1024:
		return bad(0x14, "first data block", sb.firstDataBlock)
	case sb.incompat&incompat64bit != 0 && (sb.descSize < 64 || sb.descSize > 1024 || sb.descSize&(sb.descSize-1) != 0):
		return bad(0xFE, "descriptor size", sb.descSize)
	}
	return nil
}

// descriptor returns a group's descriptor and its offset; it must not be changed.
func (v *volume) descriptor(group int64) ([]byte, int64, error) {
	perBlock := v.blockSize / v.descSize
	n := group / perBlock
	block := v.firstDataBlock + 1 + n
	if v.incompat&incompatMetaBG != 0 && n >= v.firstMetaBG {
		// With meta_bg a block of descriptors lies at the start of the groups it describes.
		first := n * perBlock
		block = v.firstDataBlock + first*v.blocksPerGroup
		if v.hasSuper(first) {
			block++
		}
	}
	raw, err := v.block(block)
	if err != nil {
		return nil, 0, err
	}
	base := group % perBlock * v.descSize
	return raw[base : base+v.descSize], block<<v.blockBits + base, nil
}

// inodeTable returns the first block of a group's inode table.
func (v *volume) inodeTable(group int64) (int64, error) {
	d, at, err := v.descriptor(group)
	if err != nil {
		return 0, err
	}
	table := int64(binary.LittleEndian.Uint32(d[0x08:]))
	if v.descSize >= 64 {
		table |= int64(binary.LittleEndian.Uint32(d[0x28:])) << 32
	}
	if table <= 0 || table > 1<<48 {
		return 0, image.Errorf(image.Malformed, at, "inode table of group %d at block %d", group, table)
	}
	return table, nil
}

// hasSuper reports whether a group starts with a copy of the superblock.
func (v *volume) hasSuper(group int64) bool {
	switch {
	case group == 0:
		return true
	case v.compat&compatSparseSuper2 != 0:
		return group == int64(v.backupBG[0]) || group == int64(v.backupBG[1])
	case v.ro&roCompatSparseSuper == 0 || group == 1:
		return true
	}
	for _, base := range []int64{3, 5, 7} {
		n := base
		for n < group {
			n *= base
		}
		if n == group {
			return true
		}
	}
	return false
}
