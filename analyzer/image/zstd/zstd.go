// Package zstd reads Zstandard streams, of one frame or several.
//
// In: a .zst file. Out: a file system with one file, "image", decoded once: into memory when it is small beside the
// budget, else into one unlinked temporary file.
//
//	fsys, err := zstd.Format().Open(r, size, budget)
//
// Limit: frames that need a dictionary of their own are refused.
package zstd

import (
	"errors"
	"io"
	"io/fs"

	"github.com/klauspost/compress/zstd"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes Zstandard streams.
func Format() image.Format {
	return image.Format{
		Name: "zstd",
		Doc:  "Zstandard stream: ramdisks of newer kernels, compressed images.",
		Refs: []string{"RFC 8878"},
		Limits: []string{
			"frames that need a dictionary are refused",
			"files that begin with a skippable frame are not recognised",
		},
		Single: true,
		Sniff: func(r io.ReaderAt, size int64) bool {
			head := bin.Head(r, size, 5)
			return len(head) == 5 && string(head[:4]) == "\x28\xB5\x2F\xFD" && head[4]&0x08 == 0 // a reserved bit
		},
		Open: func(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
			check := ""
			if head := bin.Head(r, size, 5); len(head) == 5 && head[4]&0x04 != 0 {
				check = "xxh64"
			}
			return b.OpenStream("", size, check, func() (io.ReadCloser, error) { return decode(r, size, b) })
		},
	}
}

// minWindow is the smallest window a decoder can be told; RFC 8878 wants 8 MiB read everywhere.
const minWindow = 8 << 20

func decode(r io.ReaderAt, size int64, b *image.Budget) (io.ReadCloser, error) {
	z, err := zstd.NewReader(io.NewSectionReader(r, 0, size), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(uint64(max(min(b.Memory/4, 2<<30), minWindow))))
	if err != nil {
		return nil, err
	}
	return reader{z.IOReadCloser()}, nil
}

// reader gives errors their reasons.
type reader struct{ io.ReadCloser }

func (r reader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	switch {
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		err = errors.Join(image.ErrBudget, err)
	case errors.Is(err, zstd.ErrUnknownDictionary):
		err = image.Errorf(image.Unsupported, 0, "Zstandard: %v", err)
	}
	return n, err
}
