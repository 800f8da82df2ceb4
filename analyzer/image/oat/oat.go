// Package oat opens the files of ART's compiler (boot.oat, .odex of Android 5 to 7) and shows the DEX files inside.
//
// In: an ELF file whose symbol oatdata marks a header with the magic oat. Out: an [image.Index] with classes.dex,
// classes2.dex, …, read in place; of a file with the code of several jars, a directory for each:
// core-libart.jar/classes.dex. From version 089 (Android 8) on there is no DEX in it and the listing is empty: the code lies
// in the .vdex beside or in the app. [Parse] tells which.
//
//	fsys, err := oat.Format().Open(r, size, budget)
//
// Limit: the compiled code is not read; the DEX files are as the compiler left them, with quick instructions.
package oat

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes OAT files.
func Format() image.Format {
	return image.Format{
		Name: "oat",
		Doc:  "Compiled code of ART in an ELF file: boot.oat and .odex, which hold the DEX files themselves on Android 5 to 7 and none from Android 8 on.",
		Refs: []string{
			"AOSP art/runtime/oat.h (OatHeader) of versions 039, 045, 064, 079, 088, 124, 131",
			"AOSP art/runtime/oat_file.cc (OatFile::Setup) of the same",
		},
		Limits: []string{
			"the native code is not read",
			"quick instructions of Android 5 and 6 stay: what they index is the layout of objects on the device that compiled them",
			"no checksum is compared: those in the table and in the DEX files are of the code before it was rewritten",
			"versions before 039 (Android 4.4 and previews of 5) and 073 and 074 (never shipped) are not read",
		},
		Sniff: sniff,
		Open:  open,
	}
}

// sniff looks for the name of the symbol where the linker of ART puts it, before everything else. Then the header must be
// where the symbol says.
func sniff(r io.ReaderAt, size int64) bool {
	head := bin.Head(r, size, 4096)
	if !bytes.HasPrefix(head, []byte("\x7fELF")) {
		return false
	}
	for _, at := range usual {
		if isHeader(bin.Head(io.NewSectionReader(r, at, max(size-at, 0)), max(size-at, 0), 8)) {
			return true
		}
	}
	if !bytes.Contains(head, []byte("oatdata\x00")) {
		return false
	}
	_, _, err := locate(r, size)
	return err == nil
}

// usual are the places of the header in files without a build ID, by page size: where it is found although the table of
// symbols, which lies at the end, is lost.
var usual = []int64{0x1000, 0x4000}

func isHeader(b []byte) bool {
	return len(b) >= 8 && string(b[:4]) == "oat\n" && digit(b[4]) && digit(b[5]) && digit(b[6]) && b[7] == 0
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	f, err := Parse(r, size)
	if f == nil {
		return nil, err
	}
	x := image.NewIndex()
	if err != nil {
		x.Miss("", err)
	}
	if int64(len(f.Dex)) > b.Files {
		return nil, image.Errorf(image.OverBudget, f.Data, "more than %d files", b.Files)
	}
	names := namesOf(f.Dex)
	for i, d := range f.Dex {
		name := x.Free(names[i])
		n := min(d.Size, size-d.Offset)
		if n < d.Size {
			x.Miss(name, image.Errorf(image.Truncated, size, "%d bytes stated, %d there", d.Size, n))
		}
		e := image.Entry{Mode: 0o644, Size: n, Attr: image.Attr{Offset: d.Offset}}
		var content io.ReaderAt = image.NewSection(r, d.Offset, n)
		if d.Classes > 0 && n == d.Size {
			if content, err = f.restore(r, size, d, b); err != nil {
				x.Miss(name, err)
			}
		}
		e.Open = func() (io.ReaderAt, error) { return content, nil }
		if err := x.Add(name, e); err != nil {
			x.Miss("", err)
		}
	}
	return x, nil
}

// namesOf returns a file name for each DEX. A location is the path of an app or jar, and for all but the first DEX of it a
// separator, ':' or from Android 8 on '!', and the name inside. Where all are of one app the names inside suffice.
func namesOf(list []Dex) []string {
	names := make([]string, len(list))
	bases := map[string]bool{}
	for i, d := range list {
		container, inside := d.Location, "classes.dex"
		if k := strings.LastIndexAny(container, ":!"); k >= 0 {
			container, inside = container[:k], container[k+1:]
		}
		base := part(path.Base(container), "unnamed")
		bases[base] = true
		names[i] = base + "/" + part(inside, "classes.dex")
	}
	if len(bases) == 1 {
		for i := range names {
			names[i] = path.Base(names[i])
		}
	}
	return names
}

// part returns one element of a name, or other where it can be none.
func part(raw, other string) string {
	if name, _, ok := image.ValidName(raw); ok {
		return name
	}
	return other
}
