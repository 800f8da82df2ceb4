package yaffs2

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

var little, big = binary.ByteOrder(binary.LittleEndian), binary.ByteOrder(binary.BigEndian)

// variants are the layouts that a reader has to tell apart.
var variants = []struct {
	page, spare, tagsAt int64
	order, tagOrder     binary.ByteOrder
	extra               bool
}{
	{2048, 64, 0, little, little, false},
	{2048, 64, 2, little, little, true},
	{2048, 64, 2, little, little, false},
	{2048, 64, 0, big, little, false},
	{2048, 64, 2, big, big, true},
	{2048, 64, 30, little, little, false},
	{512, 16, 0, little, little, false},
	{1024, 32, 1, big, big, false},
	{4096, 128, 2, little, little, true},
	{4096, 224, 0, little, little, false},
	{8192, 256, 4, little, little, false},
	{8192, 448, 0, big, big, true},
	{16384, 512, 0, little, little, false},
}

func TestTree(t *testing.T) {
	tree := treetest.MakeTree(t)
	want := treetest.Digests(t, os.DirFS(tree))
	for _, v := range variants {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			t.Parallel()
			b := newBuilder(v.page, v.spare, v.tagsAt, v.order, v.tagOrder)
			b.extra = v.extra
			raw := b.tree(t, tree)
			fsys := load(t, raw)
			treetest.Compare(t, want, fsys)
			if n := treetest.CheckOffsets(t, raw, fsys, 1<<20); n < 100 {
				t.Errorf("%d files have an offset", n)
			}
			if g := fsys.(*volume).geometry; g != b.geometry {
				t.Errorf("geometry %v, not %v", g, b.geometry)
			}
		})
	}
}

// TestUnyaffs has another program read what the tests here write, so that they do not agree on an error.
func TestUnyaffs(t *testing.T) {
	tool, err := exec.LookPath("unyaffs")
	if err != nil {
		t.Skip("no unyaffs")
	}
	tree := treetest.MakeTree(t)
	for _, v := range variants {
		if v.order != little || v.tagsAt != 0 && v.tagsAt != 2 || v.page < 2048 || v.extra || v.spare == 224 {
			continue
		}
		img, out := filepath.Join(t.TempDir(), "image"), t.TempDir()
		treetest.Write(t, filepath.Dir(img), "image", newBuilder(v.page, v.spare, v.tagsAt, v.order, v.tagOrder).tree(t, tree))
		if msg, err := exec.Command(tool, img, out).CombinedOutput(); err != nil {
			t.Errorf("%v: %v: %.300s", v, err, msg)
			continue
		}
		treetest.Compare(t, treetest.Digests(t, os.DirFS(out)), load(t, treetest.BytesOf(t, img)))
	}
}

func TestFS(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "a/b/c", treetest.Prose(1, 30000))
	if err := os.Symlink("b/c", filepath.Join(tree, "a/l")); err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(load(t, newBuilder(2048, 64, 0, little, little).tree(t, tree)), "a/b/c", "a/l"); err != nil {
		t.Error(err)
	}
}

// TestCorpus compares every file of real firmware trees, of phones that had such a filesystem.
func TestCorpus(t *testing.T) {
	for k, name := range []string{"htc-evo4g-kingdom-2011-11", "symphony-h400-60"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := corpustest.Dir(t, "trees", "trees", name)
			treetest.Compare(t, treetest.Digests(t, os.DirFS(tree)), load(t, newBuilder([]int64{2048, 4096}[k], []int64{64, 128}[k], 0, little, little).tree(t, tree)))
		})
	}
}

// TestSamples opens images made by others.
func TestSamples(t *testing.T) {
	dir := corpustest.Dir(t, "trees", "formats")
	for _, name := range []string{"yaffs2_le.img", "yaffs2_be.img"} {
		got := treetest.Digests(t, load(t, treetest.BytesOf(t, filepath.Join(dir, "yaffs2", name))))
		for file, size := range map[string]int64{"generic folder/test file 3_.txt": 20, "testfile1": 62, "testfile2": 28} {
			if got[file].Size != size || got[file].Mode != 0o644 {
				t.Errorf("%s: %s: %+v", name, file, got[file])
			}
		}
	}
	if got := treetest.Digests(t, load(t, treetest.BytesOf(t, filepath.Join(dir, "misc", "binwalk_yaffs2.bin")))); got["yutilsenv.h"].Size != 844 {
		t.Errorf("%v", got)
	}
	for _, order := range []string{"le", "be"} {
		for kind, check := range map[string]func(map[string]treetest.Digest) bool{
			"empty-dir":     func(m map[string]treetest.Digest) bool { return len(m) == 2 && m["test"].Mode.IsDir() },
			"empty-file":    func(m map[string]treetest.Digest) bool { return len(m) == 2 },
			"dir-with-file": func(m map[string]treetest.Digest) bool { return len(m) == 3 },
			"links": func(m map[string]treetest.Digest) bool {
				return m["test/symlink"].Link == "test.ico" && m["test/hardlink"] == m["test/test.ico"] && m["test/hardlink"].Size == 2686
			},
		} {
			name := fmt.Sprintf("yaffs2-2048-64-%s-%s.img", order, kind)
			fsys := load(t, treetest.BytesOf(t, filepath.Join(dir, "yaffs2", name)))
			if got := treetest.Digests(t, fsys); !check(got) {
				t.Errorf("%s: %v", name, got)
			}
			if gaps := fsys.(image.Gapper).Gaps(); len(gaps) > 0 {
				t.Errorf("%s: %v", name, gaps)
			}
		}
	}
}

// TestNothingElse tries every other file of the corpus, which holds no YAFFS2 outside of its own samples.
func TestNothingElse(t *testing.T) {
	root := corpustest.Dir(t, "trees")
	seen := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		seen++
		is := filepath.Base(filepath.Dir(name)) == "yaffs2" || filepath.Base(name) == "binwalk_yaffs2.bin"
		if Format().Sniff(f, info.Size()) != is {
			t.Errorf("%s: recognised is %v", name, !is)
		}
		return nil
	})
	if err != nil || seen < 1000 {
		t.Errorf("%d files, %v", seen, err)
	}
}

// TestPlain looks at what is easily taken for something: zeros, erased flash, counters.
func TestPlain(t *testing.T) {
	words := make([]byte, 64*2112*4)
	for k := 0; k < len(words); k += 4 {
		binary.LittleEndian.PutUint32(words[k:], 0x1000+uint32(k)%4096)
	}
	header := newBuilder(2048, 64, 0, little, little)
	header.header(300, head{kind: kindFile, parent: objectRoot, mode: reg, name: "alone"})
	mixed := append(header.raw, treetest.Noise(2, 64*2112)...)
	for name, raw := range map[string][]byte{"header and noise": mixed, "header and a little": mixed[:7*2112], "zeros": make([]byte, 64*2112*4), "erased": erasedBytes(64 * 2112 * 4), "words": words, "noise": treetest.Noise(1, 64*2112*4)} {
		if Format().Sniff(bytes.NewReader(raw), int64(len(raw))) {
			t.Errorf("%s are recognised", name)
		}
	}
}
