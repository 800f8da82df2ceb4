package f2fs

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
	"romscan/analyzer/image/lzma"
	"romscan/analyzer/image/treetest"
)

// features are the ways of mkfs.f2fs that a reader has to tell apart.
var features = []string{
	"",
	"-g android",
	"-O extra_attr",
	"-O extra_attr,inode_checksum,sb_checksum",
	"-O extra_attr,flexible_inline_xattr,inode_checksum",
	"-O extra_attr,project_quota,quota,verity,encrypt,lost_found,inode_crtime",
	"-O extra_attr,casefold -C utf8",
	"-O extra_attr,compression,sb_checksum",
	"-O ro,extra_attr",
	"-O ro,extra_attr,compression,inode_checksum,sb_checksum,flexible_inline_xattr",
	"-i -O extra_attr",
	"-s 2",
}

func TestFeatures(t *testing.T) {
	tree := makeTree(t)
	want := digests(t, os.DirFS(tree))
	for _, f := range features {
		t.Run(f, func(t *testing.T) {
			t.Parallel()
			img := mkfs(t, tree, f)
			fsys := treetest.LoadFile(t, Format(), img)
			compare(t, want, fsys)
			verify(t, fsys)
		})
	}
}

// verify expects every checksum to match.
func verify(t *testing.T, fsys fs.FS) (n int) {
	t.Helper()
	fsys.(image.Verifier).Verify(context.Background(), func(c image.Check) bool {
		n++
		if c.Outcome != image.Matched {
			t.Errorf("%+v", c)
		}
		return true
	})
	return n
}

// compressed are the ways of sload.f2fs to compress, where it was made with the libraries.
var compressed = []struct {
	features string
	args     []string
}{
	{"-O extra_attr,compression", []string{"-c", "-a", "lz4"}},
	{"-O extra_attr,compression", []string{"-c", "-a", "lzo"}},
	{"-O extra_attr,compression,inode_checksum", []string{"-c", "-a", "lz4", "-L", "4", "-m", "2"}},
	{"-O extra_attr,compression,flexible_inline_xattr", []string{"-c", "-a", "lzo", "-L", "5"}},
	{"-O ro,extra_attr,compression,sb_checksum", []string{"-c", "-a", "lz4", "-L", "2", "-r"}},
	{"-O ro,extra_attr,compression", []string{"-c", "-a", "lzo", "-L", "8", "-r"}},
	{"-O extra_attr,compression", []string{"-c", "-a", "lz4", "-i", "xml", "-r"}},
}

func TestCompressed(t *testing.T) {
	tree := makeTree(t)
	treetest.Write(t, tree, "some.xml", treetest.Prose(77, 900<<10))
	want := digests(t, os.DirFS(tree))
	for _, c := range compressed {
		t.Run(c.features+strings.Join(c.args, "_"), func(t *testing.T) {
			t.Parallel()
			fsys := treetest.LoadFile(t, Format(), mkfs(t, tree, c.features, c.args...))
			if n := compressedFiles(t, fsys); n == 0 {
				t.Error("no file is compressed")
			}
			compare(t, want, fsys)
			verify(t, fsys)
		})
	}
}

// compressedFiles counts the files that hold a compressed cluster.
func compressedFiles(t *testing.T, fsys fs.FS) (n int) {
	t.Helper()
	f := fsys.(*FS)
	for _, file := range f.files {
		i, err := f.v.inode(file.nid)
		if err != nil {
			t.Fatal(err)
		}
		if !i.compressed || i.inline&inlineData != 0 {
			continue
		}
		c := f.v.content(i)
		for k := int64(0); k <= (i.size-1)>>f.v.blockBits; k += 1 << i.clusterBits {
			if s, err := c.span(k); err == nil && s.at(0) == compressAddress {
				n++
				break
			}
		}
	}
	return n
}

func TestFS(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "a/b/c", treetest.Prose(1, 300<<10))
	treetest.Write(t, tree, "a/d", []byte("d"))
	if err := os.Symlink("d", filepath.Join(tree, "a/l")); err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(treetest.LoadFile(t, Format(), mkfs(t, tree, "")), "a/b/c", "a/d", "a/l"); err != nil {
		t.Error(err)
	}
}

// TestLarge reads a file whose addresses need an indirect node, and directories of several hash levels.
func TestLarge(t *testing.T) {
	tree := t.TempDir()
	big := make([]byte, 13<<20)
	for k := 0; k < len(big); k += 4096 {
		copy(big[k:], fmt.Sprintf("block %d", k/4096))
	}
	treetest.Write(t, tree, "big", big)
	for k := range 1500 {
		treetest.Write(t, tree, fmt.Sprintf("dir/%s%d", strings.Repeat("x", k%200), k), nil)
	}
	compare(t, digests(t, os.DirFS(tree)), treetest.LoadFile(t, Format(), mkfs(t, tree, "")))
}

// TestOffsets finds files at the offset that is told of them, in the inode and outside.
func TestOffsets(t *testing.T) {
	tree := makeTree(t)
	img := mkfs(t, tree, "-O extra_attr")
	raw, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	fsys := treetest.LoadFile(t, Format(), img)
	n := 0
	for name, d := range digests(t, fsys) {
		info, err := fs.Lstat(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		at := info.Sys().(*image.Attr).Offset
		if at < 0 || d.Sum == "" {
			continue
		}
		n++
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		if head := data[:min(len(data), 4096)]; string(raw[at:at+int64(len(head))]) != string(head) {
			t.Errorf("%s does not lie at 0x%x", name, at)
		}
	}
	if n < 300 {
		t.Errorf("%d files have an offset", n)
	}
}

// TestLabels has sload.f2fs store SELinux labels as a list of contexts says.
func TestLabels(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "etc/hosts", []byte("hosts"))
	treetest.Write(t, tree, "app/large", treetest.Prose(1, 100<<10))
	contexts := filepath.Join(t.TempDir(), "file_contexts")
	treetest.Write(t, filepath.Dir(contexts), "file_contexts", []byte("/.* u:object_r:system_file:s0\n/etc/hosts u:object_r:system_etc_file:s0\n"))
	for _, f := range []string{"-O extra_attr", "-O extra_attr,flexible_inline_xattr", "-O ro,extra_attr"} {
		fsys := treetest.LoadFile(t, Format(), mkfs(t, tree, f, "-s", contexts))
		for name, want := range map[string]string{"etc/hosts": "u:object_r:system_etc_file:s0", "app/large": "u:object_r:system_file:s0", "app": "u:object_r:system_file:s0"} {
			info, err := fs.Lstat(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Sys().(*image.Attr).Label; got != want {
				t.Errorf("%s: %s: label %q, want %q", f, name, got, want)
			}
		}
	}
}

// TestCorpus compares every file of real firmware trees.
func TestCorpus(t *testing.T) {
	for k, name := range []string{"gm-etab5", "htc-evo4g-kingdom-2011-11", "allcall-w2-watch", "google-gsi-14"} {
		tree := corpustest.Dir(t, "trees", "trees", name)
		if _, err := os.Stat(tree); err != nil {
			t.Skip("no corpus")
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := []string{"-g android", "-O ro,extra_attr,compression,sb_checksum", "", "-O extra_attr,inode_checksum,compression"}[k]
			compare(t, digests(t, os.DirFS(tree)), treetest.LoadFile(t, Format(), mkfs(t, tree, f)))
		})
	}
}

// TestSample opens an image that another project's tests have, of another maker of images.
func TestSample(t *testing.T) {
	packed, err := os.ReadFile(corpustest.Dir(t, "trees", "formats", "f2fs", "f2fs.img.xz"))
	if err != nil {
		t.Skip("no corpus")
	}
	raw, err := lzma.DecodeXZ(make([]byte, 64<<20), packed)
	if err != nil {
		t.Fatal(err)
	}
	fsys, err := treetest.Open(Format(), raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range fsys.(image.Gapper).Gaps() {
		t.Error(g)
	}
	got := digests(t, fsys)
	for name, size := range map[string]int64{"generic folder/test file 3_.txt": 20, "testfile1": 62, "testfile2": 28} {
		if d := got["get_files_test/"+name]; d.Size != size || d.Sum == "" {
			t.Errorf("%s: %+v", name, d)
		}
	}
}
