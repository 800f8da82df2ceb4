// Package allwinner reads IMAGEWTY, the firmware image of Allwinner's tablets and TV boxes (LiveSuit, PhoenixSuit).
//
// In: an image of header version 0x100, 0x300 or 0x403. Out: an [image.Index] with its files in place,
// "system.fex"; Verify compares the sums that the files whose names start with V state of the others.
//
//	fsys, err := allwinner.Format().Open(r, size, budget)
//	f, err := fsys.Open("super.fex")
//
// Limit: images of before 2013 with encrypted headers are recognised and not read.
package allwinner

import (
	"bytes"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes IMAGEWTY.
func Format() image.Format {
	return image.Format{
		Name: "allwinner",
		Doc:  "IMAGEWTY: the firmware image of Allwinner's tablets and TV boxes, header versions 0x100, 0x300 and 0x403.",
		Refs: []string{
			"https://github.com/hno/allwinner-boot (boot1/apps/Boot_Android/card_sprite/fileformat/imagefile.h: the headers)",
			"https://github.com/Ithamar/awutils (imagewty.h, awimage.c: header version 0x100, encryption)",
			"https://github.com/armijnhemel/binaryanalysis-ng (src/bang/parsers/firmware/allwinner_img/allwinner_img.ksy)",
			"https://uictorius.github.io/posts/imagewty-firmware-format-structure-and-analysis (0x403)",
			"https://github.com/orangepi-xunlong/u-boot-orangepi (sprite/sprite_verify.c: the sum)",
		},
		Limits: []string{
			"no image made by a device's vendor was met",
			"images encrypted with RC6 (headers and files) and Twofish (files) are recognised by their first block and not read",
			"the checksum field of the items, whose meaning is not described, is not compared",
		},
		Sniff: sniff,
		Open:  open,
	}
}

const magic = "IMAGEWTY"

// encrypted is what the first 16 bytes, magic number, version and header size, become under RC6 with the key that
// all such images have: 31 zeros and an i.
var encrypted = [...]string{
	"\x2a\x99\xa2\x80\x46\xd0\x63\x98\x24\xa2\x62\x04\x93\x1e\x03\x95", // 0x100, 0x50
	"\xe8\x27\x0f\x51\x95\x70\xc4\x42\x8e\xe7\x07\x2b\x03\x81\x52\x61", // 0x100, 0x60
	"\x36\xd7\xa9\x54\xf5\x98\xaa\xaf\x76\x57\x5e\x5f\x54\xa3\x15\x5d", // 0x300, 0x60
}

func isEncrypted(b []byte) bool {
	for _, e := range encrypted {
		if len(b) >= len(e) && string(b[:len(e)]) == e {
			return true
		}
	}
	return false
}

func sniff(r io.ReaderAt, size int64) bool {
	b := bin.Head(r, size, headerSize)
	if isEncrypted(b) {
		return true
	}
	_, err := parseHeader(b)
	return err == nil
}

// header is what stands first, little endian: "IMAGEWTY", u32 version, u32 size of this header, u32 attributes, u32
// version of the firmware, u64 size, u32 alignment, u32 USB product, vendor, u32 hardware, firmware, u32 attributes
// of the items, u32 size of an item, u32 items, u32 offset of the items. A header of 80 bytes has a size of 32 bits
// only, and all that follows is four bytes further ahead.
type header struct {
	version    uint32
	short      bool // of 80 bytes
	size       int64
	item       int64
	count      int64
	itemOffset int64
}

const (
	headerSize = 96
	shortSize  = 80
	maxItems   = 4096
	minItem    = 316 // up to the offset of a file
	maxItem    = 4096
)

func parseHeader(b []byte) (header, error) {
	if len(b) < headerSize || string(b[:8]) != magic {
		return header{}, image.Errorf(image.Malformed, 0, "no magic number of an image")
	}
	c := bin.Little(b, 0)
	c.Skip(8)
	h := header{version: c.U32()}
	h.short = c.U32() == shortSize
	c.Skip(8)
	h.size = int64(c.U32())
	if upper := int64(c.U32()); !h.short && upper < 1<<20 {
		h.size += upper << 32
	}
	c.Seek(56)
	if h.short {
		c.Seek(52)
	}
	h.item, h.count, h.itemOffset = int64(c.U32()), int64(c.U32()), int64(c.U32())
	if h.item < minItem || h.item > maxItem || h.count == 0 || h.count > maxItems || h.itemOffset < shortSize {
		return h, image.Errorf(image.Malformed, 52, "version %#x: %d items of %d bytes at %d", h.version, h.count, h.item, h.itemOffset)
	}
	return h, c.Err()
}

// item is a file, little endian: u32 version, u32 size of the item, type[8], subtype[16], u32 attributes,
// name[256], u64 size in the image, u64 size, u64 offset. In an image with a short header: type[8], subtype[16] as
// before, then at 32 u32 attributes, size in the image, size, offset, 0, and at 52 name[256].
type item struct {
	kind, sub, name string
	size, off       int64
}

func (h header) parseItem(b []byte, at int64) (item, error) {
	c := bin.Little(b, at)
	c.Skip(8)
	e := item{kind: text(c.Bytes(8)), sub: text(c.Bytes(16))}
	c.Skip(4)
	var size, off uint64
	if h.short {
		c.Skip(4)
		size, off = uint64(c.U32()), uint64(c.U32())
		c.Skip(4)
		e.name = text(c.Bytes(256))
	} else {
		e.name = text(c.Bytes(256))
		c.Skip(8)
		size, off = c.U64(), c.U64()
	}
	if e.name == "" {
		e.name = e.kind + "_" + e.sub
	}
	if size > 1<<62 || off > 1<<62 {
		return e, image.Errorf(image.Malformed, at, "%s: %d bytes at %d", e.name, size, off)
	}
	e.size, e.off = int64(size), int64(off)
	return e, c.Err()
}

// text is a name up to its first zero, without the spaces that pad it.
func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(bytes.TrimRight(b, " "))
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	head := bin.Head(r, size, headerSize)
	if isEncrypted(head) {
		return nil, image.Errorf(image.Encrypted, 0, "IMAGEWTY with headers under RC6 and files under RC6 and Twofish, as LiveSuit images of before 2013")
	}
	h, err := parseHeader(head)
	if err != nil {
		return nil, err
	}
	p := image.NewParts(r, size)
	if h.size > size {
		p.Miss("", image.Errorf(image.Truncated, size, "%d bytes stated, %d there", h.size, size))
	}
	var items []item
	var names []string
	for i := range h.count {
		at := h.itemOffset + i*h.item
		raw, err := bin.ReadAt(r, size, at, h.item, maxItem)
		if err != nil {
			p.Miss("", err)
			break
		}
		e, err := h.parseItem(raw, at)
		if err != nil {
			p.Miss("", err)
			continue
		}
		items = append(items, e)
		names = append(names, p.AddStretch(e.name, e.off, e.size, image.Attr{}))
	}
	laterSums(p, r, size, items, names)
	return p, nil
}
