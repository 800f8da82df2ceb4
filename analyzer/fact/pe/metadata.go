package pe

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/saferwall/pe"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// maxStreams bounds the streams of the metadata; there are five kinds.
const maxStreams = 16

// checkMetadata decides whether the metadata is fit to be read: the rows its tables claim fit in the table
// stream. The library makes room for all rows claimed before it looks at the first. ECMA-335 II.24.2.
func checkMetadata(f *pe.File, data []byte) error {
	md := f.CLR.CLRHeader.MetaData
	root := f.GetOffsetFromRva(md.VirtualAddress)
	if uint64(root) >= uint64(len(data)) {
		return image.Errorf(image.Malformed, int64(root), "metadata outside the file")
	}
	c := bin.Little(data[root:], int64(root))
	c.Skip(12)
	c.Skip(int(c.U32()))
	c.Skip(2)
	streams := int(c.U16())
	if err := c.Err(); err != nil {
		return err
	}
	if streams > maxStreams {
		return image.Errorf(image.Malformed, int64(root), "%d metadata streams", streams)
	}
	for range streams {
		off, size := c.U32(), c.U32()
		name := ""
		for len(name) < 32 && c.Err() == nil {
			part := c.Bytes(4)
			name += string(part)
			if bytes.IndexByte(part, 0) >= 0 {
				break
			}
		}
		if err := c.Err(); err != nil {
			return err
		}
		name = strings.TrimRight(name, "\x00")
		if name != "#~" && name != "#-" {
			continue
		}
		if err := checkRows(data, uint64(f.GetOffsetFromRva(md.VirtualAddress+off)), uint64(size)); err != nil {
			return err
		}
	}
	return nil
}

// checkRows compares the row counts of the table stream at off with its size; a row takes two bytes at least.
func checkRows(data []byte, off, size uint64) error {
	if off+size > uint64(len(data)) || size < 24 {
		return image.Errorf(image.Malformed, int64(off), "table stream of %d bytes", size)
	}
	c := bin.Little(data[off:off+size], int64(off))
	c.Skip(8)
	valid := c.U64()
	c.Skip(8)
	rows := uint64(0)
	for i := range 64 {
		if valid>>i&1 != 0 {
			rows += uint64(c.U32())
		}
	}
	if err := c.Err(); err != nil {
		return err
	}
	if rows*2 > size {
		return image.Errorf(image.Malformed, int64(off), "%d metadata rows in %d bytes", rows, size)
	}
	return nil
}

// maxName bounds an assembly name.
const maxName = 1024

// assembly returns the name in the one row of the Assembly table.
func assembly(f *pe.File) string {
	t := f.CLR.MetadataTables[pe.Assembly]
	if t == nil {
		return ""
	}
	rows, ok := t.Content.([]pe.AssemblyTableRow)
	if !ok || len(rows) == 0 {
		return ""
	}
	heap := f.CLR.MetadataStreams["#Strings"]
	if uint64(rows[0].Name) >= uint64(len(heap)) {
		return ""
	}
	name, _, ok := bytes.Cut(heap[rows[0].Name:], []byte{0})
	if !ok || len(name) > maxName {
		return ""
	}
	return clean(string(name))
}

// userStrings reads the #US heap: blobs of UTF-16 and one more byte that says whether it holds characters
// beyond ASCII. ECMA-335 II.24.2.4.
func userStrings(f *pe.File, data []byte) *fact.Table {
	heap := f.CLR.MetadataStreams["#US"]
	if len(heap) == 0 {
		return nil
	}
	base := 0
	for _, s := range f.CLR.MetadataStreamHeaders {
		if s.Name == "#US" {
			base = int(f.GetOffsetFromRva(f.CLR.CLRHeader.MetaData.VirtualAddress + s.Offset))
		}
	}
	type entry struct {
		text string
		at   int
	}
	var list []entry
	for i := 1; i < len(heap); {
		n, width := blobLength(heap[i:])
		if width == 0 || n > len(heap)-i-width {
			break
		}
		i += width
		if n >= 3 {
			list = append(list, entry{narrow(heap[i : i+n&^1]), base + i})
		}
		i += n
	}
	slices.SortStableFunc(list, func(a, b entry) int {
		return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.at, b.at))
	})
	t := &fact.Table{
		Kind: "string", Column: "value", Common: fact.F("source", "managed", "recovered", "plain"), Members: []string{"#US"},
	}
	for i, e := range list {
		if i == 0 || e.text != list[i-1].text {
			t.Values = append(t.Values, e.text)
			t.Starts = append(t.Starts, uint32(len(t.Sites)))
		}
		t.Sites = append(t.Sites, fact.Site{Offset: uint32(e.at)})
	}
	t.Starts = append(t.Starts, uint32(len(t.Sites)))
	if len(t.Values) == 0 {
		return nil
	}
	return t
}

// blobLength reads a compressed length of one, two or four bytes; width 0 where there is none.
func blobLength(b []byte) (n, width int) {
	switch c := b[0]; {
	case c&0x80 == 0:
		return int(c), 1
	case c&0xc0 == 0x80 && len(b) >= 2:
		return int(c&0x3f)<<8 | int(b[1]), 2
	case c&0xe0 == 0xc0 && len(b) >= 4:
		return int(binary.BigEndian.Uint32(b) & 0x1fffffff), 4
	}
	return 0, 0
}

// narrow returns UTF-16 as UTF-8; a lone surrogate becomes U+FFFD.
func narrow(b []byte) string {
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	return string(utf16.Decode(units))
}
