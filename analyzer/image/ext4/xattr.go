package ext4

import (
	"bytes"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Name spaces of extended attributes (fs/ext4/xattr.h).
const (
	xattrMagic    = 0xEA020000
	xattrSecurity = 6
	xattrSystem   = 7
)

// label returns the SELinux context, from the inode or its attribute block.
func (v *volume) label(i *inode) (string, error) {
	value, ok, err := v.inodeXattr(i, xattrSecurity, "selinux")
	if !ok && i.xattr != 0 {
		var raw []byte
		if raw, err = v.block(i.xattr); err == nil {
			value, ok, err = blockXattr(raw, i.xattr<<v.blockBits, xattrSecurity, "selinux")
		}
	}
	if !ok {
		return "", err
	}
	return strings.ToValidUTF8(string(bytes.TrimRight(value, "\x00")), "\uFFFD"), nil
}

// inodeXattr finds an attribute in the part of the inode record behind its fixed fields.
func (v *volume) inodeXattr(i *inode, space uint8, name string) ([]byte, bool, error) {
	if v.inodeSize <= inodeExtra {
		return nil, false, nil
	}
	c := bin.Little(i.raw, i.offset)
	c.Seek(inodeExtra)
	start := inodeExtra + int(c.U16())
	if start == inodeExtra || start+4 > len(i.raw) {
		return nil, false, nil
	}
	c.Seek(start)
	if c.U32() != xattrMagic {
		return nil, false, nil
	}
	return findXattr(i.raw[start+4:], 0, i.offset+int64(start)+4, space, name)
}

// blockXattr finds an attribute in a block of attributes, which starts with a header of 32 bytes.
func blockXattr(raw []byte, offset int64, space uint8, name string) ([]byte, bool, error) {
	c := bin.Little(raw, offset)
	if c.U32() != xattrMagic {
		return nil, false, image.Errorf(image.Malformed, offset, "no magic in a block of extended attributes")
	}
	return findXattr(raw, 32, offset, space, name)
}

// findXattr goes through the entries at raw[first:]; the offsets of values count from the start of raw.
func findXattr(raw []byte, first int, offset int64, space uint8, name string) ([]byte, bool, error) {
	c := bin.Little(raw, offset)
	c.Seek(first)
	for c.Len() >= 16 {
		nameLen, index := int(c.U8()), c.U8()
		valueOff, valueInode := int(c.U16()), c.U32()
		valueSize := int64(c.U32())
		c.U32() // hash
		if nameLen == 0 && index == 0 && valueOff == 0 {
			break // the end mark is four zero bytes; behind it may be values
		}
		key := c.Bytes(nameLen)
		c.Skip(min(-nameLen&3, c.Len()))
		if c.Err() != nil {
			return nil, false, c.Err()
		}
		if index != space || string(key) != name || valueInode != 0 {
			continue
		}
		if valueSize > int64(len(raw)) {
			return nil, false, image.Errorf(image.Malformed, offset+int64(c.Pos()), "extended attribute of %d bytes", valueSize)
		}
		c.Seek(valueOff)
		value := c.Bytes(int(valueSize))
		return value, c.Err() == nil, c.Err()
	}
	return nil, false, nil
}
