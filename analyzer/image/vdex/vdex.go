// Package vdex opens the .vdex files of ART (Android 8 and later) and shows the DEX files inside as they were before the
// compiler rewrote them.
//
// In: a file whose magic is vdex. Out: an [image.Index] with classes.dex, classes2.dex, …, read in place. Where the compiler
// left quick instructions, those few code units are replaced in what is read by what stood there: the tables of the file
// say it for each. A compact DEX (cdex) is shown with the data it shares behind it. From Android 10 on most files hold no
// DEX and the listing is empty: the code is in the app. [Parse] tells which.
//
//	fsys, err := vdex.Format().Open(r, size, budget)
//
// Limit: the results of verification and the lookup tables are not read.
package vdex

import (
	"fmt"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes .vdex files.
func Format() image.Format {
	return image.Format{
		Name: "vdex",
		Doc:  "Verified DEX of ART, which holds the DEX files of apps and jars on Android 8 and 9 and of some from Android 10 on; rewritten instructions are turned back.",
		Refs: []string{
			"AOSP art/runtime/vdex_file.h and vdex_file.cc of versions 006, 010, 019, 021, 027",
			"AOSP art/runtime/dex_to_dex_decompiler.cc, quicken_info.h",
			"AOSP art/libdexfile/dex/compact_dex_file.h, compact_offset_table.cc",
		},
		Limits: []string{
			"verifier dependencies, type lookup tables and class loader contexts are not read",
			"versions that no release of Android wrote: 000 to 005 and 011 to 018 are not read, in 007 to 009 rewritten instructions stay",
			"compact DEX stays compact",
		},
		Sniff: func(r io.ReaderAt, size int64) bool {
			h := bin.Head(r, size, 12)
			return len(h) == 12 && string(h[:4]) == magic && number(h[4:8]) >= 0
		},
		Open: open,
	}
}

type archive struct {
	*image.Index
	names   []string
	content []*content
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	f, err := Parse(r, size)
	if f == nil {
		return nil, err
	}
	a := &archive{Index: image.NewIndex()}
	if err != nil {
		a.Miss("", err)
	}
	if int64(len(f.Dex)) > b.Files {
		return nil, image.Errorf(image.OverBudget, 0, "more than %d files", b.Files)
	}
	var tables quickened
	if len(f.Dex) > 0 {
		if tables, err = f.tables(r, size); err != nil {
			a.Miss("", err)
		}
	}
	for i, d := range f.Dex {
		name := "classes.dex"
		if i > 0 {
			name = fmt.Sprintf("classes%d.dex", i+1)
		}
		c := newContent(r, d)
		if short := d.Offset + d.Size - size; short > 0 {
			a.Miss(name, image.Errorf(image.Truncated, size, "%d bytes are missing", short))
		} else if tables != nil {
			if err := restore(c, i, tables, b); err != nil {
				a.Miss(name, err)
			}
		}
		if err := a.add(name, c); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (a *archive) add(name string, c *content) error {
	a.names, a.content = append(a.names, name), append(a.content, c)
	e := image.Entry{Mode: 0o644, Size: c.size, Attr: image.Attr{Offset: c.dex.Offset}}
	e.Open = func() (io.ReaderAt, error) { return c, nil }
	return a.Add(name, e)
}

// restore finds what is to be replaced in the DEX number i. The whole DEX is looked at once for that.
func restore(c *content, i int, tables quickened, b *image.Budget) error {
	if err := b.CheckMemory(c.size); err != nil {
		return err
	}
	release, err := b.Hold(c.size)
	if err != nil {
		return err
	}
	defer release()
	raw := make([]byte, c.size)
	if n, err := c.ReadAt(raw, 0); int64(n) < c.size {
		return fmt.Errorf("turning instructions back: %w", err)
	}
	d := &dex{raw: raw, compact: c.dex.Compact, data: int64(c.data)}
	patches, err := d.patches(i, tables)
	c.patch(patches)
	return err
}
