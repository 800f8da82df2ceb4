package erofs

import (
	"bytes"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Name indexes of extended attributes (erofs_fs.h).
const (
	xattrSecurity   = 6
	xattrLongPrefix = 0x80 // the other bits number a prefix of the table
	xattrHeader     = 12   // struct erofs_xattr_ibody_header
	xattrEntry      = 4    // struct erofs_xattr_entry
	xattrUnit       = 4    // shared attributes are numbered in these, bytes
)

// longPrefix is a beginning of names: that of an index, and more.
type longPrefix struct {
	index uint8
	infix string
}

// readPrefixes reads the table of long prefixes. It lies in the packed inode where there is one, else in the
// metabox, else in the image (erofs_xattr_prefixes_init).
func (v *volume) readPrefixes() error {
	if v.incompat&incompatXattrPrefixes == 0 {
		return nil
	}
	in := &v.device
	if v.compat&compatPlainPrefix == 0 {
		if v.box != nil {
			in = v.box
		} else if v.incompat&incompatFragments != 0 && v.packedNID != 0 {
			c, err := v.packed()
			if err != nil {
				return err
			}
			in = &space{r: c, size: c.inode.size}
		}
	}
	pos := v.prefixStart
	for range v.prefixCount {
		pos = roundUp(pos, 4)
		raw, err := v.meta(in, pos, 2)
		if err != nil {
			return err
		}
		n := int64(bin.Little(raw, pos).U16())
		if n == 0 {
			return image.Errorf(image.Malformed, pos, "an empty prefix of attribute names")
		}
		if raw, err = v.meta(in, pos+2, n); err != nil {
			return err
		}
		v.prefix = append(v.prefix, longPrefix{raw[0], string(raw[1:])})
		pos += 2 + n
	}
	return nil
}

// label returns the SELinux context, from the inode's own attributes or the shared ones it names.
func (v *volume) label(i *inode) (string, error) {
	if i.xattrSize < xattrHeader {
		return "", nil
	}
	raw, err := v.meta(i.in, i.xattrStart, i.xattrSize)
	if err != nil {
		return "", err
	}
	c := bin.Little(raw, i.xattrStart)
	c.Skip(4) // h_name_filter
	shared := int(c.U8())
	c.Skip(7)
	if xattrUnit*shared > c.Len() {
		return "", image.Errorf(image.Malformed, i.xattrStart+4, "%d shared attributes in %d bytes", shared, c.Len())
	}
	for range shared {
		value, ok, err := v.sharedXattr(int64(c.U32()))
		if ok || err != nil {
			return value, err
		}
	}
	for c.Len() >= xattrEntry {
		nameLen, index, size := int(c.U8()), c.U8(), int(c.U16())
		name, value := c.Bytes(nameLen), c.Bytes(size)
		if c.Err() != nil {
			return "", c.Err()
		}
		c.Skip(min(-(nameLen+size)&3, c.Len()))
		if v.isLabel(index, name) {
			return text(bytes.TrimRight(value, "\x00")), nil
		}
	}
	return "", nil
}

// sharedXattr reads one attribute that several inodes have.
func (v *volume) sharedXattr(id int64) (value string, ok bool, err error) {
	in := &v.device
	if v.compat&compatSharedInBox != 0 && v.box != nil {
		in = v.box
	}
	pos := v.address(v.xattrBlock) + id*xattrUnit
	raw, err := v.meta(in, pos, xattrEntry)
	if err != nil {
		return "", false, err
	}
	nameLen, index, size := int64(raw[0]), raw[1], int64(raw[2])|int64(raw[3])<<8
	if nameLen > int64(len("selinux")) {
		return "", false, nil
	}
	if raw, err = v.meta(in, pos, xattrEntry+nameLen+size); err != nil {
		return "", false, err
	}
	if !v.isLabel(index, raw[xattrEntry:xattrEntry+nameLen]) {
		return "", false, nil
	}
	return text(bytes.TrimRight(raw[xattrEntry+nameLen:], "\x00")), true, nil
}

func (v *volume) isLabel(index uint8, name []byte) bool {
	infix := ""
	if index&xattrLongPrefix != 0 {
		k := int(index &^ xattrLongPrefix)
		if k >= len(v.prefix) {
			return false
		}
		index, infix = v.prefix[k].index, v.prefix[k].infix
	}
	return index == xattrSecurity && infix+string(name) == "selinux"
}

// roundUp returns the next multiple of a power of two.
func roundUp(n, to int64) int64 { return (n + to - 1) &^ (to - 1) }
