// Package star reads Motorola's bootloader.img and radio.img: "single image tar" archives.
//
// In: a file that begins with SINGLE_N_LONELY. Out: an [image.Index] with its members in place.
//
//	fsys, err := star.Format().Open(r, size, budget)
//	f, err := fsys.Open("NON-HLOS.bin")
//
// Limit: it carries no checksums.
package star

import (
	"bytes"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes these archives.
func Format() image.Format {
	return image.Format{
		Name: "star",
		Doc:  "SINGLE_N_LONELY: Motorola's archive of boot loaders and modem images (bootloader.img, radio.img).",
		Refs: []string{
			"https://github.com/HemanthJabalpuri (star.sh)",
			"https://github.com/AndroidDumps/Firmware_extractor (extractor.sh: radio.img)",
		},
		Limits: []string{
			"no image made by a device's vendor was met",
		},
		Sniff: sniff,
		Open:  open,
	}
}

const (
	first   = "SINGLE_N_LONELY"
	last    = "LONELY_N_SINGLE"
	header  = 256 // bytes: a name, and in its last eight the length, u64 little endian
	name    = 248
	padding = 4096 // members are padded to multiples of this length
	limit   = 1 << 16
)

func sniff(r io.ReaderAt, size int64) bool {
	return string(bin.Head(r, size, int64(len(first)))) == first
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	if !sniff(r, size) {
		return nil, image.Errorf(image.Malformed, 0, "no magic number")
	}
	p := image.NewParts(r, size)
	at := int64(header)
	for range limit {
		raw, err := bin.ReadAt(r, size, at, header, header)
		if err != nil {
			p.Miss("", image.Errorf(image.Truncated, size, "ends without an end mark"))
			return p, nil
		}
		title := raw[:name]
		if i := bytes.IndexByte(title, 0); i >= 0 {
			title = title[:i]
		}
		if string(title) == last {
			return p, nil
		}
		length := bin.Little(raw[name:], at+name).U64()
		if len(title) == 0 || length > 1<<62 {
			p.Miss("", image.Errorf(image.Malformed, at, "a member %.50q of %d bytes", title, length))
			return p, nil
		}
		n := int64(length)
		p.AddStretch(string(title), at+header, n, image.Attr{})
		if n > size-at-header {
			return p, nil
		}
		at += header + (n+padding-1)/padding*padding
	}
	p.Miss("", image.Errorf(image.OverBudget, at, "more than %d members", limit))
	return p, nil
}
