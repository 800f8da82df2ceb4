package ubi

import (
	"hash/crc32"

	"romscan/analyzer/image/bin"
)

const (
	headerSize = 64 // of both headers
	ecMagic    = 0x55424923
	vidMagic   = 0x55424921

	typeStatic   = 2
	layoutVolume = 0x7FFFFFFF - 4096 // holds the table of volumes
	internal     = layoutVolume      // volumes from here on are UBI's own
)

// crc is the CRC-32 of Linux, which is not inverted at the end.
func crc(b []byte) uint32 { return ^crc32.ChecksumIEEE(b) }

func erased(b []byte) bool {
	for _, c := range b {
		if c != 0xFF {
			return false
		}
	}
	return true
}

// ecHeader is struct ubi_ec_hdr, which every erase block begins with.
type ecHeader struct {
	version  uint8
	vid      int64 // offset of the other header in each block
	data     int64 // offset of the data in each block
	sequence uint32
}

// parseEC reads the header. ok is false where its checksum is wrong, or where it leaves no room for the other.
func parseEC(raw []byte) (h ecHeader, ok bool) {
	c := bin.Big(raw, 0)
	if c.U32() != ecMagic {
		return h, false
	}
	h.version = c.U8()
	c.Skip(11)
	h.vid, h.data, h.sequence = int64(c.U32()), int64(c.U32()), c.U32()
	c.Skip(32)
	stated := c.U32()
	if c.Err() != nil || crc(raw[:headerSize-4]) != stated {
		return h, false
	}
	return h, h.vid >= headerSize && h.data >= h.vid+headerSize && h.data <= maxBlock
}

// vidHeader is struct ubi_vid_hdr: which part of which volume a block holds.
type vidHeader struct {
	static   bool
	copied   bool // by wear levelling; then there is a checksum of the data
	volume   uint32
	lnum     uint32 // logical block
	dataSize int64
	usedEBs  uint32
	dataPad  int64
	dataCRC  uint32
	sqnum    uint64
}

// parseVID reads the header; ok is false where its checksum is wrong.
func parseVID(raw []byte) (h vidHeader, ok bool) {
	c := bin.Big(raw, 0)
	if c.U32() != vidMagic {
		return h, false
	}
	c.Skip(1)
	h.static, h.copied = c.U8() == typeStatic, c.U8() != 0
	c.Skip(1)
	h.volume, h.lnum = c.U32(), c.U32()
	c.Skip(4)
	h.dataSize, h.usedEBs, h.dataPad, h.dataCRC = int64(c.U32()), c.U32(), int64(c.U32()), c.U32()
	c.Skip(4)
	h.sqnum = c.U64()
	c.Skip(12)
	stated := c.U32()
	return h, c.Err() == nil && crc(raw[:headerSize-4]) == stated
}
