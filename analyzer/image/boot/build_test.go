package boot

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"testing"

	"romscan/analyzer/image"
)

func mount(t *testing.T, img []byte) *Image {
	t.Helper()
	r := bytes.NewReader(img)
	if !sniff(r, int64(len(img))) {
		t.Fatal("not recognised")
	}
	fsys, err := open(r, int64(len(img)), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	return fsys.(*Image)
}

// summary says what an image holds: parts with their size and place, gaps and checks; not the texts.
func summary(t *testing.T, b *Image) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(b, ".", func(name string, d fs.DirEntry, err error) error {
		info, ierr := d.Info()
		if err != nil || ierr != nil || !info.Mode().IsRegular() {
			return err
		}
		at := info.Sys().(*image.Attr)
		if at.Offset < 0 {
			return nil
		}
		s := fmt.Sprintf("%s %d@%d", name, info.Size(), at.Offset)
		if at.Note != "" {
			s += " (" + at.Note + ")"
		}
		out = append(out, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range b.Gaps() {
		out = append(out, "gap: "+g.Error())
	}
	b.Verify(context.Background(), func(c image.Check) bool {
		s := c.What + ": " + string(c.Outcome)
		if c.Detail != "" {
			s += ", " + c.Detail
		}
		out = append(out, s)
		return true
	})
	return out
}

// packer lays an image out: words of the header at their offsets, then parts on pages.
type packer struct{ b []byte }

func newPacker(magic string) *packer {
	p := &packer{make([]byte, 4096)}
	copy(p.b, magic)
	return p
}

func (p *packer) put(at int, words ...uint32) *packer {
	for i, w := range words {
		binary.LittleEndian.PutUint32(p.b[at+4*i:], w)
	}
	return p
}

func (p *packer) text(at int, s string) *packer {
	copy(p.b[at:], s)
	return p
}

func (p *packer) part(data ...string) *packer {
	for _, d := range data {
		p.b = append(p.b, d...)
	}
	for len(p.b)%4096 != 0 {
		p.b = append(p.b, 0)
	}
	return p
}

// classic is an image of version 0 with a page of 4096.
func classic(kernel, ramdisk, second, dt string) *packer {
	p := newPacker(bootMagic).put(8, uint32(len(kernel)), 1, uint32(len(ramdisk)), 2, uint32(len(second)), 3, 4, 4096, uint32(len(dt)))
	p.text(64, "cmd").text(608, "line")
	return p.part(kernel).part(ramdisk).part(second).part(dt)
}

// tableOf is a vendor_ramdisk_table.
func tableOf(rows ...row) string {
	var out []byte
	for _, r := range rows {
		for _, w := range []uint32{r.size, r.off, r.kind} {
			out = binary.LittleEndian.AppendUint32(out, w)
		}
		out = append(out, make([]byte, 32+64)...)
		copy(out[len(out)-96:], r.name)
	}
	return string(out)
}

type row struct {
	size, off, kind uint32
	name            string
}

// vendor is a vendor_boot image of version 4.
func vendor(ramdisk, dtb, config string, rows ...row) *packer {
	table := tableOf(rows...)
	p := newPacker(vendorMagic).put(8, 4, 4096, 1, 2, uint32(len(ramdisk))).text(28, "vendor args").put(2096, 2128, uint32(len(dtb)), 5, 0)
	p.put(2112, uint32(len(table)), uint32(len(rows)), tableEntry, uint32(len(config)))
	return p.part(ramdisk).part(dtb).part(table).part(config)
}
