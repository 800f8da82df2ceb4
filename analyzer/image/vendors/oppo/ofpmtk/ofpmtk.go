// Package ofpmtk reads OFP, the factory firmware of Oppo and Realme phones, of those with MediaTek processors.
//
// In: an .ofp file. Out: an [image.Parts] of its files. The start of most is encrypted, and decrypted as it is read
// with a key from the run's key file; without one these files are gaps, and the others are read.
//
//	fsys, err := ofpmtk.Format().Open(r, size, budget)
//	f, err := fsys.Open("super.img")
//
// Limit: the checksums in the table are not compared: how they are made is not documented.
package ofpmtk

import (
	"fmt"
	"io"
	"io/fs"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
	"romscan/analyzer/image/locked"
)

// Format describes OFP for MediaTek.
func Format() image.Format {
	return image.Format{
		Name: "ofp-mtk",
		Doc:  "OFP: factory firmware of Oppo and Realme phones with MediaTek processors, files whose start is encrypted (AES-128-CFB); with --keys, `ofp-mtk MASK KEY IV` (or `ofp-mtk KEY IV`, unmasked).",
		Refs: []string{"https://github.com/bkerler/oppo_decrypt (ofp_mtk_decrypt.py)"},
		Limits: []string{
			"no keys are shipped",
			"no file made by the vendor was met",
			"checksums are not compared: how they are made is not documented",
		},
		Sniff: sniff,
		Open:  open,
	}
}

// minSize spares small files that their end is read, which of a compressed one means all of it; a phone's firmware has
// a hundred times as much.
const minSize = 1 << 20

func sniff(r io.ReaderAt, size int64) bool {
	if size < minSize {
		return false
	}
	_, err := readHeader(r, size)
	return err == nil
}

// mask is what header and table are written with, after the two halves of each byte were swapped. It is the same in
// all files and hides nothing but their structure.
const mask = "geyixue"

func unmask(b []byte) {
	for i, v := range b {
		b[i] = v<<4 | v>>4 ^ mask[i%len(mask)]
	}
}

const (
	headerSize = 0x6C // at the end of the file
	entrySize  = 0x60
	maxEntries = 4096 // files of a phone: some hundreds
)

// header is the end of the file.
type header struct {
	project, processor, flash string
	at                        int64 // of the table
	entries                   int
}

func readHeader(r io.ReaderAt, size int64) (header, error) {
	raw, err := bin.ReadAt(r, size, size-headerSize, headerSize, headerSize)
	if err != nil {
		return header{}, err
	}
	unmask(raw)
	h := header{project: text(raw[:46]), processor: text(raw[60:67]), flash: text(raw[67:72])}
	h.entries = int(raw[72]) | int(raw[73])<<8
	h.at = size - headerSize - int64(h.entries)*entrySize
	if !strings.HasPrefix(h.processor, "MT") || h.entries == 0 || h.entries > maxEntries || h.at < 0 {
		return h, image.Errorf(image.Malformed, size-headerSize, "no header of OFP for MediaTek")
	}
	return h, nil
}

// text returns what is before the first NUL, "" where that is no text.
func text(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return ""
		}
	}
	return s
}

// entry is one file of the table.
type entry struct {
	label, name              string
	start, length, encrypted uint64
}

func readEntry(b []byte) entry {
	c := bin.Little(b, 0)
	e := entry{label: text(c.Bytes(32))}
	e.start, e.length, e.encrypted = c.U64(), c.U64(), c.U64()
	e.name = text(c.Bytes(32))
	if e.name == "" {
		e.name = e.label
	}
	return e
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	h, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	table, err := bin.ReadAt(r, size, h.at, int64(h.entries)*entrySize, maxEntries*entrySize)
	if err != nil {
		return nil, err
	}
	unmask(table)
	x := image.NewParts(r, size)
	k := findKey(r, size, h, b.Keys)
	for ; len(table) > 0; table = table[entrySize:] {
		e := readEntry(table[:entrySize])
		switch {
		case e.start > uint64(size) || e.length > 1<<40 || e.encrypted > e.length:
			x.Miss(e.name, image.Errorf(image.Malformed, h.at, "%d bytes at %d, %d of them encrypted", e.length, e.start, e.encrypted))
		case e.encrypted == 0 || e.start == uint64(size):
			x.AddStretch(e.name, int64(e.start), int64(e.length), image.Attr{Note: e.note()})
		case k.err != nil:
			x.Miss(e.name, k.err)
		default:
			k.add(x, e, r, size)
		}
	}
	return x, nil
}

// note tells the partition, where the file is called otherwise.
func (e entry) note() string {
	stem, _, _ := strings.Cut(e.name, ".")
	if e.label == "" || strings.EqualFold(stem, e.label) {
		return ""
	}
	return fmt.Sprintf("partition %s", e.label)
}

// add lists a file whose start is encrypted.
func (k key) add(x *image.Parts, e entry, r io.ReaderAt, size int64) {
	start, length, encrypted := int64(e.start), int64(e.length), int64(e.encrypted)
	if there := size - start; length > there {
		x.Miss(e.name, image.Errorf(image.Truncated, size, "%d bytes stated, %d there", length, there))
		length, encrypted = there, min(encrypted, there)
	}
	s := image.NewSpace(length)
	err := s.Place(0, encrypted, locked.CFB(k.block, k.iv, image.NewSection(r, start, encrypted), encrypted))
	if err == nil {
		err = s.Place(encrypted, length-encrypted, image.NewSection(r, start+encrypted, length-encrypted))
	}
	if err != nil {
		x.Miss(e.name, err)
		return
	}
	attr := image.Attr{Offset: start, Note: locked.Note(k.key)}
	if note := e.note(); note != "" {
		attr.Note += ", " + note
	}
	x.AddFile(e.name, image.Entry{Mode: 0o444, Size: length, Attr: attr, Open: func() (io.ReaderAt, error) { return s, nil }})
}
