// Package yaffs2 reads YAFFS2 filesystems in place.
//
// In: an image as mkyaffs2image writes it, or a dump of NAND with the spare bytes behind each page. Out: an
// [image.Index] whose files are read where they lie: an address translation from the chunks of a file to pages.
//
//	fsys, err := yaffs2.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "app/Phone.apk")
//
// Limit: nothing says how large pages are and where in the spare bytes the tags lie; that is found by trying, and
// what does not agree over many pages is taken for no YAFFS2.
package yaffs2

import (
	"io"
	"io/fs"

	"romscan/analyzer/image"
)

// Format describes YAFFS2.
func Format() image.Format {
	return image.Format{
		Name: "yaffs2",
		Doc:  "YAFFS2: the system and data partitions of Android phones of 2008 to 2012 with raw NAND (HTC, Samsung, Motorola, Huawei).",
		Refs: []string{
			"yaffs2: yaffs_guts.h, yaffs_packedtags2.c, yaffs_yaffs2.c, yaffs_nameval.c, utils/mkyaffs2image.c",
			"unyaffs 0.9.7 (which layouts there are)",
		},
		Limits: []string{
			"pages of 512 to 16384 bytes with their usual spare bytes, the tags in one piece; tags spread over the spare bytes, or at the end of pages, are not found",
			"YAFFS1 is not read; bit errors are not corrected by ECC",
			"dumps that begin with no object header are recognised where they are of whole erase blocks",
			"pages that no chunk of a file is in read as zeros: holes and losses look alike, and are told as gaps",
			"no dump of a phone was met: read from images of other projects' tests and of our own tests, which unyaffs agrees with",
		},
		Filesystem: true,
		Sniff:      sniff,
		Open:       open,
	}
}

func sniff(r io.ReaderAt, size int64) bool {
	_, ok := guess(r, size)
	return ok
}

// volume is an opened filesystem; it is safe for concurrent use.
type volume struct {
	*image.Index
	geometry
	r      io.ReaderAt
	size   int64
	budget *image.Budget
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	g, ok := guess(r, size)
	if !ok {
		return nil, image.Errorf(image.Malformed, 0, "no pages of YAFFS2")
	}
	v := &volume{Index: image.NewIndex(), geometry: g, r: r, size: size, budget: b}
	if rest := size % g.chunk(); rest != 0 {
		v.Miss("", image.Errorf(image.Truncated, size, "the last page has %d of %d bytes", rest, g.chunk()))
	}
	s := &scan{volume: v, objects: map[uint32]*object{}}
	if err := s.run(); err != nil {
		v.Miss("", err)
	}
	v.list(s)
	return v, nil
}
