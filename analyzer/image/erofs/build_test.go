package erofs

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// makeTree writes a tree of what the layouts tell apart: files below, at and above the size of a block, of data
// that compresses well, a little and not at all, and in turns; holes, links short and long, large directories.
func makeTree(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	treetest.Write(t, dir, "etc/hosts", []byte("127.0.0.1 localhost\n"))
	treetest.Write(t, dir, "etc/empty", nil)
	for _, n := range []int{4095, 4096, 4097, 8191, 8192, 12345} {
		treetest.Write(t, dir, fmt.Sprintf("size/noise%d", n), treetest.Noise(uint32(n), n))
		treetest.Write(t, dir, fmt.Sprintf("size/prose%d", n), treetest.Prose(uint32(n), n))
	}
	treetest.Write(t, dir, "zeros", make([]byte, 3<<20+77))
	treetest.Write(t, dir, "noise", treetest.Noise(5, 300<<10+5))
	treetest.Write(t, dir, "prose", treetest.Prose(6, 3<<20+123))
	var turns []byte
	for k := range uint32(60) {
		turns = append(turns, treetest.Prose(k, int(7000*(k%7)))...)
		turns = append(turns, treetest.Noise(k, int(3100*(k%5)))...)
		turns = append(turns, make([]byte, 5000*(k%3))...)
	}
	treetest.Write(t, dir, "turns", turns)
	treetest.Write(t, dir, "twice", append(treetest.Prose(6, 1<<20), turns[:200<<10]...))
	hole := make([]byte, 1<<20)
	copy(hole[400<<10:], treetest.Noise(9, 9000))
	treetest.Write(t, dir, "hole", hole)
	for k := range 400 {
		treetest.Write(t, dir, fmt.Sprintf("many/%s%d", strings.Repeat("n", k%90), k), treetest.Prose(uint32(k), k))
	}
	treetest.Write(t, dir, "Приложение/名前.txt", []byte("names"))
	for name, target := range map[string]string{
		"etc/link": "hosts", "abs": "/system/etc/hosts", "long": strings.Repeat("0123456789/", 370),
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(filepath.Join(dir, "prose"), filepath.Join(dir, "etc/prose")); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"noise": 0o600, "prose": 0o755 | os.ModeSetuid, "zeros": 0o640 | os.ModeSetgid, "many": 0o777 | os.ModeSticky} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// mkfs makes an image of tree and returns its name.
func mkfs(t testing.TB, tree string, args ...string) string {
	t.Helper()
	tool, err := exec.LookPath("mkfs.erofs")
	if err != nil {
		t.Skip("no mkfs.erofs")
	}
	img := filepath.Join(t.TempDir(), "image")
	args = append([]string{"-T1700000000", "-U00000000-0000-0000-0000-000000000001"}, args...)
	if out, err := exec.Command(tool, append(args, img, tree)...).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.erofs %s: %v\n%s", args, err, out)
	}
	return img
}

type digest = treetest.Digest

// digests reads all files, each in pieces of a size that divides nothing.
func digests(t testing.TB, fsys fs.FS) map[string]digest {
	t.Helper()
	return treetest.Digests(t, fsys)
}

// compare compares an image with the tree it was made of.
func compare(t *testing.T, tree string, fsys fs.FS) {
	t.Helper()
	for _, g := range fsys.(image.Gapper).Gaps() {
		t.Error(g)
	}
	if d := cmp.Diff(digests(t, os.DirFS(tree)), digests(t, fsys)); d != "" {
		t.Errorf("(-tree +image)\n%.4000s", d)
	}
}
