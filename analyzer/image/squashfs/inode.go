package squashfs

import (
	"encoding/binary"
	"io/fs"
	"math"
	"strings"

	"romscan/analyzer/image"
)

// Inode types; the extended ones are larger by extended.
const (
	typeDir = 1 + iota
	typeRegular
	typeLink
	typeBlock
	typeChar
	typeFifo
	typeSocket
	extended = typeSocket
)

// formatBits are the S_IFMT of the types.
var formatBits = [...]uint16{
	typeDir: 0x4000, typeRegular: 0x8000, typeLink: 0xA000, typeBlock: 0x6000, typeChar: 0x2000,
	typeFifo: 0x1000, typeSocket: 0xC000,
}

// recordSize is what the records take behind the header that all have.
var recordSize = [...]int{
	typeDir: 16, typeRegular: 16, typeLink: 8, typeBlock: 8, typeChar: 8, typeFifo: 4, typeSocket: 4,
	extended + typeDir: 24, extended + typeRegular: 40, extended + typeLink: 8, extended + typeBlock: 12,
	extended + typeChar: 12, extended + typeFifo: 8, extended + typeSocket: 8,
}

const (
	inodeHeader  = 16
	noFragment   = math.MaxUint32
	noXattr      = math.MaxUint32
	maxLink      = 4096 // PATH_MAX
	emptyListing = 3    // a directory's size counts "." and ".." so
)

// inode is one record, and for regular files the place of the list of blocks behind it.
type inode struct {
	ref      uint64 // metadata block and offset in it
	offset   int64  // of the metadata block, for errors
	kind     int    // without extended
	mode     fs.FileMode
	uid, gid uint16 // numbers in the table of ids
	size     int64
	xattr    uint32

	start     int64  // of the data, or of the directory's listing in its table
	fragment  uint32 // that holds the end of the file
	within    int64  // offset in the fragment, or in the metadata block of the listing
	link      string
	blockList *metaStream // positioned at the list
}

// inode reads the record that ref names: a metadata block in the upper bits, an offset in it in the lower 16.
func (v *volume) inode(ref uint64) (*inode, error) {
	if ref>>48 != 0 {
		return nil, image.Errorf(image.Malformed, v.inodeTable, "inode reference 0x%x", ref)
	}
	m, err := v.metadata(v.inodeTable, int64(ref>>16), int(ref&0xFFFF))
	if err != nil {
		return nil, err
	}
	i := &inode{ref: ref, offset: m.at, xattr: noXattr}
	c, err := m.cursor(inodeHeader)
	if err != nil {
		return nil, err
	}
	kind, mode := int(c.U16()), c.U16()
	i.uid, i.gid = c.U16(), c.U16()
	if kind == 0 || kind >= len(recordSize) {
		return nil, image.Errorf(image.Malformed, i.offset, "inode 0x%x has type %d", ref, kind)
	}
	i.kind = kind
	if kind > extended {
		i.kind -= extended
	}
	i.mode, _ = image.UnixMode(mode&0xFFF | formatBits[i.kind])
	return i, i.parse(m, kind)
}

// parse reads what follows the header.
func (i *inode) parse(m *metaStream, kind int) error {
	c, err := m.cursor(recordSize[kind])
	if err != nil {
		return err
	}
	switch kind {
	case typeDir:
		i.start = int64(c.U32())
		c.Skip(4)
		i.size, i.within = int64(c.U16()), int64(c.U16())
	case extended + typeDir:
		c.Skip(4)
		i.size, i.start = int64(c.U32()), int64(c.U32())
		c.Skip(6)
		i.within, i.xattr = int64(c.U16()), c.U32()
	case typeRegular:
		i.start, i.fragment, i.within, i.size = int64(c.U32()), c.U32(), int64(c.U32()), int64(c.U32())
	case extended + typeRegular:
		if i.start, err = address(c); err != nil {
			return image.Errorf(image.Malformed, i.offset, "inode 0x%x has its data nowhere", i.ref)
		}
		size := c.U64()
		if size > math.MaxInt64>>1 {
			return image.Errorf(image.Malformed, i.offset, "inode 0x%x: size %d", i.ref, size)
		}
		i.size = int64(size)
		c.Skip(12)
		i.fragment, i.within, i.xattr = c.U32(), int64(c.U32()), c.U32()
	case typeLink, extended + typeLink:
		c.Skip(4)
		return i.parseLink(m, kind, c.U32())
	case extended + typeBlock, extended + typeChar, extended + typeFifo, extended + typeSocket:
		c.Seek(recordSize[kind] - 4)
		i.xattr = c.U32()
	}
	i.blockList = m
	return c.Err()
}

func (i *inode) parseLink(m *metaStream, kind int, size uint32) error {
	if size > maxLink {
		return image.Errorf(image.Malformed, i.offset, "symbolic link of %d bytes", size)
	}
	target, err := m.bytes(int(size))
	if err != nil {
		return err
	}
	i.size, i.link = int64(size), text(target)
	if kind > extended {
		raw, err := m.bytes(4)
		if err != nil {
			return err
		}
		i.xattr = binary.LittleEndian.Uint32(raw)
	}
	return nil
}

// text makes bytes of an image fit to be shown.
func text(raw []byte) string { return strings.ToValidUTF8(string(raw), "\uFFFD") }
