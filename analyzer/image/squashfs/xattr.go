package squashfs

import (
	"bytes"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Extended attributes (struct squashfs_xattr_entry, squashfs_xattr_id).
const (
	xattrSecurity   = 2
	xattrPrefixMask = 0xFF
	xattrElsewhere  = 0x100   // the value is a reference to the value
	maxXattrValue   = 4096    // bytes of a label
	maxXattrs       = 1 << 17 // bytes of the attributes of one inode that are looked through
	xattrIDSize     = 16
)

// xattrTable tells where the attributes are.
type xattrTable struct {
	start int64 // of the attributes
	ids   uint32
	array int64 // of the positions of the blocks with the ids
}

func (v *volume) openXattrs() error {
	if v.xattrIDTable == noTable {
		return nil
	}
	if v.xattrIDTable > uint64(v.size) {
		return &bin.RangeError{Off: int64(v.xattrIDTable & (1<<62 - 1)), Want: xattrIDSize}
	}
	at := int64(v.xattrIDTable)
	raw, err := bin.ReadAt(v.r, v.size, at, xattrIDSize, xattrIDSize)
	if err != nil {
		return err
	}
	c := bin.Little(raw, at)
	start, err := address(c)
	if err != nil {
		return err
	}
	v.xattrs = xattrTable{start: start, ids: c.U32(), array: at + xattrIDSize}
	return nil
}

// label returns the SELinux context of the inode with this set of attributes. Where the table is missing, which
// was said, there is none.
func (v *volume) label(set uint32) (string, error) {
	if set == noXattr || v.xattrs.ids == 0 {
		return "", nil
	}
	if set >= v.xattrs.ids {
		return "", image.Errorf(image.Malformed, v.xattrs.array, "attributes %d of %d", set, v.xattrs.ids)
	}
	c, err := v.record(v.xattrs.array, set, xattrIDSize)
	if err != nil {
		return "", err
	}
	m, err := v.xattrAt(c.U64())
	if err != nil {
		return "", err
	}
	count, seen := c.U32(), 0
	for range count {
		if seen > maxXattrs {
			return "", image.Errorf(image.Malformed, m.at, "%d attributes of more than %d bytes", count, maxXattrs)
		}
		head, err := m.cursor(4)
		if err != nil {
			return "", err
		}
		kind, size := head.U16(), int(head.U16())
		name, err := m.bytes(size)
		if err != nil {
			return "", err
		}
		wanted := kind&xattrPrefixMask == xattrSecurity && string(name) == "selinux"
		value, err := m.value(wanted)
		if err != nil {
			return "", err
		}
		if seen += 8 + size + len(value); !wanted {
			continue
		}
		if kind&xattrElsewhere != 0 {
			if m, err = v.xattrAt(bin.Little(value, 0).U64()); err != nil {
				return "", err
			}
			if value, err = m.value(true); err != nil {
				return "", err
			}
		}
		return text(bytes.TrimRight(value, "\x00")), nil
	}
	return "", nil
}

func (v *volume) xattrAt(ref uint64) (*metaStream, error) {
	if ref>>48 != 0 {
		return nil, image.Errorf(image.Malformed, v.xattrs.start, "attribute reference 0x%x", ref)
	}
	return v.metadata(v.xattrs.start, int64(ref>>16), int(ref&0xFFFF))
}

// value reads a value, or steps over it.
func (m *metaStream) value(wanted bool) ([]byte, error) {
	c, err := m.cursor(4)
	if err != nil {
		return nil, err
	}
	n := int64(c.U32())
	if wanted && n > maxXattrValue || n > 1<<16 {
		return nil, image.Errorf(image.Malformed, m.at, "attribute of %d bytes", n)
	}
	return m.bytes(int(n))
}
