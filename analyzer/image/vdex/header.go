package vdex

import (
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	magic       = "vdex"
	maxDex      = 1 << 12
	dexHeader   = 0x70
	cdexHeader  = 0x88
	maxSections = 64
)

// Versions between which the layout changed, from the history of vdex_file.h.
const (
	firstKnown    = 6
	lastPlain     = 10 // one header
	firstSplit    = 19 // verifier dependencies and the DEX section have headers and versions of their own
	firstStrings  = 21 // checksums of the boot class path and the class loader context
	firstSections = 27 // a table of sections
)

// Dex is one of the DEX files inside.
type Dex struct {
	Offset   int64  // in the file
	Size     int64  // as its header states it; of a compact DEX without the data
	Checksum uint32 // crc32 of the DEX in its app or jar
	Compact  bool
	Data     Range // what a compact DEX shares with the others

	table uint32 // where its quickening table begins
}

// Range is a stretch of the file, in bytes.
type Range struct{ Offset, Size int64 }

// File is what a .vdex says of itself.
type File struct {
	Version int // 19 for "019"
	HasDex  bool
	Dex     []Dex
	Quick   Range // what says how to turn instructions back
}

// number reads three digits and a zero; -1 for anything else.
func number(b []byte) int {
	n := 0
	for _, c := range b[:3] {
		if c < '0' || c > '9' {
			return -1
		}
		n = 10*n + int(c-'0')
	}
	if b[3] != 0 {
		return -1
	}
	return n
}

// Parse reads the headers of a .vdex. What was read before an error is returned beside it; nil, where that is nothing.
func Parse(r io.ReaderAt, size int64) (*File, error) {
	head := bin.Head(r, size, 12+12*maxSections)
	if len(head) < 12 || string(head[:4]) != magic || number(head[4:8]) < 0 {
		return nil, image.Errorf(image.Malformed, 0, "no vdex header")
	}
	f := &File{Version: number(head[4:8])}
	p := &parser{File: f, r: r, size: size, c: bin.Little(head, 0)}
	p.c.Skip(8)
	switch v := f.Version; {
	case v >= firstSections:
		return f, p.sections()
	case v >= firstSplit:
		return f, p.split(number(head[8:12]))
	case v >= firstKnown && v <= lastPlain:
		return f, p.plain()
	}
	return nil, image.Errorf(image.Unsupported, 4, "vdex version %03d", f.Version)
}

type parser struct {
	*File
	r    io.ReaderAt
	size int64
	c    *bin.Cursor
	sums []byte // of the DEX files, four bytes each
}

func (p *parser) checksums(at int64, count uint32) error {
	if count > maxDex {
		return image.Errorf(image.Malformed, at, "%d DEX files", count)
	}
	var err error
	p.sums, err = bin.ReadAt(p.r, p.size, at, 4*int64(count), 4*maxDex)
	return err
}

// plain reads versions 006 to 010: checksums, DEX files, dependencies, quickening.
func (p *parser) plain() error {
	count := p.c.U32()
	dex, deps, quick := int64(p.c.U32()), int64(p.c.U32()), int64(p.c.U32())
	if err := p.c.Err(); err != nil {
		return err
	}
	at := int64(p.c.Pos())
	if err := p.checksums(at, count); err != nil {
		return err
	}
	at += 4 * int64(count)
	p.HasDex = dex > 0
	p.Quick = Range{at + dex + deps, quick}
	return p.list(at, dex, 0)
}

// split reads versions 019 to 026. A DEX section without version has no header either.
func (p *parser) split(section int) error {
	p.c.Skip(4)
	count, deps := p.c.U32(), int64(p.c.U32())
	if p.Version >= firstStrings {
		p.c.Skip(8)
	}
	if err := p.c.Err(); err != nil {
		return err
	}
	at := int64(p.c.Pos())
	if err := p.checksums(at, count); err != nil {
		return err
	}
	at += 4 * int64(count)
	switch section {
	case 0:
		return nil
	case 2:
	default:
		return image.Errorf(image.Unsupported, 8, "DEX section of version %03d", section)
	}
	head, err := bin.ReadAt(p.r, p.size, at, 12, 12)
	if err != nil {
		return err
	}
	c := bin.Little(head, at)
	dex, shared, quick := int64(c.U32()), int64(c.U32()), int64(c.U32())
	at += 12
	p.HasDex = dex > 0
	p.Quick = Range{at + dex + shared + deps, quick}
	return p.list(at, dex, 4) // the offset of its quickening table stands before each DEX
}

// Kinds of sections.
const (
	kindChecksums = 0
	kindDex       = 1
)

// sections reads versions from 027 on, which do not rewrite instructions.
func (p *parser) sections() error {
	count := p.c.U32()
	if count > maxSections {
		return image.Errorf(image.Malformed, 8, "%d sections", count)
	}
	var sums, dex Range
	for range count {
		kind, at, n := p.c.U32(), int64(p.c.U32()), int64(p.c.U32())
		switch kind {
		case kindChecksums:
			sums = Range{at, n}
		case kindDex:
			dex = Range{at, n}
		}
	}
	if err := p.c.Err(); err != nil {
		return err
	}
	if err := p.checksums(sums.Offset, uint32(sums.Size/4)); err != nil {
		return err
	}
	p.HasDex = dex.Size > 0
	return p.list(dex.Offset, dex.Size, 0)
}

// list finds the DEX files in the size bytes at a place: one after the other, aligned to four bytes, with a number of bytes
// before each.
func (p *parser) list(at, size, before int64) error {
	if size == 0 {
		return nil
	}
	end := at + size
	for i := 0; i < len(p.sums)/4; i++ {
		at += before
		head, err := bin.ReadAt(p.r, p.size, at, dexHeader, dexHeader)
		if err != nil {
			return err
		}
		h := bin.Little(head, at)
		d := Dex{Offset: at, Compact: string(head[:4]) == "cdex"}
		if string(head[:4]) != "dex\n" && !d.Compact {
			return image.Errorf(image.Malformed, at, "no DEX where one is to be")
		}
		h.Seek(32)
		d.Size = int64(h.U32())
		h.Seek(104)
		d.Data = Range{Size: int64(h.U32())}
		d.Data.Offset = at + int64(h.U32())
		d.Checksum = bin.Little(p.sums[4*i:], 0).U32()
		if before > 0 {
			word, err := bin.ReadAt(p.r, p.size, at-4, 4, 4)
			if err != nil {
				return err
			}
			d.table = bin.Little(word, 0).U32()
		}
		if d.Size < dexHeader || d.Size > end-at {
			return image.Errorf(image.Malformed, at, "a DEX of %d bytes in %d", d.Size, end-at)
		}
		if d.Compact && (d.Size < cdexHeader || d.Data.Offset > p.size || d.Data.Size > p.size-d.Data.Offset) {
			return image.Errorf(image.Truncated, at, "the data of a compact DEX lie outside the file")
		}
		p.Dex = append(p.Dex, d)
		at = (at + d.Size + 3) &^ 3
	}
	return nil
}
