// Package ubi reads UBI images and dumps of flash that UBI manages.
//
// In: the bytes of a flash partition or of an image made by ubinize. Out: an [image.Index] with one file a volume,
// NAME.ubifs where it holds UBIFS and NAME.img otherwise, read in place: an address translation from logical to
// physical erase blocks.
//
//	fsys, err := ubi.Format().Open(r, size, budget)
//	entries, err := fs.ReadDir(fsys, ".") // rootfs.ubifs, data.img
//
// Limit: what a volume does not map reads as erased, so that a dump with blocks missing may look like one with less in it.
package ubi

import (
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes UBI.
func Format() image.Format {
	return image.Format{
		Name: "ubi",
		Doc:  "UBI: volumes on raw NAND flash, of routers, cars, readers and phones without eMMC.",
		Refs: []string{"linux: drivers/mtd/ubi/ubi-media.h, drivers/mtd/ubi/attach.c, drivers/mtd/ubi/vtbl.c"},
		Limits: []string{
			"fastmaps are not used: all blocks are looked at",
			"spare bytes left in a dump are taken out where erase blocks are a power of two in pages of 512 to 16384 bytes; bit errors are not corrected",
			"a dynamic volume ends with its last mapped block",
			"no dump of a device was met: read from images of ubinize and of other projects' tests",
		},
		Sniff: sniff,
		Open:  open,
	}
}

// sniff looks for the header of an erase block, which has a checksum. The first blocks of a dump may be bad or erased.
func sniff(r io.ReaderAt, size int64) bool {
	_, ok := first(r, size)
	return ok
}

func first(r io.ReaderAt, size int64) (ecHeader, bool) {
	head := bin.Head(r, size, headerSize)
	if len(head) < headerSize {
		return ecHeader{}, false
	}
	if h, ok := parseEC(head); ok {
		return h, true
	}
	if !erased(head) {
		return ecHeader{}, false
	}
	for at := int64(minBlock); at <= min(maxBlock, size-headerSize); at *= 2 {
		raw, err := bin.ReadAt(r, size, at, headerSize, headerSize)
		if err != nil {
			return ecHeader{}, false
		}
		if h, ok := parseEC(raw); ok {
			return h, true
		}
	}
	return ecHeader{}, false
}

// flash is an opened image; it is safe for concurrent use.
type flash struct {
	*image.Index
	geometry
	r       io.ReaderAt // without spare bytes
	have    int64       // bytes in r
	blocks  []block     // those that hold a part of a volume, by their place
	bad     []image.Check
	good    int64 // headers whose checksums match
	volumes []*volume
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	h, ok := first(r, size)
	if !ok {
		return nil, image.Errorf(image.Malformed, 0, "no erase block of UBI")
	}
	if h.version != 1 {
		return nil, image.Errorf(image.Unsupported, 4, "UBI version %d", h.version)
	}
	f := &flash{Index: image.NewIndex(), r: r, have: size}
	if err := f.measure(h); err != nil {
		return nil, err
	}
	if err := b.CheckMemory(f.have / f.block * blockBytes); err != nil {
		return nil, err
	}
	if err := f.attach(h); err != nil {
		return nil, err
	}
	f.list()
	return f, nil
}
