// Package cramfs reads cramfs filesystems in place.
//
// In: the bytes of an image, of either byte order. Out: an [image.Index] whose files decode the block they are asked
// for, once, into the shared cache; blocks that are not compressed are read where they lie.
//
//	fsys, err := cramfs.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "bin/init")
//
// Limit: nothing in an image says how large its blocks are; it is found by trying.
package cramfs

import (
	"encoding/binary"
	"io"
	"io/fs"
	"sync"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes cramfs.
func Format() image.Format {
	return image.Format{
		Name: "cramfs",
		Doc:  "cramfs: compressed read-only filesystems of set-top boxes, feature phones and early Linux devices.",
		Refs: []string{
			"linux: include/uapi/linux/cramfs_fs.h, fs/cramfs/inode.c, fs/cramfs/README",
			"util-linux: disk-utils/mkfs.cramfs.c",
		},
		Limits: []string{
			"blocks are taken to be of 4 to 64 KiB, as the first file of more than one shows",
			"no image made for a device was met: read from images of mkfs.cramfs and of other projects' tests",
		},
		Filesystem: true,
		Sniff:      sniff,
		Open:       open,
	}
}

const (
	magic     = 0x28CD3D45
	signature = "Compressed ROMFS"
	superSize = 76
	bootPad   = 512 // images with boot code in front begin here
	crcOffset = 32

	flagVersion2 = 1 << 0
	flagsKnown   = 0xFF | 1<<8 | 1<<9 | 1<<10 | 1<<11 // CRAMFS_SUPPORTED_FLAGS
)

// super is what is needed of the superblock (struct cramfs_super).
type super struct {
	order binary.ByteOrder
	at    int64 // of the superblock
	size  int64 // of the image; 0 in version 1 means unknown
	flags uint32
	crc   uint32 // of all of the image, in version 2
	root  inode
}

// readSuper looks for a superblock at both places. ok is false where there is none.
func readSuper(r io.ReaderAt, size int64) (s super, ok bool) {
	head := bin.Head(r, size, bootPad+superSize)
	for _, at := range []int{0, bootPad} {
		if at+superSize > len(head) {
			return s, false
		}
		raw := head[at : at+superSize]
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			if order.Uint32(raw) == magic && string(raw[16:32]) == signature {
				s = super{order: order, at: int64(at), size: int64(order.Uint32(raw[4:])), flags: order.Uint32(raw[8:]), crc: order.Uint32(raw[crcOffset:])}
				s.root = s.inode(raw[64:], int64(at)+64)
				return s, true
			}
		}
	}
	return s, false
}

func sniff(r io.ReaderAt, size int64) bool {
	_, ok := readSuper(r, size)
	return ok
}

// volume is an opened filesystem. After open only its caches change; it is safe for concurrent use.
type volume struct {
	super
	*image.Index
	r         io.ReaderAt
	have      int64 // bytes there
	blockSize int64
	budget    *image.Budget
	zlib      *sync.Pool // of decoders
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	s, ok := readSuper(r, size)
	if !ok {
		return nil, image.Errorf(image.Malformed, 0, "no superblock of cramfs")
	}
	if s.flags&^flagsKnown != 0 {
		return nil, image.Errorf(image.Unsupported, s.at+8, "features 0x%x", s.flags&^flagsKnown)
	}
	if !s.root.mode.IsDir() {
		return nil, image.Errorf(image.Malformed, s.at+64, "the root is no directory")
	}
	v := &volume{super: s, Index: image.NewIndex(), r: r, have: size, blockSize: minBlock, budget: b, zlib: &sync.Pool{}}
	if s.flags&flagVersion2 != 0 && s.size > size {
		v.Miss("", image.Errorf(image.Truncated, size, "the image is said to have %d bytes", s.size))
	}
	v.list()
	return v, nil
}
