package ubifs

import (
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

// mkubifs makes an image of tree.
func mkubifs(t testing.TB, tree string, args ...string) []byte {
	t.Helper()
	img := filepath.Join(t.TempDir(), "image")
	treetest.Run(t, "mkfs.ubifs", append([]string{"-r", tree, "-o", img}, args...)...)
	return treetest.BytesOf(t, img)
}

// chip is a flash of usual geometry.
var chip = []string{"-m", "2048", "-e", "126976", "-c", "600"}

// features are the ways of mkfs.ubifs that a reader has to tell apart.
var features = [][]string{
	append([]string{"-x", "none"}, chip...),
	append([]string{"-x", "lzo"}, chip...),
	append([]string{"-x", "zlib"}, chip...),
	append([]string{"-x", "zstd"}, chip...),
	append([]string{"-x", "favor_lzo", "-f", "32"}, chip...),
	append([]string{"-f", "3", "-F", "-k", "test"}, chip...),
	{"-m", "512", "-e", "15872", "-c", "2047"},
	{"-m", "8", "-e", "65408", "-c", "900"}, // NOR
	{"-m", "4096", "-e", "253952", "-c", "300", "-l", "4"},
	{"-m", "8192", "-e", "1032192", "-c", "100", "-p", "2"},
}

func TestTree(t *testing.T) {
	tree := treetest.MakeTree(t)
	want := treetest.Digests(t, os.DirFS(tree))
	for _, args := range features {
		t.Run(strings.Join(args, "_"), func(t *testing.T) {
			t.Parallel()
			raw := mkubifs(t, tree, args...)
			fsys := load(t, raw)
			treetest.Compare(t, want, fsys)
			if n := treetest.CheckOffsets(t, raw, fsys, 1<<20); n < 200 && slices.Contains(args, "none") {
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
	if err := fstest.TestFS(load(t, mkubifs(t, tree, chip...)), "a/b/c", "a/l"); err != nil {
		t.Error(err)
	}
}

// TestTable reads devices and owners.
func TestTable(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "f", []byte("f"))
	table := filepath.Join(t.TempDir(), "table")
	treetest.Write(t, filepath.Dir(table), "table", []byte("/null c 666 1000 2000 1 3 0 0 -\n/loop b 660 0 0 7 0 0 0 -\n/pipe p 600 0 0 0 0 0 0 -\n/f f 4755 10 20 - - - - -\n"))
	fsys := load(t, mkubifs(t, tree, append([]string{"-D", table}, chip...)...))
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

// TestSparse reads holes, in the middle and at the end.
func TestSparse(t *testing.T) {
	tree := t.TempDir()
	f, err := os.Create(filepath.Join(tree, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, at := range []int64{0, 100 << 10, 1 << 20} {
		if _, err := f.WriteAt(treetest.Noise(uint32(at), 5000), at); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Truncate(3 << 20); err != nil {
		t.Fatal(err)
	}
	treetest.Compare(t, treetest.Digests(t, os.DirFS(tree)), load(t, mkubifs(t, tree, chip...)))
}

// TestCorpus compares every file of real firmware trees.
func TestCorpus(t *testing.T) {
	for name, codec := range map[string]string{"htc-evo4g-kingdom-2011-11": "zlib", "symphony-h400-60": "lzo", "allcall-w2-watch": "zstd"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := corpustest.Dir(t, "trees", "trees", name)
			treetest.Compare(t, treetest.Digests(t, os.DirFS(tree)), load(t, mkubifs(t, tree, append([]string{"-x", codec, "-c", "3000"}, chip[:4]...)...)))
		})
	}
}

// TestSamples opens images made by others.
func TestSamples(t *testing.T) {
	got := treetest.Digests(t, load(t, treetest.BytesOf(t, filepath.Join(corpustest.Dir(t, "trees", "formats/ubifs"), "test.ubifs"))))
	for name, size := range map[string]int64{"generic folder/test file 3_.txt": 20, "testfile1": 62, "testfile2": 28} {
		if got[name].Size != size {
			t.Errorf("%s: %+v", name, got[name])
		}
	}
}

// TestSigned reads an authenticated filesystem, whose index has hashes in it.
func TestSigned(t *testing.T) {
	tree := treetest.MakeTree(t)
	dir := t.TempDir()
	key, cert := filepath.Join(dir, "key"), filepath.Join(dir, "cert")
	treetest.Run(t, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=test", "-keyout", key, "-out", cert)
	args := append([]string{"--hash-algo", "sha256", "--auth-key", key, "--auth-cert", cert}, chip...)
	treetest.Compare(t, treetest.Digests(t, os.DirFS(tree)), load(t, mkubifs(t, tree, args...)))
}

// TestLocked opens an encrypted filesystem: nothing of it can be read, and that is said.
func TestLocked(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "file", treetest.Prose(1, 10000))
	key := filepath.Join(t.TempDir(), "key")
	treetest.Write(t, filepath.Dir(key), "key", treetest.Noise(1, 64))
	fsys := load(t, mkubifs(t, tree, append([]string{"-K", key, "-b", "0123456789abcdef", "-C", "AES-256-XTS"}, chip...)...))
	if got := treetest.Reasons(fsys); len(got) != 1 || got[0] != image.Encrypted {
		t.Errorf("%v", fsys.(image.Gapper).Gaps())
	}
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil || len(entries) != 1 || strings.Trim(entries[0].Name(), "0123456789abcdef") != "" {
		t.Errorf("%v, %v", entries, err)
	}
}
