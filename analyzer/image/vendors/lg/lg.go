// Package lg reads KDZ, the outer container of LG's firmware.
//
// In: a .kdz file of version 1, 2 or 3. Out: an [image.Index] with its members in place: the .dz with the
// partitions, which is a format of its own, and the flashing tool's libraries.
//
//	fsys, err := lg.Format().Open(r, size, budget)
//	f, err := fsys.Open("H90120e_00.dz")
//
// Limit: the encrypted KDZ of phones before 2013 is not recognised.
package lg

import (
	"bytes"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes KDZ.
func Format() image.Format {
	return image.Format{
		Name: "kdz",
		Doc:  "KDZ: the outer container of LG's firmware, around a DZ with the partitions and libraries of the flashing tool.",
		Refs: []string{
			"https://github.com/ehem/kdztools (libexec/kdz.py, unkdz.py)",
			"https://github.com/DTRHnet/Shell-Scripts (LM-G710AWM_extract.-fw.py, after Isaac Garzon: the three versions, the maps of version 3)",
			"https://github.com/ehem/kdztools/issues/24 (an encrypted KDZ)",
		},
		Limits: []string{
			"no image made by a device's vendor was met",
			"the signed table of partitions between header and members is not read",
			"the encrypted KDZ of phones before 2013 is not recognised",
		},
		Sniff: sniff,
		Open:  open,
	}
}

// Magic numbers of the versions; the first word of all is the size of the header.
const (
	magic1 = 0x50447932
	magic2 = 0x80253134
	magic3 = 0x25223824

	size1 = 1304
	size2 = 1320 // of version 3 too
)

func sniff(r io.ReaderAt, size int64) bool {
	b := bin.Head(r, size, 8)
	if len(b) < 8 {
		return false
	}
	return version(b) > 0
}

func version(b []byte) int {
	c := bin.Little(b, 0)
	n, m := c.U32(), c.U32()
	switch {
	case n == size1 && m == magic1:
		return 1
	case n == size2 && m == magic2:
		return 2
	case n == size2 && m == magic3:
		return 3
	}
	return 0
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	head := bin.Head(r, size, size2)
	if len(head) < 8 || version(head) == 0 {
		return nil, image.Errorf(image.Malformed, 0, "no magic number of a KDZ")
	}
	v := version(head)
	p := image.NewParts(r, size)
	if v == 1 {
		head = head[:min(len(head), size1)]
	}
	c := bin.Little(head, 0)
	c.Skip(8)
	for i := range 4 {
		if v == 1 && i == 2 {
			break
		}
		if i == 2 {
			c.Skip(1) // 0 or 3
		}
		m := member{name: text(c.Bytes(256))}
		if v == 1 {
			m.size, m.off = uint64(c.U32()), uint64(c.U32())
		} else {
			m.size, m.off = c.U64(), c.U64()
		}
		if err := c.Err(); err != nil {
			p.Miss("", err)
			return p, nil
		}
		m.add(p)
	}
	if v == 3 {
		maps(p, c)
	}
	return p, nil
}

// maps lists what version 3 adds: which variants of a phone the file is for.
func maps(p *image.Parts, c *bin.Cursor) {
	c.Skip(4 + 5 + 8) // size of another table, a tag, sum of the sizes
	for _, name := range []string{"suffix_map", "sku_map", "extended_sku_map"} {
		if name == "extended_sku_map" {
			c.Skip(32) // a model's name
		}
		m := member{name: name, off: c.U64(), size: uint64(c.U32())}
		if err := c.Err(); err != nil {
			p.Miss(name, err)
			return
		}
		m.add(p)
	}
}

type member struct {
	name      string
	off, size uint64
}

func (m member) add(p *image.Parts) {
	switch {
	case m.size == 0:
	case m.off > 1<<62 || m.size > 1<<62:
		p.Miss(m.name, image.Errorf(image.Malformed, -1, "%d bytes at %d", m.size, m.off))
	default:
		p.AddStretch(m.name, int64(m.off), int64(m.size), image.Attr{})
	}
}

// text is a name up to its first zero.
func text(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}
