// Package bzip2 reads bzip2 streams, of one stream or several.
//
// In: a .bz2 file. Out: a file system with one file, "image", decoded once: into memory when it is small beside the
// budget, else into one unlinked temporary file.
//
//	fsys, err := bzip2.Format().Open(r, size, budget)
//
// Limit: the blocks are decoded one after the other.
package bzip2

import (
	"bufio"
	"compress/bzip2"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes bzip2.
func Format() image.Format {
	return image.Format{
		Name:   "bzip2",
		Doc:    "bzip2 stream: .tar.bz2 of custom builds and of kernels' ramdisks.",
		Refs:   []string{"https://sourceware.org/bzip2/"},
		Limits: []string{"randomised blocks of bzip2 before 0.9.5 are refused"},
		Single: true,
		Sniff:  sniff,
		Open: func(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
			return b.OpenStream("", size, "crc32", func() (io.ReadCloser, error) {
				return io.NopCloser(bzip2.NewReader(bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 256<<10))), nil
			})
		},
	}
}

func sniff(r io.ReaderAt, size int64) bool {
	head := bin.Head(r, size, 10)
	if len(head) < 10 || string(head[:3]) != "BZh" || head[3] < '1' || head[3] > '9' {
		return false
	}
	// A block begins with the digits of pi, an empty stream's end with those of its square root.
	magic := string(head[4:10])
	return magic == "1AY&SY" || magic == "\x17\x72\x45\x38\x50\x90"
}
