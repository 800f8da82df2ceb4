// Package romfs reads romfs filesystems in place.
//
// In: the bytes of an image. Out: an [image.Index]; files are not compressed and lie in one piece, so that every file
// is a section of the image.
//
//	fsys, err := romfs.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "etc/passwd")
//
// Limit: the format has no owners and one permission bit; modes are those that Linux shows.
package romfs

import (
	"bytes"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	magic      = "-rom1fs-"
	align      = 16 // of headers and data
	headerSize = 16 // of a file, before the name
	checked    = 512
	maxName    = 128 // ROMFS_MAXFN
)

// Format describes romfs.
func Format() image.Format {
	return image.Format{
		Name: "romfs",
		Doc:  "romfs: small read-only filesystems of routers, set-top boxes and microcontroller Linux.",
		Refs: []string{"https://docs.kernel.org/filesystems/romfs.html", "linux: include/uapi/linux/romfs_fs.h, fs/romfs/super.c"},
		Limits: []string{
			"no image made for a device was met: read from images of genromfs and of other projects' tests",
		},
		Filesystem: true,
		Sniff:      sniff,
		Open:       open,
	}
}

// sniff wants the name of the volume to end and the size to be one that an image can have.
func sniff(r io.ReaderAt, size int64) bool {
	head := bin.Head(r, size, headerSize+maxName)
	if len(head) < 2*align || string(head[:len(magic)]) != magic {
		return false
	}
	c := bin.Big(head[len(magic):], int64(len(magic)))
	return c.U32() >= 2*align && bytes.IndexByte(head[headerSize:], 0) >= 0
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	if !sniff(r, size) {
		return nil, image.Errorf(image.Malformed, 0, "no superblock of romfs")
	}
	head, err := bin.ReadAt(r, size, 0, headerSize, headerSize)
	if err != nil {
		return nil, err
	}
	v := &volume{Index: image.NewIndex(), r: r, size: size, budget: b, met: map[int64]struct{}{}}
	c := bin.Big(head, 0)
	c.Skip(len(magic))
	full := int64(c.U32())
	if full > size {
		v.Miss("", image.Errorf(image.Truncated, size, "the image is said to have %d bytes", full))
	}
	v.end = min(full, size)
	name, err := v.name(0)
	if err != nil {
		return nil, err
	}
	v.headers = append(v.headers, header{length: min(checked, full), place: "volume"})
	if found, err := v.sum(0, min(checked, full)); err == nil && found != 0 {
		v.Miss("", image.Errorf(image.Malformed, 0, "the checksum of the first bytes is wrong"))
	}
	v.list(headerSize + padded(name))
	return v, nil
}

// padded returns what a name takes: its bytes, the NUL and what fills up to the alignment.
func padded(name string) int64 { return (int64(len(name)) + align) &^ (align - 1) }
