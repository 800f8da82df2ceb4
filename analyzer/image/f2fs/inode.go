package f2fs

import (
	"encoding/binary"
	"io/fs"
	"math"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Bits of i_inline.
const (
	inlineXattr  = 0x01
	inlineData   = 0x02
	inlineDentry = 0x04
	extraAttr    = 0x20
)

const (
	adviseEncrypted = 0x04       // of i_advise
	flagCompressed  = 0x00000004 // of i_flags

	addressOffset = 360 // of i_addr in struct f2fs_inode
	nodeIDs       = 5   // at the end of an inode: two direct, two indirect, one double indirect
	defaultXattr  = 50  // words of inline attributes where the inode does not tell
)

// inode is one record (struct f2fs_inode).
type inode struct {
	nid    uint32
	raw    []byte // the block
	offset int64  // of the block in the image

	mode        uint16
	advise      uint8
	inline      uint8
	uid, gid    uint32
	size        int64
	xattrNode   uint32
	extra       int64 // bytes of extra attributes before the addresses
	xattrWords  int64 // words of inline attributes behind them
	words       int64 // of addresses, extra attributes and inline attributes together
	compressed  bool
	algorithm   uint8
	clusterBits int64
	clusterCRC  bool
}

func (v *volume) inode(nid uint32) (*inode, error) {
	raw, at, err := v.node(nid, nid)
	if err != nil {
		return nil, err
	}
	i := &inode{nid: nid, raw: raw, offset: v.address(at)}
	c := bin.Little(raw, i.offset)
	i.mode, i.advise, i.inline = c.U16(), c.U8(), c.U8()
	i.uid, i.gid = c.U32(), c.U32()
	c.Skip(4)
	size := c.U64()
	c.Seek(76)
	i.xattrNode = c.U32()
	flags := c.U32()
	if size > math.MaxInt64>>1 {
		return nil, image.Errorf(image.Malformed, i.offset+16, "inode %d: size %d", nid, size)
	}
	i.size = int64(size)
	i.words = (v.blockSize-footerSize-addressOffset)/4 - nodeIDs
	i.xattrWords = 0
	if i.inline&(inlineXattr|inlineDentry) != 0 {
		i.xattrWords = defaultXattr
	}
	if err := v.parseExtra(i, flags); err != nil {
		return nil, err
	}
	if i.extra/4+i.xattrWords >= i.words {
		return nil, image.Errorf(image.Malformed, i.offset+addressOffset, "inode %d: %d bytes of extra, %d words of extended attributes", nid, i.extra, i.xattrWords)
	}
	return i, nil
}

// parseExtra reads the extra attributes. What lies beyond i_extra_isize is not there.
func (v *volume) parseExtra(i *inode, flags uint32) error {
	if i.inline&extraAttr == 0 {
		return nil
	}
	c := bin.Little(i.raw[addressOffset:], i.offset+addressOffset)
	i.extra = int64(c.U16())
	if i.extra < 4 || i.extra%4 != 0 || i.extra/4 >= i.words {
		return image.Errorf(image.Malformed, i.offset+addressOffset, "inode %d: extra attributes of %d bytes", i.nid, i.extra)
	}
	if v.features&featureFlexXattr != 0 {
		i.xattrWords = int64(c.U16())
	}
	const algorithmAt, clusterFlagsAt = 32, 34
	if v.features&featureCompression == 0 || flags&flagCompressed == 0 || !i.is(typeRegular) || i.extra < clusterFlagsAt {
		return nil
	}
	i.compressed = true
	c.Seek(algorithmAt)
	i.algorithm, i.clusterBits = c.U8(), int64(c.U8())
	if i.extra >= clusterFlagsAt+2 {
		i.clusterCRC = c.U16()&1 != 0
	}
	if i.clusterBits < 2 || i.clusterBits > 8 {
		return image.Errorf(image.Malformed, i.offset+addressOffset+algorithmAt, "inode %d: clusters of 2^%d blocks", i.nid, i.clusterBits)
	}
	return nil
}

// checkCRC compares the checksum of an inode; stated is false where it has none (f2fs_inode_chksum).
func (v *volume) checkCRC(i *inode) (stated bool, err error) {
	const at = addressOffset + 8
	if v.features&featureInodeCRC == 0 || i.extra < 12 {
		return false, nil
	}
	sum := checksum(0xFFFFFFFF, v.uuid[:])
	sum = checksum(sum, i.raw[v.blockSize-footerSize+4:][:4]) // the inode's number
	sum = checksum(sum, i.raw[68:72])                         // and generation
	sum = checksum(sum, i.raw[:at])
	sum = checksum(sum, make([]byte, 4))
	sum = checksum(sum, i.raw[at+4:])
	if want := binary.LittleEndian.Uint32(i.raw[at:]); sum != want {
		return true, image.Errorf(image.Malformed, i.offset+at, "the checksum of inode %d is %08x, not %08x", i.nid, sum, want)
	}
	return true, nil
}

// inlined returns the bytes for inline data or entries: all but the first word of those for addresses.
func (i *inode) inlined() (raw []byte, at int64) {
	from := addressOffset + i.extra + 4
	return i.raw[from : addressOffset+4*(i.words-i.xattrWords)], i.offset + from
}

// File types of i_mode.
const (
	typeMask    = 0xF000
	typeDir     = 0x4000
	typeRegular = 0x8000
	typeLink    = 0xA000
)

func (i *inode) is(kind uint16) bool { return i.mode&typeMask == kind }
func (i *inode) encrypted() bool     { return i.advise&adviseEncrypted != 0 }

// fileMode maps i_mode; ok is false for a type that does not exist.
func (i *inode) fileMode() (fs.FileMode, bool) { return image.UnixMode(i.mode) }

// text makes bytes of an image fit to be shown.
func text(raw []byte) string { return strings.ToValidUTF8(string(raw), "\uFFFD") }
