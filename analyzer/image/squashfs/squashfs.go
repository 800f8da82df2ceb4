// Package squashfs reads SquashFS 4.0 filesystems in place.
//
// In: the bytes of a partition or of a file that holds one. Out: an [image.Index] whose files read straight from
// those bytes or, where they are compressed, decode the block they are asked for, once, into the shared cache.
//
//	fsys, err := squashfs.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "app/X/X.apk")
//
// Limit: versions 1 to 3, big-endian images and the magics of router makers are recognised and refused.
package squashfs

import (
	"io"
	"io/fs"

	"romscan/analyzer/image"
)

// Format describes SquashFS.
func Format() image.Format {
	return image.Format{
		Name: "squashfs",
		Doc:  "SquashFS 4.0: the system of Android-x86 and of many TV boxes and some odm and vendor partitions.",
		Refs: []string{
			"https://docs.kernel.org/filesystems/squashfs.html",
			"linux: fs/squashfs/squashfs_fs.h, fs/squashfs/dir.c, fs/squashfs/xattr.c",
			"squashfs-tools 4.5: lzma_xz_wrapper.c (what an LZMA block is)",
		},
		Limits: []string{
			"versions 1 to 3, big-endian images and makers' own magics (hsqt, shsq, sqlz, qshs, tqsh) are refused with their version",
			"LZMA blocks are read as squashfs-tools writes them, with a 13-byte header; makers' variants are refused block by block",
			"no image made for a device was met: read from images of squashfs-tools and of other projects' tests",
			"times, the export table and extended attributes other than security.selinux are not kept",
		},
		Filesystem: true,
		Sniff:      sniff,
		Open:       open,
	}
}

// volume is an opened filesystem. After open only its caches change; it is safe for concurrent use.
type volume struct {
	super
	r      io.ReaderAt
	size   int64
	budget *image.Budget
	codecs codecs
	xattrs xattrTable
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	sb, err := readSuper(r, size)
	if err != nil {
		return nil, err
	}
	v := &volume{super: sb, r: r, size: size, budget: b}
	return v.index()
}
