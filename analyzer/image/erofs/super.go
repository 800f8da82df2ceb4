package erofs

import (
	"hash/crc32"
	"io"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	superOffset = 1024
	superSize   = 128
	superMagic  = 0xE0F5E1E2
	slotSize    = 16 // the superblock grows in slots of so many bytes

	minBlockBits = 9
	maxBlockBits = 16
)

// Feature bits (erofs_fs.h). Several share a bit: they came with one release.
const (
	compatChecksum    = 0x1
	compatSharedInBox = 0x8
	compatPlainPrefix = 0x10

	incompatComprCfgs     = 0x2 // and BIG_PCLUSTER
	incompatDeviceTable   = 0x8 // and COMPR_HEAD2
	incompatZTailPacking  = 0x10
	incompatFragments     = 0x20 // and DEDUPE
	incompatXattrPrefixes = 0x40
	incompat48bit         = 0x80
	incompatMetabox       = 0x100
	incompatKnown         = 0x1FF
)

// super is what is needed of the superblock (struct erofs_super_block).
type super struct {
	blockBits, blockSize int64
	dirBlockSize         int64
	rootNID              uint64
	packedNID, boxNID    uint64
	metaBlock            int64
	xattrBlock           int64
	compat, incompat     uint32
	extraDevices         uint16
	deviceTable          int64 // in slots
	prefixCount          int
	prefixStart          int64 // in bytes
	suspect              error // the superblock's checksum does not match
}

func readSuper(r io.ReaderAt, size int64) (super, error) {
	raw, err := bin.ReadAt(r, size, superOffset, superSize, superSize)
	if err != nil {
		return super{}, err
	}
	if n := superSize + int64(raw[13])*slotSize; n > superSize {
		if raw, err = bin.ReadAt(r, size, superOffset, n, n); err != nil {
			return super{}, err
		}
	}
	c := bin.Little(raw, superOffset)
	if c.U32() != superMagic {
		return super{}, image.Errorf(image.Malformed, superOffset, "no EROFS magic")
	}
	var sb super
	sum := c.U32()
	sb.compat = c.U32()
	sb.blockBits = int64(c.U8())
	c.Skip(1)
	sb.rootNID = uint64(c.U16())
	c.Seek(0x28)
	sb.metaBlock, sb.xattrBlock = int64(c.U32()), int64(c.U32())
	c.Seek(0x50)
	sb.incompat = c.U32()
	c.Skip(2)
	sb.extraDevices, sb.deviceTable = c.U16(), int64(c.U16())
	dirBits := int64(c.U8())
	sb.prefixCount, sb.prefixStart = int(c.U8()), int64(c.U32())<<2
	sb.packedNID = c.U64()
	if sb.incompat&incompatDeviceTable == 0 {
		sb.extraDevices = 0
	}
	if sb.blockBits < minBlockBits || sb.blockBits > maxBlockBits {
		return super{}, image.Errorf(image.Malformed, superOffset+0x0C, "blocks of 2^%d bytes", sb.blockBits)
	}
	if unknown := sb.incompat &^ incompatKnown; unknown != 0 {
		return super{}, image.Errorf(image.Unsupported, superOffset+0x50,
			"unknown incompatible feature bits %#x of %#x: newer than the metabox (0x100), or a maker's own layout as Huawei's", unknown, sb.incompat)
	}
	if dirBits != 0 {
		return super{}, image.Errorf(image.Unsupported, superOffset+0x5A, "directory blocks %d bits larger than others", dirBits)
	}
	sb.blockSize = 1 << sb.blockBits
	sb.dirBlockSize = sb.blockSize
	if sb.compat&compatChecksum != 0 {
		sb.suspect = checksum(r, size, sb.blockSize, sum)
	}
	return sb, sb.wide(raw)
}

// wide reads what came with the 48-bit layout, behind the first 112 bytes.
func (sb *super) wide(raw []byte) error {
	c := bin.Little(raw, superOffset)
	if sb.incompat&incompat48bit != 0 {
		c.Seek(0x70)
		if nid := c.U64(); nid != 0 {
			sb.rootNID = nid
		}
	}
	if sb.incompat&incompatMetabox != 0 {
		c.Seek(0x80)
		sb.boxNID = c.U64()
	}
	if err := c.Err(); err != nil {
		return err
	}
	if (sb.boxNID|sb.packedNID)&inBox != 0 {
		return image.Errorf(image.Malformed, superOffset+0x60, "the metabox or packed inode lies in the metabox")
	}
	return nil
}

// checksum compares CRC-32C over the block of the superblock, without final complement (erofs_superblock_csum_verify).
func checksum(r io.ReaderAt, size, blockSize int64, want uint32) error {
	n := blockSize
	if n > superOffset {
		n -= superOffset
	}
	raw, err := bin.ReadAt(r, size, superOffset, n, n)
	if err != nil {
		return err
	}
	clear(raw[4:8])
	if got := ^crc32.Checksum(raw, crc32.MakeTable(crc32.Castagnoli)); got != want {
		return image.Errorf(image.Malformed, superOffset+4, "the superblock's checksum is %08x, not %08x", got, want)
	}
	return nil
}

// text makes bytes of an image fit to be shown.
func text(raw []byte) string { return strings.ToValidUTF8(string(raw), "\uFFFD") }
