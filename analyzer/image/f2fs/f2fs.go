// Package f2fs reads F2FS, the Flash-Friendly File System, in place.
//
// In: the bytes of a partition. Out: an FS whose files read straight from those bytes or, where they are compressed,
// decode the cluster they are asked for, once, into the shared cache.
//
//	fsys, err := f2fs.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "app/X/X.apk")
//
// Limit: the tree is that of the last checkpoint; what was synced after it is not rolled forward.
package f2fs

import (
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes F2FS.
func Format() image.Format {
	return image.Format{
		Name: "f2fs",
		Doc:  "The Flash-Friendly File System: system, vendor and product partitions of Samsung and others, mostly read-only and compressed, and user data.",
		Refs: []string{
			"linux: include/linux/f2fs_fs.h, fs/f2fs/compress.c, fs/f2fs/checkpoint.c, fs/f2fs/node.c",
			"f2fs-tools 1.15: fsck/mount.c, lib/libf2fs.c",
			"https://docs.kernel.org/filesystems/f2fs.html",
			"https://docs.kernel.org/staging/lzo.html",
		},
		Limits: []string{
			"encrypted files and the names in encrypted directories are reported, not read",
			"data on further devices is refused file by file",
			"files synced after the last checkpoint are as they were then; orphans are not looked for",
			"no device's image was met: read from images of mkfs.f2fs and sload.f2fs 1.15 (LZ4 and LZO clusters among them); Zstandard and LZO-RLE clusters and blocks of 16 KiB from images made by the definition",
			"makers' own cluster layouts (fixed output) are refused cluster by cluster",
			"times and extended attributes other than security.selinux are not kept",
		},
		Filesystem: true,
		Sniff:      sniff,
		Open:       open,
	}
}

// FS is an opened filesystem. It implements [image.Gapper] and [image.Verifier].
type FS struct {
	*image.Index
	v     *volume
	files []named // for Verify, in the order they were found
}

type named struct {
	nid  uint32
	name string
}

// volume is an opened filesystem. After open only its caches change; it is safe for concurrent use.
type volume struct {
	super
	r       io.ReaderAt
	size    int64
	budget  *image.Budget
	pack    pack
	journal map[uint32]uint32 // addresses of nodes that are newer than those in the NAT
	codecs  codecs
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	copies := readSupers(r, size)
	sb, err := choose(copies)
	if err != nil {
		return nil, err
	}
	v := &volume{super: sb, r: r, size: size, budget: b}
	if err := v.openPack(); err != nil {
		return nil, err
	}
	journal := v.readJournal()
	w, err := v.index()
	if err != nil {
		return nil, err
	}
	for _, c := range copies {
		if c.err != nil {
			w.x.Miss("", c.err)
		}
	}
	if v.pack.suspect != nil {
		w.x.Miss("", v.pack.suspect)
	}
	if journal != nil {
		w.x.Miss("", journal)
	}
	w.tellShape()
	return &FS{Index: w.x, v: v, files: w.files}, nil
}

// blockKey finds a metadata block in the shared cache.
type blockKey struct {
	v  *volume
	at uint32
}

// block returns a block of metadata; it must not be changed.
func (v *volume) block(at uint32) ([]byte, error) {
	return v.budget.Cached(blockKey{v, at}, func() ([]byte, error) {
		if err := v.here(at); err != nil {
			return nil, err
		}
		return bin.ReadAt(v.r, v.size, v.address(at), v.blockSize, v.blockSize)
	})
}

// address returns where a block begins, in bytes.
func (v *volume) address(at uint32) int64 { return int64(at) << v.blockBits }

// here refuses blocks that lie on a further device.
func (v *volume) here(at uint32) error {
	if int64(at) >= v.deviceBlocks {
		return image.Errorf(image.Unsupported, -1, "block %d lies on another device", at)
	}
	return nil
}
