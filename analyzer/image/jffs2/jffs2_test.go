package jffs2

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// mkjffs2 makes an image of tree.
func mkjffs2(t testing.TB, tree string, args ...string) []byte {
	t.Helper()
	img := filepath.Join(t.TempDir(), "image")
	treetest.Run(t, "mkfs.jffs2", append([]string{"-d", tree, "-o", img}, args...)...)
	return treetest.BytesOf(t, img)
}

// features are the ways of mkfs.jffs2 that a reader has to tell apart.
var features = [][]string{
	{"-l"},
	{"-b"},
	{"-l", "-m", "none"},
	{"-b", "-m", "size", "-X", "lzo"},
	{"-l", "-x", "zlib", "-X", "lzo", "-x", "rtime"},
	{"-b", "-x", "zlib", "-x", "lzo"}, // rtime
	{"-l", "-n", "-e", "128KiB", "-p"},
	{"-l", "-c", "20", "-s", "2KiB", "-p0x400000"},
	{"-b", "-s", "64KiB", "-e", "256KiB"},
}

func TestTree(t *testing.T) {
	tree := treetest.MakeTree(t)
	want := treetest.Digests(t, os.DirFS(tree))
	for _, args := range features {
		t.Run(strings.Join(args, "_"), func(t *testing.T) {
			t.Parallel()
			raw := mkjffs2(t, tree, args...)
			fsys := load(t, raw)
			treetest.Compare(t, want, fsys)
			if n := treetest.CheckOffsets(t, raw, fsys, 1<<20); n < 100 && slices.Contains(args, "none") {
				t.Errorf("%d files have an offset", n)
			}
			if n, bad := treetest.Checks(t, fsys); n < 200 || len(bad) > 0 {
				t.Errorf("%d checksums match, %v", n, bad)
			}
		})
	}
}

func TestFS(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "a/b/c", treetest.Prose(1, 30000))
	if err := os.Symlink("b/c", filepath.Join(tree, "a/l")); err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(load(t, mkjffs2(t, tree)), "a/b/c", "a/l"); err != nil {
		t.Error(err)
	}
}

// TestTable reads devices and owners.
func TestTable(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "f", []byte("f"))
	table := filepath.Join(t.TempDir(), "table")
	treetest.Write(t, filepath.Dir(table), "table", []byte("/null c 666 1000 2000 1 3 0 0 -\n/loop b 660 0 0 7 0 0 0 -\n/pipe p 600 0 0 0 0 0 0 -\n/f f 4755 10 20 - - - - -\n"))
	for _, order := range []string{"-l", "-b"} {
		fsys := load(t, mkjffs2(t, tree, order, "-D", table))
		got := treetest.Digests(t, fsys)
		for name, mode := range map[string]fs.FileMode{
			"null": fs.ModeDevice | fs.ModeCharDevice | 0o666, "loop": fs.ModeDevice | 0o660, "pipe": fs.ModeNamedPipe | 0o600, "f": fs.ModeSetuid | 0o755,
		} {
			if got[name].Mode != mode {
				t.Errorf("%s: %v", name, got[name].Mode)
			}
		}
		info, err := fs.Lstat(fsys, "null")
		if err != nil {
			t.Fatal(err)
		}
		if a := info.Sys().(*image.Attr); a.UID != 1000 || a.GID != 2000 {
			t.Errorf("%+v", a)
		}
	}
}

// TestCorpus compares every file of real firmware trees.
func TestCorpus(t *testing.T) {
	for name, args := range map[string][]string{
		"htc-evo4g-kingdom-2011-11": {"-l", "-X", "lzo", "-x", "zlib"}, "symphony-h400-60": {"-b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := corpustest.Dir(t, "trees", "trees", name)
			treetest.Compare(t, treetest.Digests(t, os.DirFS(tree)), load(t, mkjffs2(t, tree, args...)))
		})
	}
}

// TestSamples opens images made by others.
func TestSamples(t *testing.T) {
	dir := corpustest.Dir(t, "trees", "formats/jffs2")
	for _, name := range []string{"jffs2_le.img", "jffs2_be.img"} {
		got := treetest.Digests(t, load(t, treetest.BytesOf(t, filepath.Join(dir, name))))
		for file, size := range map[string]int64{"generic folder/test file 3_.txt": 20, "testfile1": 62, "testfile2": 28} {
			if got[file].Size != size {
				t.Errorf("%s: %s: %+v", name, file, got[file])
			}
		}
	}
	want := treetest.Digests(t, load(t, treetest.BytesOf(t, filepath.Join(dir, "test-big.jffs2"))))
	if want["test.sgi"].Size != 592418 {
		t.Fatalf("%v", want)
	}
	if got := treetest.Digests(t, load(t, treetest.BytesOf(t, filepath.Join(dir, "test-little.jffs2")))); got["test.sgi"] != want["test.sgi"] {
		t.Errorf("%v, not %v", got, want)
	}
}

// TestDamagedSamples reads one image that was cut and changed in several ways: what nodes are left is right, and what
// is missing is said.
func TestDamagedSamples(t *testing.T) {
	dir := corpustest.Dir(t, "trees", "formats/jffs2")
	whole, err := fs.ReadFile(load(t, treetest.BytesOf(t, filepath.Join(dir, "test-little.jffs2"))), "test.sgi")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cut-data-from-end", "cut-data-from-end-add-random", "cut-data-from-middle", "data-added-to-middle", "data-replaced-in-middle"} {
		fsys := load(t, treetest.BytesOf(t, filepath.Join(dir, "test-little-"+name+".jffs2")))
		if len(treetest.Reasons(fsys)) == 0 {
			t.Errorf("%s: no gap", name)
		}
		if _, err := fs.ReadFile(fsys, "test.sgi"); err == nil {
			t.Errorf("%s: is read whole", name)
		}
		f, err := fsys.Open("test.sgi")
		if err != nil {
			t.Fatal(err)
		}
		right := 0
		buf := make([]byte, 4096)
		for at := 0; at < len(whole); at += len(buf) {
			n, err := f.(interface {
				ReadAt([]byte, int64) (int, error)
			}).ReadAt(buf, int64(at))
			if !bytes.Equal(buf[:n], whole[at:at+n]) {
				t.Errorf("%s: wrong bytes at %d, %v", name, at, err)
			}
			right += n
		}
		if right < 580000 {
			t.Errorf("%s: %d bytes are read", name, right)
		}
	}
}
