// Package unisoc reads PAC, the firmware container of Spreadtrum and Unisoc.
//
// In: a .pac file of version BP_R1.0.0 or BP_R2.0.1. Out: an [image.Index] with one file per partition, under
// the file names that the container keeps, in place; Verify compares the two CRC16 of the header.
//
//	fsys, err := unisoc.Format().Open(r, size, budget)
//	f, err := fsys.Open("super.img")
//
// Limit: entries without content, orders to the flashing tool such as "erase", are not listed.
package unisoc

import (
	"io"
	"io/fs"
	"strings"
	"unicode/utf16"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes PAC.
func Format() image.Format {
	return image.Format{
		Name: "unisoc",
		Doc:  "PAC: Spreadtrum's and Unisoc's firmware container, BP_R1.0.0 and, with sizes of 64 bits, BP_R2.0.1.",
		Refs: []string{
			"https://github.com/HemanthJabalpuri/pacextractor (pacextractor.h, crc16.c)",
			"https://github.com/AndroidDumps/Firmware_extractor (tools/pacExtractor.py: BP_R2.0.1)",
			"https://github.com/ilyakurdyukov/spreadtrum_flash (unpac/unpac.c: what the checksums cover)",
			"https://github.com/armijnhemel/binaryanalysis-ng (src/bang/parsers/firmware/spreadtrum_pac/spreadtrum_pac.ksy)",
		},
		Limits: []string{
			"no image made by a device's vendor was met",
			"entries without content are not listed",
		},
		Sniff: sniff,
		Open:  open,
	}
}

// Figures of the format.
const (
	headerSize = 2124
	magicAt    = 2116
	magic      = 0xFFFAFFFA
	entrySize  = 2580
	entryUsed  = 1556    // bytes of an entry that are read
	maxEntry   = 1 << 16 // bytes
	maxEntries = 1 << 12
)

// header is what stands before all else, little endian:
//
//	  0 version, UTF-16[22]        1076 u32 entries
//	 44 u32 size, upper half       1080 u32 offset of the entries
//	 48 u32 size, lower half       2116 u32 magic number
//	 52 product, UTF-16[256]       2120 u16 CRC16 of what stands before
//	564 firmware, UTF-16[256]      2122 u16 CRC16 of what follows the header
type header struct {
	version string
	size    int64
	count   int64
	table   int64
	body    uint16
	head    uint16
}

func readHeader(r io.ReaderAt, size int64) (header, []byte, error) {
	raw, err := bin.ReadAt(r, size, 0, headerSize, headerSize)
	if err != nil {
		return header{}, nil, err
	}
	c := bin.Little(raw, 0)
	h := header{version: text(c.Bytes(44))}
	upper, lower := c.U32(), c.U32()
	c.Seek(1076)
	h.count, h.table = int64(c.U32()), int64(c.U32())
	c.Seek(magicAt)
	m := c.U32()
	h.head, h.body = c.U16(), c.U16()
	h.size = wide(upper, lower, size)
	if m != magic && !strings.HasPrefix(h.version, "BP_R") {
		return h, raw, image.Errorf(image.Malformed, magicAt, "neither a magic number nor a version")
	}
	if h.table < headerSize || h.count < 1 || h.count > maxEntries {
		return h, raw, image.Errorf(image.Malformed, 1076, "%d entries at %d", h.count, h.table)
	}
	return h, raw, nil
}

// wide puts a number of 64 bits together whose upper half is text or nothing in files of version 1: it counts
// where the whole fits into limit.
func wide(upper, lower uint32, limit int64) int64 {
	if v := int64(upper)<<32 | int64(lower); v >= 0 && v <= limit {
		return v
	}
	return int64(lower)
}

func sniff(r io.ReaderAt, size int64) bool {
	h, _, err := readHeader(r, size)
	if err != nil {
		return false
	}
	b, err := bin.ReadAt(r, size, h.table, 4, 4)
	if err != nil {
		return h.table == headerSize // cut there
	}
	n := bin.Little(b, h.table).U32()
	return n >= entryUsed && n <= maxEntry
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	h, raw, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	p := image.NewParts(r, size)
	checks(p, r, h, raw)
	if h.size > size {
		p.Miss("", image.Errorf(image.Truncated, size, "%d bytes stated, %d there", h.size, size))
	}
	type place struct {
		name      string
		off, size int64
	}
	seen := map[place]bool{}
	at := h.table
	for i := range h.count {
		e, err := readEntry(r, size, at)
		if err != nil {
			p.Miss("", err)
			if i == 0 && h.size <= size {
				return nil, err
			}
			break
		}
		at += e.length
		it := place{e.title(), e.off, e.size}
		if e.size == 0 || e.off == 0 || seen[it] {
			continue
		}
		seen[it] = true
		p.AddStretch(it.name, e.off, e.size, image.Attr{})
	}
	return p, nil
}

// entry is a file, little endian: u32 bytes of the entry, UTF-16 names id[256], file[256], unused[252], u32 upper
// halves of size and offset, u32 size, kind, needed, offset.
type entry struct {
	length   int64
	id, file string
	size     int64
	off      int64
}

func readEntry(r io.ReaderAt, size, at int64) (entry, error) {
	raw, err := bin.ReadAt(r, size, at, entryUsed, entryUsed)
	if err != nil {
		return entry{}, err
	}
	c := bin.Little(raw, at)
	e := entry{length: int64(c.U32())}
	if e.length < entryUsed || e.length > maxEntry {
		return e, image.Errorf(image.Malformed, at, "an entry of %d bytes", e.length)
	}
	e.id, e.file = text(c.Bytes(512)), text(c.Bytes(512))
	c.Skip(504)
	sizeUpper, offUpper, lower := c.U32(), c.U32(), c.U32()
	c.Skip(8)
	e.size, e.off = wide(sizeUpper, lower, size), wide(offUpper, c.U32(), size)
	return e, c.Err()
}

// title is the file's name, or the partition's where there is none.
func (e *entry) title() string {
	if e.file == "" {
		return e.id
	}
	return e.file
}

// text is UTF-16 up to the first zero.
func text(b []byte) string {
	var u []uint16
	for i := 0; i+1 < len(b); i += 2 {
		v := uint16(b[i]) | uint16(b[i+1])<<8
		if v == 0 {
			break
		}
		u = append(u, v)
	}
	return string(utf16.Decode(u))
}
