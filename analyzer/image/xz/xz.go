// Package xz reads .xz streams, of one stream or several.
//
// In: an .xz file. Out: a file system with one file, "image", decoded once: into memory when it is small beside the
// budget, else into one unlinked temporary file.
//
//	fsys, err := xz.Format().Open(r, size, budget)
//
// Limit: the stream is decoded from its start even if only its end is wanted, also where its index would tell of
// several blocks.
package xz

import (
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
	"romscan/analyzer/image/lzma"
)

// Format describes xz.
func Format() image.Format {
	return image.Format{
		Name: "xz",
		Doc:  "xz stream: ramdisks, Samsung's .odex.xz, compressed images.",
		Refs: []string{
			"The .xz File Format 1.1.0",
		},
		Limits: []string{
			"of the branch filters x86, ARM, ARM-Thumb and ARM64 are undone, others are refused",
			"the blocks of a stream are not decoded apart",
		},
		Single: true,
		Sniff: func(r io.ReaderAt, size int64) bool {
			// The first byte of the stream flags and the high half of the second are reserved and zero.
			head := bin.Head(r, size, 8)
			return len(head) == 8 && string(head[:6]) == "\xFD7zXZ\x00" && head[6] == 0 && head[7]&0xF0 == 0
		},
		Open: func(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
			check := ""
			if flags := bin.Head(r, size, 8); len(flags) == 8 && flags[7] != 0 {
				check = "xz check"
			}
			return b.OpenStream("", size, check, func() (io.ReadCloser, error) {
				return lzma.NewXZReader(io.NewSectionReader(r, 0, size), b.Memory/4), nil
			})
		},
	}
}
