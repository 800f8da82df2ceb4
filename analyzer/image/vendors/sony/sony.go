// Package sony reads SIN, the firmware files of Sony's Xperia phones, of versions 1, 2 and 3.
//
// In: a .sin file. Out: an [image.Index] with one file, the image that is flashed, address by address; LZ4 blocks
// are decoded as they are read. Verify compares the SHA1 or SHA256 of the blocks.
//
//	fsys, err := sony.Format().Open(r, size, budget)
//	f, err := fsys.Open("image")
//
// Limit: versions 4 and 5 are tar archives, gzipped or not, of a signature and sparse images, and read as such (tar,
// sparse); signatures are not checked.
package sony

import (
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Name is what the one file inside is called.
const Name = "image"

// Format describes SIN.
func Format() image.Format {
	return image.Format{
		Name: "sin",
		Doc:  "SIN: a partition of Sony's Xperia firmware (FTF), versions 1 to 3, as hashed blocks with addresses, since 2014 LZ4.",
		Refs: []string{
			"https://gist.github.com/dosomder/8ed79b26a5e063efa5ef (version 3)",
			"https://github.com/Androxyde/Flashtool (sinfile/parsers: v1, v2, v3)",
			"https://github.com/munjeni/anyxperia_dumper (sony_dump.c)",
		},
		Limits: []string{
			"no image made by a device's vendor was met",
			"what no block covers reads as 0xFF; an image ends with its last block, though the partition may go on",
			"files of versions 1 and 2 without hashes are not recognised: nothing else tells them from other bytes",
			"versions 4 and 5, tar archives of NAME.cms and NAME.000, NAME.001 …, are read as tar and sparse, which joins the pieces; what the .cms signs is published nowhere and not compared",
			"certificates and signatures are not checked",
		},
		Single: true,
		Sniff:  sniff,
		Open:   open,
	}
}

// Bounds of what is believed.
const (
	maxHeader = 8 << 20  // bytes: an image of 4 GiB has 300 KiB of hashes
	maxTable  = 64 << 20 // bytes of version 3's table of addresses
	maxImage  = 1 << 40  // bytes
)

func sniff(r io.ReaderAt, size int64) bool {
	b := bin.Head(r, size, 32)
	if len(b) < 32 {
		return false
	}
	switch b[0] {
	case 1, 2:
		return plausible(b, size) && func() bool { _, err := readOld(r, size); return err == nil }()
	case 3:
		n := bin.Big(b[4:], 4).U32()
		return string(b[1:4]) == "SIN" && n >= 24 && n <= maxHeader
	}
	return false
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	head := bin.Head(r, size, 1)
	f := &file{r: r, size: size, budget: b, parts: image.NewParts(r, size)}
	var err error
	switch {
	case len(head) == 1 && (head[0] == 1 || head[0] == 2):
		err = f.openOld()
	case len(head) == 1 && head[0] == 3:
		err = f.openNew()
	default:
		err = image.Errorf(image.Malformed, 0, "no SIN of version 1, 2 or 3")
	}
	if err != nil {
		return nil, err
	}
	f.settle()
	return f.parts, nil
}

// file is one SIN.
type file struct {
	r      io.ReaderAt
	size   int64
	budget *image.Budget
	parts  *image.Parts
	runs   []run // where the image's bytes are; by address once settled
	hashes []hashed
	length int64 // of the image
}

// run is one block of the image.
type run struct {
	at     int64 // in the image
	length int64
	from   int64 // in the file
	packed int64 // bytes of LZ4; 0 for a stored block
	sum    []byte
	header int64 // offset of what says all this
}

// hashed is a stretch of the file that the header has a hash of.
type hashed struct {
	from, length int64
	sum          []byte // 20 bytes of SHA1 or 32 of SHA256
}

// sumKind tells by its length what a hash is.
func sumKind(sum []byte) string {
	switch len(sum) {
	case 20:
		return "sha1"
	case 32:
		return "sha256"
	}
	return ""
}
