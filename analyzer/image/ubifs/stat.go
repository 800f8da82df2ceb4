package ubifs

import (
	"io/fs"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	nlinkAt       = 92
	flagEncrypted = 0x40
	maxSize       = 1 << (hashBits + 12) // what block numbers have bits for
)

// stat is what an inode node tells.
type stat struct {
	mode     fs.FileMode
	known    bool // whether the type exists
	uid, gid uint32
	size     int64
	locked   bool
	data     []byte // target of a link, value of an attribute
}

// read reads the inode node.
func (t *tree) stat(i *inode) (*stat, error) {
	if i.stat != nil {
		return i.stat, nil
	}
	raw, err := t.node(i.place, typeInode)
	if err != nil {
		return nil, err
	}
	t.good += int64(len(raw))
	at := int64(i.place.lnum)*t.leb + int64(i.place.offs)
	c := bin.Little(raw, at)
	c.Skip(keyAt + 16 + 8)
	size := c.U64()
	c.Seek(nlinkAt + 4)
	s := &stat{uid: c.U32(), gid: c.U32()}
	s.mode, s.known = image.UnixMode(uint16(c.U32()))
	s.locked = c.U32()&flagEncrypted != 0
	length := int(c.U32())
	c.Seek(inodeSize)
	s.data = c.Bytes(length)
	if err := c.Err(); err != nil {
		return nil, err
	}
	if size > maxSize {
		return nil, image.Errorf(image.Malformed, at, "inode %d has %d bytes", i.ino, size)
	}
	s.size = int64(size)
	i.stat = s
	return s, nil
}

// label returns the SELinux context of an inode, which is the data of an inode of its own.
func (t *tree) label(ino uint32) (string, error) {
	d, ok := t.labels[nameKey{ino, "security.selinux"}]
	if !ok || t.inodes[d.ino] == nil {
		return "", nil
	}
	s, err := t.stat(t.inodes[d.ino])
	if err != nil {
		return "", err
	}
	return text(strings.TrimRight(string(s.data), "\x00")), nil
}

// text makes bytes of an image fit to be shown.
func text(raw string) string { return strings.ToValidUTF8(raw, "\uFFFD") }
