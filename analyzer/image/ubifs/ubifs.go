// Package ubifs reads UBIFS filesystems in place.
//
// In: the bytes of a UBI volume, or of an image as mkfs.ubifs writes it: logical erase blocks one after the other.
// Out: an [image.Index] of what the index and the journal tell; the nodes a file is made of are decoded when they are
// read, each once, into the shared cache.
//
//	fsys, err := ubifs.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "etc/passwd")
//
// Limit: nodes are found through the index, so that opening reads a little at many places.
package ubifs

import (
	"io"
	"io/fs"

	"romscan/analyzer/image"
)

// Format describes UBIFS.
func Format() image.Format {
	return image.Format{
		Name: "ubifs",
		Doc:  "UBIFS: the filesystem on UBI volumes, of devices with raw NAND flash.",
		Refs: []string{"linux: fs/ubifs/ubifs-media.h, fs/ubifs/replay.c, fs/ubifs/tnc.c", "mtd-utils: ubifs-utils/mkfs.ubifs"},
		Limits: []string{
			"files and names that are encrypted stay so: files are refused one by one, names are shown in hexadecimal digits",
			"signatures of authenticated filesystems are not checked, only the checksums of nodes",
			"where the index is damaged all nodes are looked over instead, and files may come back that were deleted",
			"no image made for a device was met: read from images of mkfs.ubifs and of other projects' tests",
		},
		Filesystem: true,
		Sniff:      sniff,
		Open:       open,
	}
}

// volume is an opened filesystem; it is safe for concurrent use.
type volume struct {
	super
	*image.Index
	r      io.ReaderAt
	size   int64
	budget *image.Budget
	codec  *codec
	good   int64 // bytes of nodes that were compared when the filesystem was opened
	bad    []image.Check
	files  []listed
}

// listed is a regular file as Verify goes through them.
type listed struct {
	name  string
	inode *inode
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	s, whole, err := readSuper(r, size)
	if err != nil {
		return nil, err
	}
	v := &volume{super: s, Index: image.NewIndex(), r: r, size: size, budget: b, codec: newCodec()}
	if !whole {
		v.Miss("", image.Errorf(image.Malformed, 0, "the superblock has a wrong checksum"))
	}
	t := newTree(v)
	if err := t.load(); err != nil {
		v.Miss("", err)
		v.Miss("", image.Errorf(image.Malformed, -1, "the index cannot be used: files are what all nodes together tell, and may have been deleted"))
		if err := t.rebuild(); err != nil {
			v.Miss("", err)
		}
	}
	v.list(t)
	return v, nil
}
