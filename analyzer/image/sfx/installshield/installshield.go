// Package installshield reads what InstallShield's setup programs carry behind their last section: a list of files, each
// behind a record with its name and size, as they are, coded with a key made of the name, or deflated.
//
// In: the bytes behind the program. Out: an [image.Parts] with the files; plain and coded ones are read in place.
//
//	fsys, err := installshield.Format().Open(r, size, budget)
//	f, err := fsys.Open("data1.hdr")
//
// Limit: cabinets among the files (data1.hdr, data1.cab) are a format of their own.
package installshield

import (
	"bytes"
	"io"
	"io/fs"

	"github.com/klauspost/compress/zlib"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes the files behind InstallShield's setup programs.
func Format() image.Format {
	return image.Format{
		Name: "installshield",
		Doc:  "InstallShield setup: the files behind a setup program, plain, coded by their names or deflated; how HTC's ROM update utilities (RUU_*.exe) come.",
		Refs: []string{
			"https://github.com/lifenjoiner/ISx (ISx.c: records, codings, versions 9 to 2021)",
			"https://github.com/SabreTools/SabreTools.Serialization (InstallShieldExecutable: plain records)",
		},
		Limits: []string{
			"no setup program of a vendor was met",
			"of a coded ISSetupStream without blocks of 1,024 bytes the sources disagree; it is read as one run of the key",
			"files of 4 GiB and more are not known to exist",
			"setup programs with InstallShield 3's own compression (Z) are not read",
		},
		Sniff: Sniff,
		Open:  open,
	}
}

// Sniff reports whether the bytes begin as what lies behind a setup program does.
func Sniff(r io.ReaderAt, size int64) bool {
	l := listOf(r, size)
	rec, ok := l.read(r, size, l.first)
	return ok && l.plausible(rec, size)
}

// maxFiles bounds the records that are read: the headers count with 16 bits.
const maxFiles = 1 << 16

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	x := image.NewParts(r, size)
	l := listOf(r, size)
	if l.kind == unknown {
		return nil, image.Errorf(image.Malformed, 0, "no files of an InstallShield setup")
	}
	pos, n := l.first, 0
	for ; n != l.count && n < maxFiles; n++ {
		rec, ok := l.read(r, size, pos)
		if !ok {
			break
		}
		if rec.path != "" {
			rec.name = rec.path
		}
		add(x, r, size, rec, b)
		pos = rec.data + rec.length
	}
	left := max(size-pos, 0)
	switch {
	case n == l.count:
	case n == 0:
		return nil, image.Errorf(image.Malformed, pos, "no record of a file")
	case l.count > n && left == 0:
		x.Miss("", image.Errorf(image.Truncated, size, "the list ends after %d of %d files", n, l.count))
	case l.count > n:
		x.Miss("", image.Errorf(image.Malformed, pos, "the list breaks off after %d of %d files", n, l.count))
	case len(bytes.Trim(bin.Head(image.NewSection(r, pos, left), left, 64), "\x00")) > 0:
		x.Miss("", image.Errorf(image.Unsupported, pos, "%d bytes behind %d files are no record of another", left, n))
	}
	return x, nil
}

// add lists one file.
func add(x *image.Parts, r io.ReaderAt, size int64, rec record, b *image.Budget) {
	if len(rec.key) == 0 && !rec.deflated {
		x.AddStretch(rec.name, rec.data, rec.length, image.Attr{})
		return
	}
	if rec.data+rec.length > size {
		x.Miss(rec.name, image.Errorf(image.Truncated, size, "%d bytes stated, %d there", rec.length, size-rec.data))
	}
	e := image.Entry{Mode: 0o444, Size: rec.length, Attr: image.Attr{Offset: rec.data}}
	in := image.NewSection(r, rec.data, rec.length)
	if len(rec.key) > 0 {
		in = &coded{in, rec.key, rec.unit}
		e.Attr.Note = "coded with its name"
	}
	e.Open = func() (io.ReaderAt, error) { return in, nil }
	head := bin.Head(in, rec.length, 2)
	switch {
	case !rec.deflated:
	case len(head) < 2 || head[0]&15 != 8 || (int(head[0])<<8|int(head[1]))%31 != 0:
		e.Attr.Note = "stated to be deflated, and is not"
	default:
		s, err := b.Decode(rec.length, func() (io.ReadCloser, error) {
			z, err := zlib.NewReader(io.NewSectionReader(in, 0, rec.length))
			return z, image.BrokenStream(err)
		})
		if err != nil {
			x.Miss(rec.name, image.BrokenStream(err))
		}
		if s == nil {
			return
		}
		e.Size, e.Attr.Offset = s.Size(), -1
		e.Open = func() (io.ReaderAt, error) { return s.Open(), nil }
	}
	x.AddFile(rec.name, e)
}
