// Package amlogic reads the upgrade package ("burn image") of Amlogic's TV boxes and tablets.
//
// In: an aml_upgrade_package.img of version 1 or 2. Out: an [image.Index] with one file per item, in place:
// partitions as "system.img", all else as "DDR.USB", "meson1.dtb". Verify compares the CRC32 of the whole and the
// SHA1 that items of type VERIFY state.
//
//	fsys, err := amlogic.Format().Open(r, size, budget)
//	f, err := fsys.Open("super.img")
//
// Limit: encrypted items of secure-boot builds, boot loaders mostly, are listed as they are.
package amlogic

import (
	"bytes"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes upgrade packages.
func Format() image.Format {
	return image.Format{
		Name: "amlogic",
		Doc:  "aml_upgrade_package.img: the upgrade package of Amlogic's TV boxes and tablets, versions 1 and 2.",
		Refs: []string{
			"https://github.com/khadas/utils (aml-flash-tool/tools/linux-x86/aml_image_v2_packer: what it writes)",
			"https://github.com/ColdWindScholar/MIO-KITCHEN-SOURCE (src/core/aml_image.py)",
			"ampack of Guoxin Pu; aml-img of JetHome (items of both versions, CRC32)",
		},
		Limits: []string{
			"no image made by a device's vendor was met, but ones of version 2 made by Amlogic's aml_image_v2_packer",
			"items that secure boot has encrypted are listed as they are",
		},
		Sniff: sniff,
		Open:  open,
	}
}

// Figures of the format, all little endian.
const (
	magic      = 0x27B51956
	headerSize = 64
	maxItems   = 4096
)

// header: u32 CRC32 of what follows, u32 version, u32 magic number, u64 size, u32 alignment, u32 items.
type header struct {
	crc     uint32
	version uint32
	size    int64
	count   int64
	name    int64 // bytes of a name in the items
	item    int64 // bytes of an item
}

func readHeader(r io.ReaderAt, size int64) (header, error) {
	b, err := bin.ReadAt(r, size, 0, headerSize, headerSize)
	if err != nil {
		return header{}, err
	}
	c := bin.Little(b, 0)
	h := header{crc: c.U32(), version: c.U32()}
	tag, whole := c.U32(), c.U64()
	c.Skip(4)
	h.count = int64(c.U32())
	switch {
	case tag != magic:
		return h, image.Errorf(image.Malformed, 8, "no magic number of a package")
	case whole > 1<<50 || h.count == 0 || h.count > maxItems:
		return h, image.Errorf(image.Malformed, 12, "%d bytes, %d items", whole, h.count)
	case h.version == 1:
		h.name, h.item = 32, 128
	case h.version == 2:
		h.name, h.item = 256, 576
	default:
		return h, image.Errorf(image.Unsupported, 4, "version %d", h.version)
	}
	h.size = int64(whole)
	return h, nil
}

func sniff(r io.ReaderAt, size int64) bool {
	b := bin.Head(r, size, headerSize)
	return len(b) == headerSize && bin.Little(b[8:], 8).U32() == magic
}

// item: u32 number, u32 kind of file, u64 offset inside of the item, u64 offset, u64 size, two names, u32 whether a
// VERIFY item follows, u16 whether it is another's copy, u16 number of that one.
type item struct {
	kind, name string // "PARTITION", "system"
	off, size  int64
}

func (h header) readItem(r io.ReaderAt, size, at int64) (item, error) {
	b, err := bin.ReadAt(r, size, at, h.item, h.item)
	if err != nil {
		return item{}, err
	}
	c := bin.Little(b, at)
	c.Skip(16)
	off, length := c.U64(), c.U64()
	e := item{kind: text(c.Bytes(int(h.name))), name: text(c.Bytes(int(h.name)))}
	if off > 1<<62 || length > 1<<62 {
		return e, image.Errorf(image.Malformed, at+16, "%s.%s: %d bytes at %d", e.name, e.kind, length, off)
	}
	e.off, e.size = int64(off), int64(length)
	return e, c.Err()
}

// text is a name up to its first zero.
func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	h, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	p := image.NewParts(r, size)
	if h.size > size {
		p.Miss("", image.Errorf(image.Truncated, size, "%d bytes stated, %d there", h.size, size))
	}
	var items []item
	for i := range h.count {
		e, err := h.readItem(r, size, headerSize+i*h.item)
		if err != nil {
			p.Miss("", err)
			if _, bad := err.(*image.Error); bad {
				continue
			}
			break
		}
		items = append(items, e)
	}
	laterImage(p, r, h)
	names := map[item]string{}
	for _, e := range items {
		if e.kind != verify {
			names[e] = p.AddStretch(e.file(), e.off, e.size, image.Attr{})
		}
	}
	laterItems(p, r, size, items, names)
	return p, nil
}

// file is what an item is called as a file: a partition by its name alone.
func (e item) file() string {
	switch {
	case e.kind == partition:
		return e.name + ".img"
	case e.kind == "":
		return e.name
	}
	return e.name + "." + e.kind
}

// Kinds of items that mean something here.
const (
	partition = "PARTITION"
	verify    = "VERIFY"
)
