// Package dtb lists tables of device trees in place: dtbo images of Android and the QCDT of Qualcomm devices.
//
// In: a table with the trees behind it. Out: an [image.Index] with one file for each tree, 00.dtbo, named after the
// first entry that uses it; which entries that are and what they are for is in its [image.Attr].Note.
//
//	fsys, err := dtb.Format().Open(r, size, budget)
//	f, err := fsys.Open("00.dtbo")
//
// Limit: the trees themselves are not opened.
package dtb

import (
	"fmt"
	"io"
	"io/fs"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes tables of device trees.
func Format() image.Format {
	return image.Format{
		Name: "dtb",
		Doc:  "Table of device trees: dtbo.img of devices since Android 9, QCDT in the boot images of older Qualcomm ones.",
		Refs: []string{
			"AOSP system/libufdt/utils/src/dt_table.h",
			"CAF device/qcom/common/dtbtool/dtbtool.txt",
		},
		Limits: []string{
			"trees that the table keeps compressed are listed as they are",
			"the tables of Samsung's Exynos (DTBH), Unisoc and Amlogic are not read",
		},
		Sniff: sniff,
		Open:  open,
	}
}

const (
	tableMagic = "\xD7\xB7\xAB\x1E"
	qcMagic    = "QCDT"
	headerSize = 32
	maxEntries = 4096
)

// table is where the entries lie.
type table struct {
	kind    string // how files are called: "dtbo"
	at      int64
	stride  int64
	count   int64
	version uint32
	parse   func(raw []byte, version uint32) row
}

// row is one entry.
type row struct {
	off, size int64
	what      string // what the entry is for
}

func sniff(r io.ReaderAt, size int64) bool {
	_, err := parseHeader(r, size)
	return err == nil
}

func open(r io.ReaderAt, size int64, _ *image.Budget) (fs.FS, error) {
	t, err := parseHeader(r, size)
	if err != nil {
		return nil, err
	}
	raw, err := bin.ReadAt(r, size, t.at, t.count*t.stride, 1<<24)
	if err != nil {
		return nil, err
	}
	type place struct{ off, size int64 }
	trees := map[place][]string{} // what the entries of a tree are for
	first := map[place]int64{}
	var order []place
	for i := range t.count {
		e := t.parse(raw[i*t.stride:], t.version)
		p := place{e.off, e.size}
		if len(trees[p]) == 0 {
			order = append(order, p)
			first[p] = i
		}
		trees[p] = append(trees[p], fmt.Sprintf("entry %d: %s", i, e.what))
	}
	x := image.NewIndex()
	for _, p := range order {
		name := fmt.Sprintf("%02d.%s", first[p], t.kind)
		if p.off > size || p.size > size-p.off {
			x.Miss(name, image.Errorf(image.Truncated, p.off, "%d bytes stated, %d there", p.size, max(size-p.off, 0)))
		}
		data := image.NewSection(r, p.off, p.size)
		e := image.Entry{Mode: 0o444, Size: p.size, Attr: image.Attr{Offset: p.off, Note: strings.Join(trees[p], "; ")}}
		e.Open = func() (io.ReaderAt, error) { return data, nil }
		if err := x.Add(name, e); err != nil {
			x.Miss(name, err)
		}
	}
	return x, nil
}

// parseHeader finds the table and makes sure that all of it is there.
func parseHeader(r io.ReaderAt, size int64) (*table, error) {
	head, err := bin.ReadAt(r, size, 0, headerSize, headerSize)
	if err != nil {
		return nil, err
	}
	var t *table
	switch {
	case string(head[:4]) == tableMagic:
		t = parseTable(head)
	case string(head[:4]) == qcMagic:
		t = parseQC(head)
	}
	if t == nil {
		return nil, image.Errorf(image.Malformed, 0, "no table of device trees")
	}
	if t.count > maxEntries || t.at > size || t.count*t.stride > size-t.at {
		return nil, image.Errorf(image.Malformed, 0, "%d entries of %d bytes in %d bytes", t.count, t.stride, size)
	}
	return t, nil
}

// parseTable reads the header of dt_table.h, big-endian; nil for sizes smaller than its structs.
func parseTable(head []byte) *table {
	c := bin.Big(head, 0)
	c.Skip(8)
	headerLen, stride, count, at := c.U32(), c.U32(), c.U32(), c.U32()
	c.Skip(4)
	t := &table{kind: "dtbo", at: int64(at), stride: int64(stride), count: int64(count), version: c.U32(), parse: parseEntry}
	if headerLen < headerSize || stride < headerSize || stride > 1<<12 || at < headerSize || t.version > 1 {
		return nil
	}
	return t
}

// parseEntry reads size, offset, id, revision and four words of the maker's; of these the first are flags in
// version 1, whose lowest bits name a compression.
func parseEntry(raw []byte, version uint32) row {
	c := bin.Big(raw, 0)
	e := row{size: int64(c.U32()), off: int64(c.U32())}
	e.what = fmt.Sprintf("id 0x%x rev 0x%x", c.U32(), c.U32())
	words := []uint32{c.U32(), c.U32(), c.U32(), c.U32()}
	if version >= 1 {
		switch words[0] & 0xF {
		case 0:
		case 1:
			e.what += " zlib"
		case 2:
			e.what += " gzip"
		default:
			e.what += fmt.Sprintf(" compression %d", words[0]&0xF)
		}
		words = words[1:]
	}
	e.what += fmt.Sprintf(" custom %x", words)
	return e
}

// parseQC reads the header of QCDT, little-endian; nil for an unknown version.
func parseQC(head []byte) *table {
	c := bin.Little(head, 0)
	c.Skip(4)
	version, count := c.U32(), c.U32()
	strides := []int64{1: 20, 2: 24, 3: 40}
	if version < 1 || version > 3 {
		return nil
	}
	return &table{kind: "dtb", at: 12, stride: strides[version], count: int64(count), version: version, parse: parseQCEntry}
}

// parseQCEntry reads platform, variant, since version 2 subtype, SoC revision, since version 3 four power chips, then
// offset and size.
func parseQCEntry(raw []byte, version uint32) row {
	c := bin.Little(raw, 0)
	words := []int{1: 3, 2: 4, 3: 8}[version]
	var ids []uint32
	for range words {
		ids = append(ids, c.U32())
	}
	return row{what: fmt.Sprintf("platform %d variant 0x%x more %x", ids[0], ids[1], ids[2:]), off: int64(c.U32()), size: int64(c.U32())}
}
