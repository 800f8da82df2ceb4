package f2fs

import (
	"bytes"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Extended attributes (fs/f2fs/xattr.h).
const (
	xattrMagic    = 0xF2F52011
	xattrHeader   = 24
	xattrEntry    = 4 // index, length of the name, length of the value
	xattrSecurity = 6
)

// label returns the SELinux context. Attributes begin in the inode and go on, in the middle of one if need be, in
// a node of their own.
func (v *volume) label(i *inode) (string, error) {
	var raw []byte
	if i.inline&inlineXattr != 0 {
		end := addressOffset + 4*i.words
		raw = i.raw[end-4*i.xattrWords : end : end]
	}
	var missing error
	if i.xattrNode != 0 {
		node, _, err := v.node(i.xattrNode, i.nid)
		missing = err
		switch {
		case err != nil:
		case len(raw) >= 4 && bytes.Equal(raw[:4], make([]byte, 4)):
			// The place in the inode was made after the attributes were written, by fsck.f2fs: they are in the node.
			raw = node[:v.blockSize-footerSize]
		default:
			raw = append(raw, node[:v.blockSize-footerSize]...)
		}
	}
	if len(raw) < xattrHeader {
		return "", missing
	}
	c := bin.Little(raw, i.offset)
	if c.U32() != xattrMagic { // there never were any
		return "", missing
	}
	c.Seek(xattrHeader)
	for c.Len() > xattrEntry {
		index, nameLen, size := c.U8(), int(c.U8()), int(c.U16())
		if index == 0 && nameLen == 0 && size == 0 {
			break
		}
		name, value := c.Bytes(nameLen), c.Bytes(size)
		if c.Err() != nil {
			if missing == nil {
				missing = image.Errorf(image.Malformed, i.offset, "extended attributes of inode %d go beyond their place", i.nid)
			}
			break
		}
		if index == xattrSecurity && string(name) == "selinux" {
			return text(bytes.TrimRight(value, "\x00")), nil
		}
		c.Skip(min(-(nameLen+size)&3, c.Len()))
	}
	return "", missing
}
