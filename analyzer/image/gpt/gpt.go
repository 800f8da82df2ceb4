// Package gpt reads disk images with a GUID partition table.
//
// In: a dump of a phone's eMMC or UFS, or a disk image of a PC. Out: a *Disk, an [image.Index] with one file a
// partition, "system.img", in place.
//
//	fsys, err := gpt.Format().Open(r, size, budget)
//
// Limit: space outside of partitions is not listed.
package gpt

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strings"
	"unicode/utf16"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes GUID partition tables.
func Format() image.Format {
	return image.Format{
		Name: "gpt",
		Doc:  "Disk with a GUID partition table: dumps of eMMC and UFS, Android-x86 disks.",
		Refs: []string{"UEFI specification 2.10, chapter 5"},
		Limits: []string{
			"the logical units of a UFS are read apart, each as a disk of its own",
			"the backup table is read only where the primary one is damaged",
		},
		Sniff: sniff,
		Open:  open,
	}
}

const (
	magic      = "EFI PART"
	headerSize = 92
	maxEntries = 4096 // 128 is usual
	maxEntry   = 4096 // bytes; 128 is usual
)

// sectors are the sizes a sector may have: of eMMC and of UFS.
var sectors = []int64{512, 4096}

func sniff(r io.ReaderAt, size int64) bool {
	for _, s := range sectors {
		b := make([]byte, 12)
		if n, _ := r.ReadAt(b, s); n == len(b) && string(b[:8]) == magic && b[10] == 1 {
			return true
		}
	}
	return false
}

// Disk is an opened disk. It is immutable and safe for concurrent use.
type Disk struct{ *image.Parts }

// table is one of the two copies of the partition table.
type table struct {
	sector, at int64
	entries    int64 // sector of the first
	count      int64
	entry      int64 // bytes each
	sum        uint32
}

func open(r io.ReaderAt, size int64, _ *image.Budget) (fs.FS, error) {
	d := &Disk{image.NewParts(r, size)}
	var first error
	for _, copy := range places(r, size) {
		t, err := d.readTable(r, size, copy)
		if err == nil {
			if first != nil {
				d.Miss("", first)
			}
			return d, d.list(r, size, t)
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// place is where a table may be.
type place struct {
	name       string
	sector, at int64
}

func places(r io.ReaderAt, size int64) []place {
	var out []place
	for _, s := range sectors {
		b := make([]byte, 8)
		if n, _ := r.ReadAt(b, s); n == 8 && string(b) == magic {
			out = append(out, place{"primary table", s, s}, place{"backup table", s, (size/s - 1) * s})
		}
	}
	return out
}

// readTable reads a header whose checksum is right. A table whose entries' checksum is wrong is read all the same.
func (d *Disk) readTable(r io.ReaderAt, size int64, p place) (*table, error) {
	h, err := bin.ReadAt(r, size, p.at, headerSize, headerSize)
	if err != nil {
		return nil, err
	}
	c := bin.Little(h, p.at)
	if string(c.Bytes(8)) != magic {
		return nil, image.Errorf(image.Malformed, p.at, "%s: no magic", p.name)
	}
	c.Skip(4)
	length := int64(c.U32())
	stated := c.U32()
	if length < headerSize || length > p.sector {
		return nil, image.Errorf(image.Malformed, p.at+12, "%s: a header of %d bytes", p.name, length)
	}
	full, err := bin.ReadAt(r, size, p.at, length, p.sector)
	if err != nil {
		return nil, err
	}
	clear(full[16:20])
	if sum := crc32.ChecksumIEEE(full); sum != stated {
		d.check(p, "header crc32", length, stated, sum)
		return nil, image.Errorf(image.Malformed, p.at+16, "%s: header crc32 %08x stated, %08x found", p.name, stated, sum)
	}
	d.check(p, "header crc32", length, stated, stated)
	c.Seek(72)
	t := &table{sector: p.sector, at: p.at}
	t.entries, t.count, t.entry, t.sum = int64(c.U64()), int64(c.U32()), int64(c.U32()), c.U32()
	if t.count > maxEntries || t.entry < 128 || t.entry > maxEntry || t.entries < 0 || t.entries > size/p.sector {
		return nil, image.Errorf(image.Malformed, p.at+72, "%s: %d entries of %d bytes at sector %d", p.name, t.count, t.entry, t.entries)
	}
	return t, nil
}

func (d *Disk) check(p place, what string, n int64, stated, found uint32) {
	c := image.Check{What: p.name + " " + what, Outcome: image.Matched, Bytes: n, Offset: p.at}
	if stated != found {
		c.Outcome, c.Detail = image.Mismatched, fmt.Sprintf("stated %08x, found %08x", stated, found)
	}
	d.Later(func(context.Context) image.Check { return c })
}

// list makes a file of each entry that is used.
func (d *Disk) list(r io.ReaderAt, size int64, t *table) error {
	at := t.entries * t.sector
	raw, err := bin.ReadAt(r, size, at, t.count*t.entry, maxEntries*maxEntry)
	if err != nil {
		return err
	}
	p := place{"partition entries", t.sector, at}
	if sum := crc32.ChecksumIEEE(raw); sum != t.sum {
		d.Miss("", image.Errorf(image.Malformed, at, "crc32 of the partition entries is %08x, %08x stated", sum, t.sum))
		d.check(p, "crc32", int64(len(raw)), t.sum, sum)
	} else {
		d.check(p, "crc32", int64(len(raw)), sum, sum)
	}
	for i := range t.count {
		e := raw[i*t.entry : (i+1)*t.entry]
		if bytes.Equal(e[:16], make([]byte, 16)) { // an unused entry
			continue
		}
		begin, end := binary.LittleEndian.Uint64(e[32:]), binary.LittleEndian.Uint64(e[40:])
		name := fileName(e[56:128], int(i))
		if begin > end || end >= uint64(1)<<62/uint64(t.sector) {
			d.Miss(name, image.Errorf(image.Malformed, at+i*t.entry+32, "partition from sector %d to %d", begin, end))
			continue
		}
		d.AddStretch(name, int64(begin)*t.sector, int64(end-begin+1)*t.sector, image.Attr{})
	}
	return nil
}

// fileName is the name in an entry, as the file it is listed under.
func fileName(raw []byte, i int) string {
	units := make([]uint16, 0, len(raw)/2)
	for k := 0; k+1 < len(raw); k += 2 {
		u := binary.LittleEndian.Uint16(raw[k:])
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	name, _, ok := image.ValidName(strings.ReplaceAll(string(utf16.Decode(units)), "/", "_"))
	if !ok {
		name = fmt.Sprintf("partition-%d", i+1)
	}
	return name + ".img"
}
