// Package ext4 reads ext2, ext3 and ext4 filesystems in place.
//
// In: the bytes of a partition. Out: an [image.Index] whose files read straight from those bytes, run of
// contiguous blocks by run, with mode, owner, SELinux label and the offset of the first data block.
//
//	fsys, err := ext4.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "app/X/X.apk")
//
// Limit: the journal is not replayed; encrypted files are refused, not decrypted.
package ext4

import (
	"encoding/binary"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes ext2, ext3 and ext4.
func Format() image.Format {
	return image.Format{
		Name: "ext4",
		Doc:  "Linux ext2/ext3/ext4: the system, vendor and product partitions of most Android devices up to 12, and the payload of many APEX files.",
		Refs: []string{
			"https://docs.kernel.org/filesystems/ext4/",
			"linux: fs/ext4/ext4.h, fs/ext4/xattr.h, fs/ext4/inline.c; checksums: namei.c, extents.c, xattr.c, inode.c",
			"AOSP system/extras: ext4_utils/contents.cpp",
		},
		Limits: []string{
			"a journal that was not replayed is reported, not replayed",
			"of metadata checksums those of superblock, group descriptors, inodes and the blocks of directories, extents and attributes are verified, on demand; not those of bitmaps and the journal",
			"encrypted files and directories are reported, not decrypted",
			"e2compr files and external journals are refused",
			"extended attributes held in inodes of their own (ea_inode) are ignored",
		},
		Filesystem: true,
		Sniff:      sniff,
		Open:       open,
	}
}

// volume is an opened filesystem. It is immutable after open and safe for concurrent use.
type volume struct {
	super
	r      io.ReaderAt
	size   int64 // of the image, perhaps less than the filesystem's
	budget *image.Budget
}

func sniff(r io.ReaderAt, size int64) bool {
	if size < superOffset+superSize {
		return false
	}
	var magic [2]byte
	if _, err := r.ReadAt(magic[:], superOffset+0x38); err != nil || binary.LittleEndian.Uint16(magic[:]) != superMagic {
		return false
	}
	_, err := readSuper(r, size)
	return err == nil
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	sb, err := readSuper(r, size)
	if err != nil {
		return nil, err
	}
	if sb.incompat&incompatJournalDev != 0 {
		return nil, image.Errorf(image.Unsupported, superOffset, "an external journal, not a filesystem")
	}
	v := &volume{super: sb, r: r, size: size, budget: b}
	x, err := v.index()
	if err != nil {
		return nil, err
	}
	return &mounted{x, v}, nil
}

// blockKey finds a metadata block in the shared cache.
type blockKey struct {
	v *volume
	n int64
}

// block returns one block of metadata; it must not be changed.
func (v *volume) block(n int64) ([]byte, error) {
	if n <= 0 || n > v.size>>v.blockBits {
		return nil, image.Errorf(image.Truncated, -1, "metadata block %d lies outside of the image's %d", n, v.size>>v.blockBits)
	}
	return v.budget.Cached(blockKey{v, n}, func() ([]byte, error) {
		return bin.ReadAt(v.r, v.size, n<<v.blockBits, v.blockSize, v.blockSize)
	})
}
