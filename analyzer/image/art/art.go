// Package art recognises ART images (boot.art, app images): heaps of objects that dex2oat made beforehand.
//
// In: a file whose magic is art. Out: an empty [image.Index]: there is no code in it, and nothing that is not in the DEX
// files it was made of. It is a format so that the record says what the file is.
//
//	fsys, err := art.Format().Open(r, size, budget)
//
// Limit: the objects are not listed.
package art

import (
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes ART images.
func Format() image.Format {
	return image.Format{
		Name:   "art",
		Doc:    "ART image (boot.art, app images) of Android 5 and later: preinitialised objects, recognised and holding no code.",
		Refs:   []string{"AOSP art/runtime/image.h (ImageHeader)"},
		Limits: []string{"the objects inside are not listed: all of them are made from DEX files that lie elsewhere"},
		Sniff: func(r io.ReaderAt, size int64) bool {
			// the header is longer than 100 bytes in all versions, 005 (Android 4.4) to 111
			h := bin.Head(r, size, 64)
			return len(h) == 64 && string(h[:4]) == "art\n" && h[7] == 0 && digits(h[4:7])
		},
		Open: func(io.ReaderAt, int64, *image.Budget) (fs.FS, error) { return image.NewIndex(), nil },
	}
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
