// Package nb0 reads .nb0, a container of Foxconn's phones: Nokia, Sharp, InFocus, Acer, ViewSonic.
//
// In: a file that starts with a table of names, offsets and sizes. Out: an [image.Index] with its members in place.
//
//	fsys, err := nb0.Format().Open(r, size, budget)
//	f, err := fsys.Open("system.img")
//
// Limit: there is no magic number and no checksum; what is recognised is a table that describes the file exactly.
package nb0

import (
	"bytes"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes .nb0.
func Format() image.Format {
	return image.Format{
		Name: "nb0",
		Doc:  "nb0: the container of Foxconn-built phones (Nokia, Sharp, InFocus, Acer), a table and the files it describes.",
		Refs: []string{
			"https://github.com/armijnhemel/binaryanalysis-ng (src/bang/parsers/firmware/nb0/nb0.ksy)",
			"https://github.com/yohanes/Acer-BeTouch-E130-RUT (nb0.h, nb0.c)",
			"https://github.com/ColdWindScholar/MIO-KITCHEN-SOURCE (src/core/nb0_extractor.py)",
		},
		Limits: []string{
			"no image made by a device's vendor was met",
			"a file of less than three members is recognised only if it is whole",
			"the .nb0 of Windows CE is a memory image and another thing",
		},
		Sniff: sniff,
		Open:  open,
	}
}

// The file, little endian: u32 entries; the entries, each u32 offset behind the table, u32 size, two u32 of unknown
// meaning, name[48] padded with zeros or spaces; the files.
const (
	entrySize  = 64
	nameSize   = 48
	maxEntries = 1024
	maxGap     = 4096 // bytes of padding between two files, or behind the last
	manyFiles  = 3    // so many in a row are no coincidence, even if the file is cut
)

type entry struct {
	name      string
	off, size int64 // off in the file
}

func sniff(r io.ReaderAt, size int64) bool {
	b := bin.Head(r, size, 4+entrySize)
	if len(b) < 4+entrySize {
		return false
	}
	c := bin.Little(b, 0)
	n, off := c.U32(), c.U32()
	if n == 0 || n > maxEntries || off > maxGap {
		return false
	}
	entries, err := read(r, size)
	if err != nil {
		return false
	}
	last := entries[len(entries)-1]
	rest := size - last.off - last.size
	return rest >= 0 && rest <= maxGap || rest < 0 && len(entries) >= manyFiles
}

// read reads the table and refuses one that is not plausible: names are printable, files follow each other.
func read(r io.ReaderAt, size int64) ([]entry, error) {
	b, err := bin.ReadAt(r, size, 0, 4, 4)
	if err != nil {
		return nil, err
	}
	n := int64(bin.Little(b, 0).U32())
	if n == 0 || n > maxEntries {
		return nil, image.Errorf(image.Malformed, 0, "%d entries", n)
	}
	base := 4 + n*entrySize
	if b, err = bin.ReadAt(r, size, 0, base, base); err != nil {
		return nil, err
	}
	c := bin.Little(b, 0)
	c.Skip(4)
	out := make([]entry, n)
	end := base
	for i := range out {
		e := &out[i]
		e.off, e.size = base+int64(c.U32()), int64(c.U32())
		c.Skip(8)
		var ok bool
		if e.name, ok = text(c.Bytes(nameSize)); !ok {
			return nil, image.Errorf(image.Malformed, 4+int64(i)*entrySize+16, "no name")
		}
		if e.off < end || e.off > end+maxGap {
			return nil, image.Errorf(image.Malformed, 4+int64(i)*entrySize, "%s lies at %d, the file before it ends at %d", e.name, e.off, end)
		}
		end = e.off + e.size
	}
	if end == base {
		return nil, image.Errorf(image.Malformed, 0, "files of nothing")
	}
	return out, c.Err()
}

// text is a name of printable ASCII up to the first zero, without spaces at its end.
func text(b []byte) (string, bool) {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	b = bytes.TrimRight(b, " ")
	for _, c := range b {
		if c < ' ' || c > '~' {
			return "", false
		}
	}
	return string(b), len(b) > 0
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	entries, err := read(r, size)
	if err != nil {
		return nil, err
	}
	p := image.NewParts(r, size)
	for _, e := range entries {
		p.AddStretch(e.name, e.off, e.size, image.Attr{})
	}
	return p, nil
}
