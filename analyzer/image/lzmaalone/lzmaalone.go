// Package lzmaalone reads .lzma streams ("LZMA alone"), the oldest wrapping of LZMA.
//
// In: a .lzma file. Out: a file system with one file, "image", decoded once.
//
//	fsys, err := lzmaalone.Format().Open(r, size, budget)
//
// Limit: the format has no magic and no checksum. A file counts as one if its header is plausible and its first
// bytes decode.
package lzmaalone

import (
	"encoding/binary"
	"io"
	"io/fs"
	"math/bits"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
	"romscan/analyzer/image/lzma"
)

// Format describes .lzma.
func Format() image.Format {
	return image.Format{
		Name: "lzma",
		Doc:  "LZMA stream with the old 13-byte header: ramdisks and kernels of older devices.",
		Refs: []string{
			"LZMA SDK, lzma-specification.txt",
			"XZ Utils doc/lzma-file-format.txt",
		},
		Limits: []string{
			"dictionaries of other sizes than 2^n and 2^n+2^(n-1) are not recognised, as in XZ Utils",
			"the stream has no checksum to compare",
		},
		Single: true,
		Sniff:  sniff,
		Open: func(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
			return b.OpenStream("", size, "", func() (io.ReadCloser, error) {
				return lzma.NewLZMAReader(io.NewSectionReader(r, 0, size), b.Memory/4), nil
			})
		},
	}
}

const (
	header  = 13
	minDict = 1 << 12
	maxSize = 1 << 38 // bytes decoded: what XZ Utils takes for plausible
	probe   = 512     // bytes that must decode
)

func sniff(r io.ReaderAt, size int64) bool {
	h := bin.Head(r, size, header+5)
	// The first byte of the range coder is always zero.
	if len(h) < header+5 || h[0] >= 9*5*5 || int(h[0])%9+int(h[0])/9%5 > 4 || h[header] != 0 {
		return false
	}
	dict, decoded := binary.LittleEndian.Uint32(h[1:]), binary.LittleEndian.Uint64(h[5:])
	low := dict & (1<<max(bits.Len32(dict)-1, 0) - 1)
	if dict < minDict || low != 0 && (bits.OnesCount32(dict) != 2 || dict&(dict<<1) == 0) {
		return false
	}
	if decoded == 0 || decoded > maxSize && decoded != 1<<64-1 {
		return false
	}
	z := lzma.NewLZMAReader(io.NewSectionReader(r, 0, min(size, 64<<10)), 1<<20)
	defer z.Close()
	n, err := io.ReadFull(z, make([]byte, min(decoded, probe)))
	return err == nil || n > 0 && size <= probe && err == io.ErrUnexpectedEOF
}
