package ubifs

import (
	"hash/crc32"
	"io"
	"math/bits"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	nodeMagic  = 0x06101831
	nodeHeader = 24 // struct ubifs_ch
	superSize  = 4096

	minLEB = 15 << 10
	maxLEB = 16 << 20

	masterLEB = 1 // and the next
	logLEB    = 3

	formatVersion = 5 // the newest that can be mounted for writing
)

// Types of nodes.
const (
	typeInode = iota
	typeData
	typeDent
	typeXent
	typeTruncation
	typePadding
	typeSuper
	typeMaster
	typeReference
	typeIndex
	typeCommitStart
)

// crc is the CRC-32 of Linux, which is not inverted at the end. It covers a node from its sequence number on.
func crc(node []byte) uint32 { return ^crc32.ChecksumIEEE(node[8:]) }

// super is what is needed of struct ubifs_sb_node.
type super struct {
	leb     int64 // bytes of a logical erase block
	lebs    int64
	logLEBs int64
}

func sniff(r io.ReaderAt, size int64) bool {
	_, _, err := parseSuper(bin.Head(r, size, superSize))
	return err == nil
}

// parseSuper reads the superblock. whole is false where its checksum is wrong; then its values still make sense.
func parseSuper(raw []byte) (s super, whole bool, err error) {
	bad := func() (super, bool, error) {
		return super{}, false, image.Errorf(image.Malformed, 0, "no superblock of UBIFS")
	}
	c := bin.Little(raw, 0)
	if c.U32() != nodeMagic {
		return bad()
	}
	stated := c.U32()
	c.Skip(8)
	length, kind := c.U32(), c.U8()
	c.Skip(3 + 3)
	format := c.U8()
	c.Skip(4)
	unit := c.U32()
	s.leb, s.lebs = int64(c.U32()), int64(c.U32())
	c.Skip(4 + 8)
	s.logLEBs = int64(c.U32())
	c.Skip(20)
	version := c.U32()
	c.Seek(124)
	readable := c.U32()
	if c.Err() != nil || kind != typeSuper || length != superSize || s.leb < minLEB || s.leb > maxLEB || s.leb%8 != 0 ||
		s.lebs < logLEB || bits.OnesCount32(unit) != 1 || s.logLEBs >= s.lebs {
		return bad()
	}
	if format != 0 || version > formatVersion && readable > 0 {
		return super{}, false, image.Errorf(image.Unsupported, 80, "format %d, for readers of %d, keys of format %d", version, readable, format)
	}
	return s, len(raw) == superSize && crc(raw) == stated, nil
}

func readSuper(r io.ReaderAt, size int64) (super, bool, error) {
	return parseSuper(bin.Head(r, size, superSize))
}
