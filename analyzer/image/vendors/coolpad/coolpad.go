// Package coolpad reads CPB, the firmware container of Coolpad's phones.
//
// In: a .cpb file. Out: an [image.Index] with its members in place; Verify compares the checksum of each.
//
//	fsys, err := coolpad.Format().Open(r, size, budget)
//	f, err := fsys.Open("system.img")
//
// Limit: only version 1.7 is described; others are read if their table makes sense, hidden or not.
package coolpad

import (
	"bytes"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes CPB.
func Format() image.Format {
	return image.Format{
		Name: "coolpad",
		Doc:  "CPB: Coolpad's firmware container, of 1.7 with offsets and sizes hidden by a mask.",
		Refs: []string{
			"https://github.com/ColdWindScholar/MIO-KITCHEN-SOURCE (src/c_extension/cpb_file/cpbtool.c)",
		},
		Limits: []string{
			"no image made by a device's vendor was met",
			"of versions other than 1.7 no description was found",
		},
		Sniff: sniff,
		Open:  open,
	}
}

// Figures of the format.
const (
	headerSize = 552
	entrySize  = 76
	nameSize   = 64
	maxEntries = 500
)

// header, little endian: "CP", u8 major, minor; u16 masks[6]; 32 bytes; model[32], hardware[16], version[64],
// origin[256]; at 416 u32 end of the table; 128 bytes; at 548 u32 checksum.
type header struct {
	raw          []byte
	major, minor byte
	masks        [6]uint16
	end          int64
	sum          uint32
}

// entry: name[64], u32 offset, u32 size, u32 checksum.
type entry struct {
	raw       []byte // with offset and size as they are meant
	name      string
	off, size int64
	sum       uint32
}

func readHeader(r io.ReaderAt, size int64) (*header, error) {
	b, err := bin.ReadAt(r, size, 0, headerSize, headerSize)
	if err != nil {
		return nil, err
	}
	c := bin.Little(b, 0)
	h := &header{raw: b}
	tag := string(c.Bytes(2))
	h.major, h.minor = c.U8(), c.U8()
	for i := range h.masks {
		h.masks[i] = c.U16()
	}
	c.Seek(416)
	h.end = int64(c.U32())
	c.Seek(548)
	h.sum = c.U32()
	table := h.end - headerSize
	if tag != "CP" || h.major != 1 || h.minor > 32 || table <= 0 || table%entrySize != 0 || table/entrySize > maxEntries {
		return nil, image.Errorf(image.Malformed, 0, "%q %d.%d, a table of %d bytes", tag, h.major, h.minor, table)
	}
	for _, f := range [][]byte{b[48:80], b[80:96], b[96:160]} { // model, hardware, version
		if _, ok := text(f); !ok {
			return nil, image.Errorf(image.Malformed, 48, "a name that is not printable")
		}
	}
	return h, nil
}

// text is printable ASCII up to the first zero.
func text(b []byte) (string, bool) {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	for _, c := range b {
		if c < ' ' || c > '~' {
			return "", false
		}
	}
	return string(b), true
}

func sniff(r io.ReaderAt, size int64) bool {
	if b := bin.Head(r, size, 4); len(b) < 4 || string(b[:3]) != "CP\x01" {
		return false
	}
	h, err := readHeader(r, size)
	if err != nil {
		return false
	}
	_, err = readTable(r, size, h)
	return err == nil
}

// readTable reads the table with its offsets and sizes unmasked, or as they stand: that of the two which the
// checksum is of, else the one that makes sense.
func readTable(r io.ReaderAt, size int64, h *header) ([]entry, error) {
	b, err := bin.ReadAt(r, size, headerSize, h.end-headerSize, maxEntries*entrySize)
	if err != nil {
		return nil, err
	}
	unmasked, err := parseTable(bytes.Clone(b), h, true)
	if err == nil && tableSum(h, unmasked) == h.sum {
		return unmasked, nil
	}
	plain, perr := parseTable(b, h, false)
	if perr == nil && (err != nil || tableSum(h, plain) == h.sum) {
		return plain, nil
	}
	return unmasked, err
}

func parseTable(b []byte, h *header, masked bool) ([]entry, error) {
	mask := h.mask()
	var out []entry
	for i := 0; len(b) >= entrySize; i++ {
		e := entry{raw: b[:entrySize]}
		b = b[entrySize:]
		if masked {
			unmask(e.raw[nameSize:nameSize+4], i, mask)
			unmask(e.raw[nameSize+4:nameSize+8], i, mask)
		}
		at := headerSize + int64(i)*entrySize
		c := bin.Little(e.raw, at)
		var ok bool
		if e.name, ok = text(c.Bytes(nameSize)); !ok || e.name == "" {
			return nil, image.Errorf(image.Malformed, at, "entry %d has no name", i)
		}
		e.off, e.size, e.sum = int64(c.U32()), int64(c.U32()), c.U32()
		if e.size > 0 && (e.off < h.end || i == 0 && e.off > h.end+1<<20) {
			return nil, image.Errorf(image.Malformed, at+nameSize, "%s lies at %d, the table ends at %d", e.name, e.off, h.end)
		}
		out = append(out, e)
	}
	return out, nil
}

// mask is what hides offsets and sizes: a fifth of the sum of the six numbers, less the fourth and the fifth.
func (h *header) mask() uint32 {
	var sum uint32
	for _, m := range h.masks {
		sum += uint32(m)
	}
	mean := sum / 5 & 0xFFFF
	return mean - uint32(h.masks[3]) | (mean-uint32(h.masks[4]))<<16
}

// unmask turns a masked number of entry i into what is meant, and back.
func unmask(b []byte, i int, mask uint32) {
	for k, shift := range [4]int{16, 24, 0, 8} {
		b[k] ^= byte(i) + byte(mask>>shift)
	}
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	h, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	p := image.NewParts(r, size)
	entries, err := readTable(r, size, h)
	if err != nil {
		return nil, err
	}
	checkTable(p, h, entries)
	for _, e := range entries {
		if name := p.AddStretch(e.name, e.off, e.size, image.Attr{}); name != "" && e.size > 0 {
			laterSum(p, name, r, e)
		}
	}
	return p, nil
}
