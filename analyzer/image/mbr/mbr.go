// Package mbr reads disk images with an MBR partition table.
//
// In: a disk image. Out: an [image.Parts] with one file a partition, "partition-1.img", in place.
//
//	fsys, err := mbr.Format().Open(r, size, budget)
//
// Limit: the table has no checksum; a first sector counts as one if all its entries make sense.
package mbr

import (
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes MBR partition tables.
func Format() image.Format {
	return image.Format{
		Name: "mbr",
		Doc:  "Disk with an MBR partition table: old eMMC dumps, SD cards, Android-x86 disks.",
		Refs: []string{"https://en.wikipedia.org/wiki/Master_boot_record"},
		Limits: []string{
			"sectors of 512 bytes only",
			"a table with one entry for the whole disk (protective, of a GPT) is left to gpt",
		},
		Sniff: func(r io.ReaderAt, size int64) bool { return len(entries(r, size, 0)) > 0 },
		Open:  open,
	}
}

const (
	sector     = 512
	maxLogical = 128
)

// entry is a partition, in sectors.
type entry struct {
	kind         byte
	start, count int64
}

func (e entry) extended() bool { return e.kind == 0x05 || e.kind == 0x0F || e.kind == 0x85 }

// entries reads the table in one sector, or nothing where it is none: no signature, an impossible flag, partitions
// that begin outside of the disk or overlap.
func entries(r io.ReaderAt, size, at int64) []entry {
	if size < 2*sector || at < 0 || at > size-sector {
		return nil
	}
	b := make([]byte, sector)
	if n, _ := r.ReadAt(b, at); n < sector || b[510] != 0x55 || b[511] != 0xAA {
		return nil
	}
	var out []entry
	for i := range 4 {
		raw := b[446+16*i:][:16]
		e := entry{raw[4], int64(binary.LittleEndian.Uint32(raw[8:])), int64(binary.LittleEndian.Uint32(raw[12:]))}
		switch {
		case raw[0]&0x7F != 0:
			return nil
		case e.kind == 0:
			if e.start != 0 || e.count != 0 {
				return nil
			}
			continue
		case e.kind == 0xEE || e.start == 0 || e.count == 0 || at == 0 && e.start >= size/sector:
			return nil
		}
		for _, o := range out {
			if at == 0 && e.start < o.start+o.count && o.start < e.start+e.count {
				return nil
			}
		}
		out = append(out, e)
	}
	return out
}

func open(r io.ReaderAt, size int64, _ *image.Budget) (fs.FS, error) {
	list := entries(r, size, 0)
	if len(list) == 0 {
		return nil, image.Errorf(image.Malformed, 446, "no partition table")
	}
	x := image.NewParts(r, size)
	logical := 5
	for i, e := range list {
		if !e.extended() {
			x.AddStretch(fmt.Sprintf("partition-%d.img", i+1), e.start*sector, e.count*sector, image.Attr{})
			continue
		}
		logical = chain(x, r, size, e.start, logical)
	}
	return x, nil
}

// chain lists the logical partitions of an extended one: each table names one partition and the next table.
func chain(x *image.Parts, r io.ReaderAt, size, base int64, number int) int {
	seen := map[int64]bool{}
	for at := base; ; {
		if seen[at] || len(seen) >= maxLogical {
			x.Miss("", image.Errorf(image.Malformed, at*sector, "the chain of logical partitions has a loop or more than %d", maxLogical))
			return number
		}
		seen[at] = true
		if _, err := bin.ReadAt(r, size, at*sector, sector, sector); err != nil {
			x.Miss("", err)
			return number
		}
		next := int64(-1)
		for _, e := range entries(r, size, at*sector) {
			if e.extended() {
				next = base + e.start
				continue
			}
			x.AddStretch(fmt.Sprintf("partition-%d.img", number), (at+e.start)*sector, e.count*sector, image.Attr{})
			number++
		}
		if next < 0 {
			return number
		}
		at = next
	}
}
