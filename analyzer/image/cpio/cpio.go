// Package cpio reads cpio archives in place: what every Android ramdisk is, below its compression.
//
// In: one archive or several one after the other with zeros between, as the kernel takes them for its first root
// file system; each newc, crc, odc or the old binary kind. Out: an [image.Index] whose files are stretches of the
// archive; a later entry replaces an earlier one of the same name, as it does when the kernel unpacks.
//
//	fsys, err := cpio.Format().Open(r, size, budget)
//	b, err := fs.ReadFile(fsys, "init.rc")
//
// Limit: a compressed archive behind a plain one (kernels allow it) is reported with its size, not opened.
package cpio

import (
	"bytes"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Format describes cpio archives.
func Format() image.Format {
	return image.Format{
		Name: "cpio",
		Doc:  "cpio archive: the ramdisk of boot, init_boot, vendor_boot and recovery images of every Android device.",
		Refs: []string{
			"Linux Documentation/driver-api/early-userspace/buffer-format.rst",
			"Linux init/initramfs.c",
			"https://man.freebsd.org/cgi/man.cgi?query=cpio&sektion=5",
		},
		Limits: []string{
			"what is neither zeros nor another plain archive behind an archive is reported, not read",
			"the numbers of device files are not kept",
		},
		Filesystem: true,
		Sniff:      sniff,
		Open:       open,
	}
}

// sniff wants a sound header, a name that ends where it should and, where there is one, a second header behind
// the first entry: the magic of the binary kind is two bytes only.
func sniff(r io.ReaderAt, size int64) bool {
	h, err := readHeader(r, size, 0)
	if err != nil || h.name == "" || len(h.name)+1 != int(h.nameSize) {
		return false
	}
	if h.name == trailer {
		return h.size == 0
	}
	if _, ok := image.UnixMode(h.mode); !ok {
		return false
	}
	if h.next > size-2 {
		return !h.layout.binary() // cut in its first file: believed of the kinds with a long magic
	}
	head, err := bin.ReadAt(r, size, h.next, min(size-h.next, magicSize), magicSize)
	return err == nil && layoutOf(head) != nil
}

func open(r io.ReaderAt, size int64, b *image.Budget) (fs.FS, error) {
	if _, err := readHeader(r, size, 0); err != nil {
		return nil, err
	}
	w := &walker{r: r, size: size, budget: b, x: image.NewIndex()}
	w.walk()
	return &archive{Index: w.x, r: r, sums: w.sums}, nil
}

type walker struct {
	r       io.ReaderAt
	size    int64
	budget  *image.Budget
	x       *image.Index
	links   map[inode]*linked // of the archive being read; emptied by its trailer
	sums    []sum
	entries int64
}

// walk reads one archive after the other.
func (w *walker) walk() {
	for pos := int64(0); pos < w.size; {
		end, ok := w.archive(pos)
		if !ok {
			return
		}
		if pos, ok = w.skipZeros(end); !ok {
			return
		}
		head, err := bin.ReadAt(w.r, w.size, pos, min(w.size-pos, magicSize), magicSize)
		if err != nil {
			w.x.Miss("", err)
			return
		}
		if layoutOf(head) == nil {
			w.x.Miss("", image.Errorf(image.Unsupported, pos, "%d bytes follow the archive: %s", w.size-pos, follower(head)))
			return
		}
	}
}

// archive reads the entries up to the trailer and returns where that ends; ok is false where reading cannot go on.
func (w *walker) archive(pos int64) (end int64, ok bool) {
	w.links = map[inode]*linked{}
	for {
		if pos == w.size {
			w.x.Miss("", image.Errorf(image.Truncated, pos, "the archive ends without a trailer"))
			return pos, false
		}
		h, err := readHeader(w.r, w.size, pos)
		if err != nil {
			w.x.Miss("", err)
			return pos, false
		}
		if h.name == trailer {
			return h.next, true
		}
		if w.entries++; w.entries > w.budget.Files {
			w.x.Miss("", image.Errorf(image.OverBudget, pos, "more than %d files", w.budget.Files))
			return pos, false
		}
		w.add(h)
		if h.size > w.size-h.data {
			w.x.Miss(h.name, image.Errorf(image.Truncated, w.size, "%d bytes stated, %d there", h.size, w.size-h.data))
			return pos, false
		}
		// Padding may be missing behind the very last file.
		pos = min(h.next, w.size)
	}
}

// skipZeros returns where the padding behind an archive ends; ok is false at the end of the input.
func (w *walker) skipZeros(pos int64) (int64, bool) {
	buf := make([]byte, 64<<10)
	for pos < w.size {
		n, err := w.r.ReadAt(buf[:min(int64(len(buf)), w.size-pos)], pos)
		if rest := bytes.TrimLeft(buf[:n], "\x00"); len(rest) > 0 {
			return pos + int64(n-len(rest)), true
		}
		pos += int64(n)
		if n == 0 {
			w.x.Miss("", image.Errorf(image.Unreadable, pos, "%v", err))
			return pos, false
		}
	}
	return pos, false
}

// follower names what kernels accept behind a plain archive, by its magic (lib/decompress.c).
func follower(head []byte) string {
	for _, m := range []struct{ magic, name string }{
		{"\x1F\x8B", "gzip"}, {"\x02\x21\x4C\x18", "lz4"}, {"\xFD7zXZ\x00", "xz"}, {"\x28\xB5\x2F\xFD", "zstd"},
		{"\x5D\x00\x00", "lzma"}, {"BZh", "bzip2"}, {"\x89LZO", "lzop"},
	} {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			return m.name + ", compressed"
		}
	}
	return "not an archive"
}
