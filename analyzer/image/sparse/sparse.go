// Package sparse reads Android sparse images, alone or in pieces, as the raw image they stand for.
//
// In: a sparse image, or the numbered pieces of one. Out: an [image.Index] with one file, "image", whose reads
// are translated to where the bytes lie; nothing is expanded.
//
//	fsys, err := sparse.Format().Open(r, size, budget)
//	f, err := fsys.Open("image")
//
// Limit: the checksums of pieces that were put together are not compared.
package sparse

import (
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Name is what the one file inside is called.
const Name = "image"

// Format describes Android sparse images.
func Format() image.Format {
	return image.Format{
		Name: "sparse",
		Doc:  "Android sparse image: a partition for fastboot without its empty blocks, whole or in numbered pieces; in nearly all factory images, and inside of Sony's SIN of versions 4 and 5 (name.000, name.001 … in a tar), with LZ4 chunks.",
		Refs: []string{
			"AOSP system/core: libsparse/sparse_format.h, libsparse/sparse_read.cpp, libsparse/sparse.cpp (sparse_file_resparse)",
			"https://forum.xda-developers.com/t/tool-sparseconverter-v1-0-1.2749797/ (names of Motorola's pieces)",
			"https://github.com/munjeni/anyxperia_dumper (untar.c, include/sparse.h: Sony's pieces and LZ4 chunks)",
		},
		Limits: []string{
			"checksums of pieces that were put together are not compared",
			"blocks of a chunk of unknown type are reported and unreadable",
			"no image with LZ4 chunks that Sony made was met; what such an image's .cms says is not compared",
		},
		Single:  true,
		Sniff:   sniff,
		Open:    open,
		Group:   group,
		Fits:    fits,
		OpenSet: openSet,
	}
}

func sniff(r io.ReaderAt, size int64) bool {
	_, err := readHeader(r, size)
	return err == nil
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	p, err := parse(r, size, b)
	if err != nil {
		return nil, err
	}
	return p.fs(), nil
}

// piece is the address space of one sparse image, or of a set of them put together.
type piece struct {
	segments []segment // ascending, without overlap; what lies between reads as zeros
	size     int64     // of the raw image
	// known is how far the chunks were read; behind it why says what is missing.
	known int64
	why   error
	gaps  []error
	head  header
	sums  []sum // in the order of what they cover
}

func (p *piece) fs() fs.FS {
	x := image.NewIndex()
	for _, err := range p.gaps {
		x.Miss("", err)
	}
	e := image.Entry{Mode: 0o444, Size: p.size, Attr: image.Attr{Offset: -1}}
	e.Open = func() (io.ReaderAt, error) { return p, nil }
	if err := x.Add(Name, e); err != nil {
		x.Miss(Name, err)
	}
	return &raw{x, p}
}

// header is struct sparse_header.
type header struct {
	fileHeader, chunkHeader int64 // sizes, in bytes
	block                   int64 // bytes
	blocks, chunks          uint32
	sum                     uint32 // of the raw image; 0 where there is none
}

const (
	magic           = 0xED26FF3A
	fileHeaderSize  = 28
	chunkHeaderSize = 12
)

func readHeader(r io.ReaderAt, size int64) (header, error) {
	raw, err := bin.ReadAt(r, size, 0, fileHeaderSize, fileHeaderSize)
	if err != nil {
		return header{}, err
	}
	c := bin.Little(raw, 0)
	if c.U32() != magic {
		return header{}, image.Errorf(image.Malformed, 0, "no magic of a sparse image")
	}
	major := c.U16()
	c.U16() // minor: changes nothing
	h := header{fileHeader: int64(c.U16()), chunkHeader: int64(c.U16()), block: int64(c.U32())}
	h.blocks, h.chunks, h.sum = c.U32(), c.U32(), c.U32()
	switch {
	case major != 1:
		return h, image.Errorf(image.Unsupported, 4, "major version %d", major)
	case h.fileHeader < fileHeaderSize:
		return h, image.Errorf(image.Malformed, 8, "header of %d bytes", h.fileHeader)
	case h.chunkHeader < chunkHeaderSize:
		return h, image.Errorf(image.Malformed, 10, "chunk headers of %d bytes", h.chunkHeader)
	case h.block == 0 || h.block%4 != 0 || h.block > 1<<30:
		return h, image.Errorf(image.Malformed, 12, "blocks of %d bytes", h.block)
	}
	return h, nil
}
