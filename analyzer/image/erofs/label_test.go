package erofs

import (
	"bytes"
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

// TestLabels has mkfs.erofs store SELinux labels, in the inodes and, with more files of one label than the
// tolerance, shared.
func TestLabels(t *testing.T) {
	tree := makeTree(t)
	contexts := filepath.Join(t.TempDir(), "file_contexts")
	treetest.Write(t, filepath.Dir(contexts), "file_contexts", []byte("/.* u:object_r:system_file:s0\n/etc/hosts u:object_r:system_etc_file:s0\n"))
	for name, args := range map[string][]string{
		"shared": {"-x1"}, "inline": {"-x100000"}, "extended": {"-Eforce-inode-extended"}, "lz4": {"-zlz4", "-Eztailpacking"},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := treetest.LoadFile(t, Format(), mkfs(t, tree, append(args, "--file-contexts="+contexts)...))
			compare(t, tree, fsys)
			for name, want := range map[string]string{
				"etc/hosts": "u:object_r:system_etc_file:s0", "many/0": "u:object_r:system_file:s0",
				"prose": "u:object_r:system_file:s0", "etc/link": "u:object_r:system_file:s0",
			} {
				info, err := fs.Lstat(fsys, name)
				if err != nil {
					t.Fatal(err)
				}
				if got := info.Sys().(*image.Attr).Label; got != want {
					t.Errorf("%s: label %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestOwners(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "file", []byte("x"))
	for _, layout := range []string{"-Eforce-inode-extended", "-Eforce-inode-compact"} {
		info, err := fs.Stat(treetest.LoadFile(t, Format(), mkfs(t, tree, layout, "--force-uid=1000", "--force-gid=2000")), "file")
		if err != nil {
			t.Fatal(err)
		}
		if a := info.Sys().(*image.Attr); a.UID != 1000 || a.GID != 2000 {
			t.Errorf("%s: owner %d:%d", layout, a.UID, a.GID)
		}
	}
}

// TestOffsets finds uncompressed files at the offset that is told of them.
func TestOffsets(t *testing.T) {
	tree := makeTree(t)
	img := mkfs(t, tree)
	raw, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	fsys := treetest.LoadFile(t, Format(), img)
	for _, name := range []string{"etc/hosts", "noise", "size/noise8192", "size/prose4097"} {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		info, err := fs.Stat(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		at := info.Sys().(*image.Attr).Offset
		if n := min(len(data), 4096); at < 0 || !bytes.Equal(raw[at:at+int64(n)], data[:n]) {
			t.Errorf("%s: not at 0x%x", name, at)
		}
	}
}

// makeSmallTree is what testing/fstest reads byte by byte, and a fuzzer starts from.
func makeSmallTree(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	treetest.Write(t, dir, "etc/hosts", []byte("127.0.0.1 localhost\n"))
	treetest.Write(t, dir, "etc/noise", treetest.Noise(7, 5000))
	treetest.Write(t, dir, "a/b/deep.txt", []byte("deep"))
	treetest.Write(t, dir, "prose", treetest.Prose(2, 90000))
	treetest.Write(t, dir, "turns", bytes.Join([][]byte{treetest.Prose(3, 9000), treetest.Noise(3, 6000), treetest.Prose(2, 20000), make([]byte, 40000)}, nil))
	if err := os.Symlink("/etc/hosts", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFS(t *testing.T) {
	tree := makeSmallTree(t)
	for _, args := range [][]string{nil, {"-zlz4", "-Efragments,ztailpacking"}} {
		if err := fstest.TestFS(treetest.LoadFile(t, Format(), mkfs(t, tree, args...)), "etc/hosts", "etc/noise", "a/b/deep.txt", "prose", "turns"); err != nil {
			t.Error(err)
		}
	}
}

// TestVariety makes sure that the images of this test hold what it is to test: mkfs.erofs may not do as asked.
func TestVariety(t *testing.T) {
	tree := makeTree(t)
	for name, want := range map[string]struct {
		args []string
		any  func(*content, extent) bool
	}{
		"lz4":     {[]string{"-zlz4"}, func(_ *content, e extent) bool { return e.kind == lz4 && e.plen == 4096 }},
		"big":     {[]string{"-zlz4", "-C65536"}, func(_ *content, e extent) bool { return e.kind == lz4 && e.plen > 16<<10 }},
		"legacy":  {[]string{"-zlz4", "-Elegacy-compress"}, func(c *content, e extent) bool { return c.inode.layout == compressedFull && e.kind == lz4 }},
		"compact": {[]string{"-zlz4"}, func(c *content, e extent) bool { return c.inode.layout == compressedCompact && e.kind == lz4 }},
		"plain":   {[]string{"-zlz4"}, func(c *content, e extent) bool { return c.inode.layout == compressedCompact && e.kind == raw }},
		"inline":  {[]string{"-zlz4", "-Eztailpacking"}, func(_ *content, e extent) bool { return e.kind == lz4 && e.meta && e.pos > 0 }},
		"chunks":  {[]string{"--chunksize=4096", "-Eforce-chunk-indexes"}, func(c *content, e extent) bool { return c.inode.chunk&chunkIndexes != 0 }},
		"map": {[]string{"--chunksize=4096", "-Eforce-inode-blockmap"}, func(c *content, e extent) bool {
			return c.inode.layout == chunkBased && c.inode.chunk&chunkIndexes == 0
		}},
		"tail": {nil, func(_ *content, e extent) bool { return e.kind == raw && e.meta && e.pos > 0 }},
	} {
		fsys := treetest.LoadFile(t, Format(), mkfs(t, tree, want.args...))
		found := false
		for path := range digests(t, fsys) {
			entry, ok := fsys.(*mounted).Get(path)
			if !ok || !entry.Mode.IsRegular() {
				continue
			}
			r, err := entry.Open()
			if err != nil {
				t.Fatal(err)
			}
			c := r.(*content)
			c.once.Do(c.build)
			for _, e := range c.extents {
				found = found || want.any(c, e)
			}
		}
		if !found {
			t.Errorf("%s: no such extent", name)
		}
	}
}

// TestSamples compares real images with what erofs-utils extracts.
func TestSamples(t *testing.T) {
	names, _ := filepath.Glob(corpustest.Dir(t, "trees", "formats", "erofs", "*"))
	if len(names) == 0 {
		t.Skip("no corpus")
	}
	tool, err := exec.LookPath("fsck.erofs")
	if err != nil {
		t.Skip("no fsck.erofs")
	}
	for _, img := range names {
		t.Run(filepath.Base(img), func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			if msg, err := exec.Command(tool, "--extract="+out, img).CombinedOutput(); err != nil {
				t.Skipf("%v: %s", err, msg)
			}
			compare(t, out, treetest.LoadFile(t, Format(), img))
		})
	}
}
