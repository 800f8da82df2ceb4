// Package erofs reads EROFS filesystems in place, compressed or not.
//
// In: the bytes of a partition. Out: an [image.Index] whose files read straight from those bytes or, where they
// are compressed, decode the physical cluster they are asked for, once, into the shared cache.
//
//	fsys, err := erofs.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "app/X/X.apk")
//
// Limit: data on further devices is read only where their files lie beside the image.
package erofs

import (
	"encoding/binary"
	"io"
	"io/fs"
	"sync"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes EROFS.
func Format() image.Format {
	return image.Format{
		Name: "erofs",
		Doc:  "The Enhanced Read-Only File System: system, vendor and product partitions since Android 13, of Huawei since 2019, and the payload of many APEX files.",
		Refs: []string{
			"https://docs.kernel.org/filesystems/erofs.html",
			"erofs-utils 1.9.3: include/erofs_fs.h, lib/zmap.c, lib/data.c, lib/decompress.c",
			"linux: fs/erofs/zmap.c, fs/erofs/xattr.c",
			"Huawei's kernel of EMUI 9, https://github.com/Coconutat/android_kernel_huawei_vtr_emui9_KernelSU (fs/erofs: erofs_fs.h, unzip_vle.c)",
			"https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md",
		},
		Limits: []string{
			"LZMA, DEFLATE, Zstandard, deduplication, fragments, the 48-bit layout and the metabox were read from images of erofs-utils 1.9.3, not from a device's",
			"data on extra devices is read where they lie beside (the file called as the device's tag, the only one of its size, or the only one called after the image) or were appended to the image; else refused file by file. No device's image with any was met",
			"of Huawei's layout from before the mainline kernel what its kernel of EMUI 9 has is read (records that name their heads), from images made for the tests: no device's was met; an image with unknown feature bits is refused with their numbers",
			"times and extended attributes other than security.selinux are not kept",
		},
		Filesystem: true,
		Sniff:      sniff,
		Open:       open,
		OpenSet:    openSet,
		Beside:     beside,
	}
}

// volume is an opened filesystem. After open only its caches change; it is safe for concurrent use.
type volume struct {
	super
	device  space     // the image
	box     *space    // the content of the metabox inode, nil where there is none
	devices []device  // the further devices, by their numbers less 1
	regions []*device // those of them with addresses of their own, in ascending order
	prefix  []longPrefix
	budget  *image.Budget
	packed  func() (*content, error) // the inode of which fragments are part
	codecs  codecs
}

// space is where metadata lies. Its size bounds whatever is told about it.
type space struct {
	r    io.ReaderAt
	size int64
	base int64 // of inode 0
}

func sniff(r io.ReaderAt, size int64) bool {
	var head [16]byte
	if size < superOffset+superSize {
		return false
	}
	if _, err := r.ReadAt(head[:], superOffset); err != nil {
		return false
	}
	bits := head[12]
	return binary.LittleEndian.Uint32(head[:]) == superMagic && bits >= minBlockBits && bits <= maxBlockBits
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	return openSet([]image.Part{{ReaderAt: r, Size: size}}, b)
}

// openSet opens an image, which comes first, with the files of its further devices.
func openSet(parts []image.Part, b *image.Budget) (fs.FS, error) {
	r, size := parts[0].ReaderAt, parts[0].Size
	sb, err := readSuper(r, size)
	if err != nil {
		return nil, err
	}
	v := &volume{super: sb, budget: b, device: space{r: r, size: size, base: sb.address(sb.metaBlock)}}
	v.packed = sync.OnceValues(v.openPacked)
	if err := v.readDevices(parts[0].Name, parts[1:]); err != nil {
		return nil, err
	}
	if sb.incompat&incompatMetabox != 0 {
		if err := v.openBox(); err != nil {
			return nil, err
		}
	}
	x, err := v.index()
	if err != nil {
		return nil, err
	}
	return &mounted{x, v}, nil
}

// openBox makes the content of the metabox inode readable as metadata.
func (v *volume) openBox() error {
	i, err := v.inode(v.boxNID)
	if err != nil {
		return err
	}
	v.box = &space{r: v.content(i), size: i.size}
	return nil
}

func (v *volume) openPacked() (*content, error) {
	if v.incompat&incompatFragments == 0 || v.packedNID == 0 {
		return nil, image.Errorf(image.Malformed, superOffset+0x60, "a fragment, but no packed inode")
	}
	i, err := v.inode(v.packedNID)
	if err != nil {
		return nil, err
	}
	c := v.content(i)
	c.whole = true
	return c, nil
}

// address returns where a block begins, in bytes. Numbers no image can have saturate.
func (sb *super) address(block int64) int64 { return min(block, 1<<(62-maxBlockBits)) << sb.blockBits }

// blockKey finds a metadata block in the shared cache.
type blockKey struct {
	s *space
	n int64
}

// meta returns n bytes of metadata; they must not be changed.
func (v *volume) meta(s *space, off, n int64) ([]byte, error) {
	block := off >> v.blockBits
	if off < 0 || n <= 0 || off > s.size || n > s.size-off || (off+n-1)>>v.blockBits != block {
		return bin.ReadAt(s.r, s.size, off, n, maxMeta)
	}
	start := block << v.blockBits
	raw, err := v.budget.Cached(blockKey{s, block}, func() ([]byte, error) {
		return bin.ReadAt(s.r, s.size, start, min(v.blockSize, s.size-start), v.blockSize)
	})
	if err != nil {
		return nil, err
	}
	return raw[off-start : off-start+n], nil
}

// maxMeta bounds one piece of metadata, in bytes: the extended attributes of an inode are the largest.
const maxMeta = 1 << 20
