// Package odex opens the optimised DEX files of Dalvik (Android 1 to 4.4): the DEX that dexopt left, and what it relies on.
//
// In: an .odex, or a file of dalvik-cache, whose magic is dey. Out: an [image.Index] with classes.dex, read in place, and by
// [Parse] the header and the boot class path files that the optimised code was made for.
//
//	fsys, err := odex.Format().Open(r, size, budget)
//	f, err := odex.Parse(r, size) // f.Deps[0].Name: "/system/framework/core.odex"
//
// Limit: the instructions stay as dexopt wrote them: field offsets and vtable slots of that boot class path.
package odex

import (
	"context"
	"fmt"
	"hash/adler32"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Name is what the DEX inside is called.
const Name = "classes.dex"

// Format describes the optimised DEX files of Dalvik.
func Format() image.Format {
	return image.Format{
		Name: "odex",
		Doc:  "Optimised DEX of Dalvik (dey 035 and 036), which stands beside apps without classes.dex up to Android 4.4.",
		Refs: []string{
			"AOSP dalvik/libdex/DexFile.h (DexOptHeader)",
			"AOSP dalvik/vm/analysis/DexPrepare.cpp (writeDependencies, writeOptData)",
		},
		Limits: []string{
			"the class lookup table and the register maps are not read: they say nothing that the DEX does not",
			"optimised instructions are shown as they are: what they index lies in other files",
			"no dey 035 made by a device was met",
		},
		Sniff: func(r io.ReaderAt, size int64) bool { return version(bin.Head(r, size, headerSize)) != "" },
		Open:  open,
	}
}

type archive struct {
	*image.Index
	r    io.ReaderAt
	size int64
	file *File
}

func open(r io.ReaderAt, size int64, _ *image.Budget) (fs.FS, error) {
	f, err := Parse(r, size)
	if f == nil {
		return nil, err
	}
	a := &archive{Index: image.NewIndex(), r: r, size: size, file: f}
	if err != nil {
		a.Miss("", err)
	}
	n := min(f.Dex.Size, size-f.Dex.Offset)
	if n < f.Dex.Size {
		a.Miss(Name, image.Errorf(image.Truncated, size, "%d bytes stated, %d there", f.Dex.Size, n))
	}
	head := bin.Head(io.NewSectionReader(r, f.Dex.Offset, n), n, 4)
	if string(head) != "dex\n" {
		return nil, image.Errorf(image.Malformed, f.Dex.Offset, "no DEX where the header says")
	}
	e := image.Entry{Mode: 0o644, Size: n, Attr: image.Attr{Offset: f.Dex.Offset}}
	e.Open = func() (io.ReaderAt, error) { return image.NewSection(r, f.Dex.Offset, n), nil }
	if err := a.Add(Name, e); err != nil {
		return nil, err
	}
	return a, nil
}

// Verify compares the two checksums there are: that of the tables behind the DEX, and that of the DEX itself, which
// dexopt computes again.
func (a *archive) Verify(ctx context.Context, yield func(image.Check) bool) {
	f := a.file
	if !yield(a.sum(ctx, Name, f.Dex.Offset+12, f.Dex.Offset+f.Dex.Size, f.dexSum, true)) {
		return
	}
	if f.Version == "036" { // 035 has no checksum there
		yield(a.sum(ctx, "", f.DepsAt.Offset, f.Opt.Offset+f.Opt.Size, f.Checksum, false))
	}
}

func (a *archive) sum(ctx context.Context, name string, from, to int64, stated uint32, whole bool) image.Check {
	c := image.Check{Name: name, What: "adler32", Outcome: image.Matched, Whole: whole, Bytes: to - from, Offset: -1}
	if from > to || to > a.size {
		c.Outcome, c.Detail = image.Unverified, "the file ends before what the checksum covers"
		return c
	}
	h := adler32.New()
	if _, err := io.Copy(h, image.ReaderContext(ctx, io.NewSectionReader(a.r, from, to-from))); err != nil {
		c.Outcome, c.Detail = image.Unverified, err.Error()
	} else if h.Sum32() != stated {
		c.Outcome, c.Detail = image.Mismatched, fmt.Sprintf("stated %08x, found %08x", stated, h.Sum32())
	}
	return c
}
