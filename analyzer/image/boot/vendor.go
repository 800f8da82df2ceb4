package boot

import (
	"fmt"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	tablePart  = "vendor_ramdisk_table"
	tableEntry = 108 // bytes of an entry, of which a later version may have more
	maxEntries = 1024
)

// splitVendorRamdisk replaces the ramdisk and its table by the ramdisks the table tells of, in its order:
// vendor_ramdisk/00, vendor_ramdisk/01.recovery. A table that cannot be read leaves both as they are.
func (b *Image) splitVendorRamdisk(head []byte) {
	c := bin.Little(head, 0)
	c.Seek(2116)
	count, stride := int64(c.U32()), int64(c.U32())
	if c.Err() != nil || len(b.parts) < 3 {
		return
	}
	ramdisk, table := b.parts[0], b.parts[2]
	if count == 0 && table.size == 0 {
		return
	}
	if stride < tableEntry || count > maxEntries || count*stride > table.size {
		b.Miss(tablePart, image.Errorf(image.Malformed, 2116, "%d entries of %d bytes in a table of %d", count, stride, table.size))
		return
	}
	raw, err := bin.ReadAt(b.r, b.size, table.off, count*stride, maxPage)
	if err != nil {
		b.Miss(tablePart, err)
		return
	}
	var found []part
	for i := range count {
		p, err := tableRow(raw[i*stride:][:tableEntry], ramdisk, int(i))
		if err != nil {
			err.Offset = table.off + i*stride
			b.Miss(fmt.Sprintf("vendor_ramdisk/%02d", i), err)
			continue
		}
		found = append(found, p)
	}
	b.parts = append(found, append([]part{b.parts[1]}, b.parts[3:]...)...)
}

// tableRow reads one entry: size, offset in the ramdisk, type, name, and the boards it is for.
func tableRow(raw []byte, ramdisk part, i int) (part, *image.Error) {
	c := bin.Little(raw, 0)
	size, off, kind := int64(c.U32()), int64(c.U32()), c.U32()
	label := cString(c.Bytes(32))
	if off > ramdisk.size || size > ramdisk.size-off {
		return part{}, image.Errorf(image.Malformed, -1, "%d bytes at %d in a ramdisk of %d", size, off, ramdisk.size)
	}
	p := part{name: fmt.Sprintf("vendor_ramdisk/%02d", i), off: ramdisk.off + off, size: size}
	if name, _, ok := image.ValidName(label); ok {
		p.name += "." + name
	}
	switch kind {
	case 0:
		p.note = "ramdisk of no type"
	case 1:
		p.note = "platform ramdisk"
	case 2:
		p.note = "recovery ramdisk"
	case 3:
		p.note = "ramdisk of kernel modules"
	default:
		p.note = fmt.Sprintf("ramdisk of type %d", kind)
	}
	return p, nil
}
