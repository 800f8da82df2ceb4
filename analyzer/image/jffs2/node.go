package jffs2

import (
	"encoding/binary"
	"strings"

	"romscan/analyzer/image/bin"
)

const (
	inodeSize  = 68 // struct jffs2_raw_inode
	direntSize = 40 // struct jffs2_raw_dirent
	xattrSize  = 32 // struct jffs2_raw_xattr
	xrefSize   = 28 // struct jffs2_raw_xref

	prefixSecurity = 2
	xrefDeleted    = 1 // bit of the sequence number
)

// inode is what the nodes of one inode tell: the newest its mode and size, all of them its content.
type inode struct {
	ino      uint32
	version  uint32 // of the newest node
	mode     uint32
	uid, gid uint16
	size     int64
	pieces   []piece
	content  *content // of a regular file, once it is listed
}

// piece is the data of one node.
type piece struct {
	version  uint32
	from, to int64 // in the file
	at       int64 // of the encoded bytes, in the image
	encoded  int64
	codec    uint8
	crc      uint32
}

type nameKey struct {
	parent uint32
	name   string
}

type dirent struct {
	version uint32
	ino     uint32 // 0: deleted
	at      int64
}

type xattr struct {
	version uint32
	label   string
}

type refKey struct{ ino, xid uint32 }

func (v *volume) cursor(raw []byte, off int64) *bin.Cursor {
	if v.order == binary.ByteOrder(binary.BigEndian) {
		return bin.Big(raw, off)
	}
	return bin.Little(raw, off)
}

func (s *scan) inode(raw []byte, off int64) {
	if len(raw) < inodeSize || crc(raw[:inodeSize-8]) != s.order.Uint32(raw[inodeSize-4:]) {
		s.spoil(off, 0, "inode node")
		return
	}
	c := s.cursor(raw, off)
	c.Seek(nodeHeader)
	ino, version, mode := c.U32(), c.U32(), c.U32()
	uid, gid, size := c.U16(), c.U16(), int64(c.U32())
	c.Skip(12)
	from, encoded, decoded := int64(c.U32()), int64(c.U32()), int64(c.U32())
	codec := c.U8()
	c.Skip(3)
	p := piece{version: version, from: from, to: from + decoded, at: off + inodeSize, encoded: encoded, codec: codec, crc: c.U32()}
	if encoded > int64(len(raw)-inodeSize) || crc(raw[inodeSize:inodeSize+encoded]) != p.crc {
		s.spoil(off, ino, "data of a node")
		return
	}
	i := s.inodes[ino]
	if i == nil {
		i = &inode{ino: ino}
		s.inodes[ino] = i
	}
	// A copy that garbage collection made has the version of what it copies.
	if version >= i.version || i.mode == 0 {
		i.version, i.mode, i.uid, i.gid, i.size = version, mode, uid, gid, size
	}
	if decoded > 0 {
		i.pieces = append(i.pieces, p)
	}
}

func (s *scan) dirent(raw []byte, off int64) {
	if len(raw) < direntSize || crc(raw[:direntSize-8]) != s.order.Uint32(raw[direntSize-8:]) {
		s.spoil(off, 0, "directory entry")
		return
	}
	c := s.cursor(raw, off)
	c.Seek(nodeHeader)
	parent, version, ino := c.U32(), c.U32(), c.U32()
	c.Skip(4)
	size := int(c.U8())
	c.Skip(7)
	stated := c.U32()
	name := c.Bytes(size)
	if c.Err() != nil || crc(name) != stated {
		s.spoil(off, parent, "name of a directory entry")
		return
	}
	// Linux takes what is behind a NUL for no part of the name.
	text, _, _ := strings.Cut(string(name), "\x00")
	key := nameKey{parent, text}
	if old, met := s.names[key]; !met || version >= old.version {
		s.names[key] = dirent{version, ino, off}
	}
}

func (s *scan) xattr(raw []byte, off int64) {
	if len(raw) < xattrSize || crc(raw[:xattrSize-4]) != s.order.Uint32(raw[xattrSize-4:]) {
		s.spoil(off, 0, "extended attribute")
		return
	}
	c := s.cursor(raw, off)
	c.Seek(nodeHeader)
	xid, version := c.U32(), c.U32()
	prefix, nameSize, valueSize := c.U8(), int(c.U8()), int(c.U16())
	stated := c.U32()
	c.Skip(4)
	data := c.Bytes(nameSize + 1 + valueSize)
	if c.Err() != nil || crc(data) != stated {
		s.spoil(off, 0, "value of an extended attribute")
		return
	}
	x := xattr{version: version}
	if prefix == prefixSecurity && string(data[:nameSize]) == "selinux" {
		x.label = text(strings.TrimRight(string(data[nameSize+1:]), "\x00"))
	}
	if old, met := s.labels[xid]; !met || version >= old.version {
		s.labels[xid] = x
	}
}

func (s *scan) xref(raw []byte, off int64) {
	if len(raw) < xrefSize || crc(raw[:xrefSize-4]) != s.order.Uint32(raw[xrefSize-4:]) {
		s.spoil(off, 0, "reference to an extended attribute")
		return
	}
	c := s.cursor(raw, off)
	c.Seek(nodeHeader)
	key := refKey{ino: c.U32(), xid: c.U32()}
	s.refs[key] = max(s.refs[key], c.U32())
}

// text makes bytes of an image fit to be shown.
func text(raw string) string { return strings.ToValidUTF8(raw, "\uFFFD") }
