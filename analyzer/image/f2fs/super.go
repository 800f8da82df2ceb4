package f2fs

import (
	"hash/crc32"
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	superMagic  = 0xF2F52010
	superOffset = 1024 // in each of the first two blocks
	superSize   = 3072
	superCRC    = superSize - 4

	minBlockBits = 12
	maxBlockBits = 16
	maxDevices   = 8
)

// Features of the superblock.
const (
	featureInodeCRC    = 0x0020
	featureFlexXattr   = 0x0040
	featureSuperCRC    = 0x0800
	featureCompression = 0x2000
)

// super is what is needed of the superblock (struct f2fs_super_block).
type super struct {
	blockBits, blockSize int64
	segmentBits          int64 // log2 of the blocks of a segment
	blocks               int64 // of the whole filesystem
	natSegments          int64
	checkpoint, nat      int64 // blocks
	main                 int64
	root                 uint32
	uuid                 [16]byte
	payload              int64 // blocks of a checkpoint's bitmaps
	features             uint32
	devices              int
	deviceBlocks         int64 // that lie on this device
}

func sniff(r io.ReaderAt, size int64) bool {
	for _, c := range readSupers(r, size) {
		if c.found {
			return true
		}
	}
	return false
}

// copyOf is one of the two superblocks.
type copyOf struct {
	super
	at    int64
	found bool  // it has the magic and sizes that go together
	crc   bool  // it has a checksum
	err   error // why it is not to be trusted
}

// readSupers reads both. The second lies in the second block, so its place depends on the size of blocks, which the
// first one tells; without it, blocks have 4 KiB.
func readSupers(r io.ReaderAt, size int64) [2]copyOf {
	var c [2]copyOf
	c[0] = readSuper(r, size, superOffset)
	second := int64(1) << minBlockBits
	if c[0].found {
		second = c[0].blockSize
	}
	c[1] = readSuper(r, size, second+superOffset)
	return c
}

// choose returns the better superblock: a valid one, else the first that can be used at all.
func choose(copies [2]copyOf) (super, error) {
	for _, c := range copies {
		if c.found && c.err == nil {
			return c.super, nil
		}
	}
	for _, c := range copies {
		if c.found {
			return c.super, nil
		}
	}
	return super{}, copies[0].err
}

func readSuper(r io.ReaderAt, size, at int64) copyOf {
	out := copyOf{at: at}
	raw, err := bin.ReadAt(r, size, at, superSize, superSize)
	if err != nil {
		out.err = err
		return out
	}
	c := bin.Little(raw, at)
	if c.U32() != superMagic {
		out.err = image.Errorf(image.Malformed, at, "no superblock of F2FS")
		return out
	}
	sb := &out.super
	c.Skip(4)
	sectorBits, sectors := c.U32(), c.U32()
	sb.blockBits, sb.segmentBits = int64(c.U32()), int64(c.U32())
	if sb.blockBits < minBlockBits || sb.blockBits > maxBlockBits || sb.segmentBits < 6 || sb.segmentBits > 12 ||
		sectorBits < 9 || sectorBits > maxBlockBits || int64(sectorBits)+int64(sectors) != sb.blockBits {
		out.err = image.Errorf(image.Malformed, at+8, "sectors of 2^%d, blocks of 2^%d bytes, segments of 2^%d blocks", sectorBits, sb.blockBits, sb.segmentBits)
		return out
	}
	sb.blockSize = 1 << sb.blockBits
	c.Skip(8)
	sum := int64(c.U32())
	blocks := c.U64()
	c.Seek(60)
	sb.natSegments = int64(c.U32())
	c.Skip(8)
	segment0 := int64(c.U32())
	sb.checkpoint = int64(c.U32())
	c.Skip(4)
	sb.nat = int64(c.U32())
	c.Skip(4)
	sb.main, sb.root = int64(c.U32()), c.U32()
	c.Skip(8)
	copy(sb.uuid[:], c.Bytes(16))
	c.Seek(1664)
	sb.payload = int64(c.U32())
	c.Seek(2180)
	sb.features = c.U32()
	sb.parseDevices(raw, segment0)
	out.found = true
	switch {
	case blocks > 1<<32:
		out.err = image.Errorf(image.Malformed, at+36, "%d blocks", blocks)
		blocks = 1 << 32
	case sb.main <= sb.nat || sb.nat <= sb.checkpoint || sb.natSegments > 1<<20 || sb.payload >= 1<<sb.segmentBits:
		out.found, out.err = false, image.Errorf(image.Malformed, at+76, "checkpoint at block %d, NAT at %d, data at %d", sb.checkpoint, sb.nat, sb.main)
	case sb.features&featureSuperCRC != 0:
		out.crc = true
		out.err = checkSuper(raw, at, sum)
	}
	sb.blocks = int64(blocks)
	return out
}

// parseDevices reads the list of devices (struct f2fs_device): without it, one device has all blocks.
func (sb *super) parseDevices(raw []byte, segment0 int64) {
	sb.deviceBlocks = 1 << 32
	c := bin.Little(raw, 0)
	for k := range maxDevices {
		c.Seek(2201 + 68*k)
		path := c.Bytes(64)
		if path[0] == 0 {
			break
		}
		sb.devices++
		if segments := int64(c.U32()); k == 0 {
			sb.deviceBlocks = segments<<sb.segmentBits + segment0
		}
	}
	if sb.devices < 2 {
		sb.deviceBlocks = 1 << 32
	}
}

func checkSuper(raw []byte, at, sum int64) error {
	if sum != superCRC {
		return image.Errorf(image.Malformed, at+32, "the superblock's checksum lies at %d", sum)
	}
	want := bin.Little(raw[superCRC:], at).U32()
	if got := checksum(superMagic, raw[:superCRC]); got != want {
		return image.Errorf(image.Malformed, at+superCRC, "the superblock's checksum is %08x, not %08x", got, want)
	}
	return nil
}

// checksum is CRC-32 with a seed and without the complements that IEEE has before and after (f2fs_crc32).
func checksum(seed uint32, b []byte) uint32 { return ^crc32.Update(^seed, crc32.IEEETable, b) }

// tellShape adds what is odd of the filesystem as a whole to the gaps.
func (w *indexer) tellShape() {
	v := w.v
	if v.devices > 1 {
		w.x.Miss("", image.Errorf(image.Unsupported, superOffset+2201, "the filesystem lies on %d devices, of which this is the first", v.devices))
	}
	if want := min(v.blocks, v.deviceBlocks) << v.blockBits; want > v.size {
		w.x.Miss("", image.Errorf(image.Truncated, v.size, "the filesystem has %d bytes", want))
	}
}
