package squashfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// features are the ways of mksquashfs that a reader has to tell apart.
var features = [][]string{
	{"-comp", "gzip"},
	{"-comp", "gzip", "-b", "4K"},
	{"-comp", "gzip", "-b", "1M", "-always-use-fragments"},
	{"-comp", "lzma", "-b", "256K"},
	{"-comp", "lzo"},
	{"-comp", "lzo", "-b", "1M", "-Xalgorithm", "lzo1x_1"},
	{"-comp", "xz", "-b", "64K", "-Xbcj", "arm"},
	{"-comp", "xz", "-b", "1M", "-Xdict-size", "50%"},
	{"-comp", "lz4"},
	{"-comp", "lz4", "-Xhc", "-b", "8K"},
	{"-comp", "zstd", "-b", "128K"},
	{"-comp", "zstd", "-b", "1M", "-Xcompression-level", "3", "-always-use-fragments"},
	{"-comp", "zstd", "-no-fragments"},
	{"-comp", "gzip", "-noI"},
	{"-comp", "lz4", "-noD"},
	{"-comp", "lz4", "-noF"},
	{"-comp", "lz4", "-noD", "-noF", "-noI", "-noX"},
	{"-comp", "lz4", "-noD", "-no-fragments"},
	{"-comp", "gzip", "-no-sparse", "-no-duplicates", "-no-exports", "-no-xattrs"},
}

func TestFeatures(t *testing.T) {
	tree := makeTree(t)
	want := digests(t, os.DirFS(tree))
	for _, args := range features {
		t.Run(strings.Join(args, "_"), func(t *testing.T) {
			t.Parallel()
			img := mksquashfs(t, tree, args...)
			fsys := treetest.LoadFile(t, Format(), img)
			compare(t, want, fsys)
			all := strings.Join(args, " ")
			if n := checkOffsets(t, treetest.BytesOf(t, img), fsys); n < 300 && strings.Contains(all, "-noD -no") {
				t.Errorf("%d files have an offset", n)
			}
		})
	}
}

func TestFS(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "a/b/c", treetest.Prose(1, 300<<10))
	treetest.Write(t, tree, "a/d", []byte("d"))
	if err := os.Symlink("d", filepath.Join(tree, "a/l")); err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(treetest.LoadFile(t, Format(), mksquashfs(t, tree)), "a/b/c", "a/d", "a/l"); err != nil {
		t.Error(err)
	}
}

// TestPseudo reads what a tree cannot have without rights: devices, owners, and attributes.
func TestPseudo(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "file", []byte("file"))
	img := mksquashfs(t, tree, "-p", "null c 666 1000 2000 1 3", "-p", "loop b 660 0 0 7 0", "-p", "pipe i 600 0 0 f", "-p", "sock i 600 0 0 s")
	fsys := treetest.LoadFile(t, Format(), img)
	for name, want := range map[string]fs.FileMode{
		"null": fs.ModeDevice | fs.ModeCharDevice | 0o666, "loop": fs.ModeDevice | 0o660, "pipe": fs.ModeNamedPipe | 0o600, "sock": fs.ModeSocket | 0o600,
	} {
		info, err := fs.Lstat(fsys, name)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	info, err := fs.Lstat(fsys, "null")
	if err != nil {
		t.Fatal(err)
	}
	if a := info.Sys().(*image.Attr); a.UID != 1000 || a.GID != 2000 {
		t.Errorf("null belongs to %d:%d", a.UID, a.GID)
	}
}

// TestLargeDirectory reads a listing of more than 64 KiB, which an inode of the basic type cannot have.
func TestLargeDirectory(t *testing.T) {
	var pseudo strings.Builder
	for k := range 2600 {
		fmt.Fprintf(&pseudo, "big/%s%04d s 777 0 0 t%d\n", strings.Repeat("x", 30), k, k)
	}
	tree := t.TempDir()
	list := filepath.Join(t.TempDir(), "list")
	treetest.Write(t, tree, "big/first", nil)
	treetest.Write(t, filepath.Dir(list), "list", []byte(pseudo.String()))
	fsys := treetest.LoadFile(t, Format(), mksquashfs(t, tree, "-pf", list))
	entries, err := fs.ReadDir(fsys, "big")
	if err != nil || len(entries) != 2601 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	for k, e := range entries[1:] {
		if link, err := fs.ReadLink(fsys, "big/"+e.Name()); err != nil || link != fmt.Sprintf("t%d", k) {
			t.Fatalf("%s: %q, %v", e.Name(), link, err)
		}
	}
}

// TestConcurrent reads one file from many goroutines.
func TestConcurrent(t *testing.T) {
	tree := t.TempDir()
	data := treetest.Prose(1, 1<<20+5)
	treetest.Write(t, tree, "f", data)
	for _, comp := range []string{"gzip", "zstd", "xz"} {
		fsys := treetest.LoadFile(t, Format(), mksquashfs(t, tree, "-comp", comp))
		f, err := fsys.Open("f")
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for k := range 8 {
			wg.Go(func() {
				buf := make([]byte, 70000)
				for off := k * 1000; off+len(buf) < len(data); off += 133333 {
					n, err := f.(interface {
						ReadAt([]byte, int64) (int, error)
					}).ReadAt(buf, int64(off))
					if err != nil || string(buf[:n]) != string(data[off:off+len(buf)]) {
						t.Errorf("%s at %d: %v", comp, off, err)
					}
				}
			})
		}
		wg.Wait()
	}
}

// TestCorpus compares every file of real firmware trees.
func TestCorpus(t *testing.T) {
	for k, name := range []string{"htc-evo4g-kingdom-2011-11", "allcall-w2-watch", "symphony-h400-60"} {
		tree := corpustest.Dir(t, "trees", "trees", name)
		if _, err := os.Stat(tree); err != nil {
			t.Skip("no corpus")
		}
		args := [][]string{{"-comp", "lz4"}, {"-comp", "lzo", "-Xalgorithm", "lzo1x_1"}, {"-comp", "zstd", "-Xcompression-level", "3"}}[k]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			compare(t, digests(t, os.DirFS(tree)), treetest.LoadFile(t, Format(), mksquashfs(t, tree, args...)))
		})
	}
}

// TestSamples opens images made by others, and names the versions that are refused.
func TestSamples(t *testing.T) {
	dir := corpustest.Dir(t, "trees", "formats", "squashfs")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no corpus")
	}
	for _, name := range []string{"gzip", "lz4", "lzma", "lzo", "xz"} {
		fsys := treetest.LoadFile(t, Format(), filepath.Join(dir, name+".sqfs"))
		got := digests(t, fsys)
		for file, size := range map[string]int64{"generic folder/test file 3_.txt": 20, "testfile1": 62, "testfile2": 28} {
			if got[file].Size != size || got[file].Sum == "" {
				t.Errorf("%s: %s: %+v", name, file, got[file])
			}
		}
	}
	if n := len(digests(t, treetest.LoadFile(t, Format(), filepath.Join(dir, "avm_le.sqfs4")))); n != 5 {
		t.Errorf("avm_le: %d files", n)
	}
	if got := digests(t, treetest.LoadFile(t, Format(), filepath.Join(dir, "binwalk_squashfs.bin"))); got["lsb-release"].Size != 104 {
		t.Errorf("binwalk: %+v", got)
	}
	for name, want := range map[string]string{
		"lzma1_be.sqfs3": "3.76, big-endian", "lzma1_le.sqfs3": "3.76, little", "lzma_le.sqfs2": "2.76, little",
		"zlib_be.sqfs3": "3.1, big-endian", "zlib_le.sqfs3": "3.1, little",
	} {
		raw := treetest.BytesOf(t, filepath.Join(dir, name))
		_, err := treetest.Open(Format(), raw)
		if e := (*image.Error)(nil); !errors.As(err, &e) || e.Reason != image.Unsupported || !strings.Contains(e.Detail, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDamagedSamples reads one image that was cut and changed in several ways, beside the whole one.
func TestDamagedSamples(t *testing.T) {
	dir := corpustest.Dir(t, "trees", "formats", "squashfs")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no corpus")
	}
	want := digests(t, treetest.LoadFile(t, Format(), filepath.Join(dir, "test.sqsh")))
	if want["test.sgi"].Size != 592418 {
		t.Fatalf("%v", want)
	}
	for name, list := range map[string]bool{
		"cut-data-from-end": true, "cut-data-from-end-add-random": true, "data-replaced-in-middle": true,
		"cut-data-from-middle": false, "data-added-to-middle": false,
	} {
		fsys, err := treetest.Open(Format(), treetest.BytesOf(t, filepath.Join(dir, "test-"+name+".sqsh")))
		if !list {
			if err == nil {
				t.Errorf("%s: opens", name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		data, err := fs.ReadFile(fsys, "test.sgi")
		if whole := len(data) == 592418 && err == nil; whole == (name == "data-replaced-in-middle") {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
}
