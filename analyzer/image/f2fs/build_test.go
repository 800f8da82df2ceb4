package f2fs

import (
	"bytes"
	"errors"
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

// makeTree writes a tree of what the format tells apart: files below, at and above the sizes of blocks, of data
// that compresses and that does not, and in turns; holes, links short and long, hard links.
func makeTree(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	treetest.Write(t, dir, "etc/hosts", []byte("127.0.0.1 localhost\n"))
	treetest.Write(t, dir, "etc/empty", nil)
	for _, n := range []int{4095, 4096, 4097, 8192, 131071, 131072, 131073} {
		treetest.Write(t, dir, fmt.Sprintf("size/noise%d", n), treetest.Noise(uint32(n), n))
		treetest.Write(t, dir, fmt.Sprintf("size/prose%d", n), treetest.Prose(uint32(n), n))
	}
	treetest.Write(t, dir, "zeros", make([]byte, 2<<20+77))
	treetest.Write(t, dir, "noise", treetest.Noise(5, 300<<10+5))
	treetest.Write(t, dir, "prose", treetest.Prose(6, 700<<10+123))
	treetest.Write(t, dir, "turns", bytes.Join([][]byte{treetest.Prose(1, 200<<10), treetest.Noise(2, 300<<10), make([]byte, 400<<10), treetest.Prose(3, 5000)}, nil))
	for k := range 300 {
		treetest.Write(t, dir, fmt.Sprintf("many/%s%d", strings.Repeat("n", k%90), k), treetest.Prose(uint32(k), k))
	}
	if err := os.MkdirAll(filepath.Join(dir, "nothing"), 0o755); err != nil {
		t.Fatal(err)
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
	sparse, err := os.Create(filepath.Join(dir, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	defer sparse.Close()
	if _, err := sparse.WriteAt(treetest.Noise(9, 9000), 3<<20); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"noise": 0o600, "prose": 0o755 | os.ModeSetuid, "zeros": 0o640 | os.ModeSetgid, "many": 0o777 | os.ModeSticky} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// mkfs makes an image of tree, with sload.f2fs, and returns its name. features are those of mkfs.f2fs -O; load are
// further arguments of sload.f2fs. It skips where the tools are missing or made without a compressor.
func mkfs(t testing.TB, tree, features string, load ...string) string {
	t.Helper()
	for _, tool := range []string{"mkfs.f2fs", "sload.f2fs"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s", tool)
		}
	}
	img := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(img, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(img, imageSize); err != nil {
		t.Fatal(err)
	}
	args := []string{"-f", "-q"}
	if features != "" {
		args = append(args, strings.Fields(features)...)
	}
	if out, err := exec.Command("mkfs.f2fs", append(args, img)...).CombinedOutput(); err != nil {
		t.Fatalf("mkfs.f2fs %s: %v\n%s", args, err, out)
	}
	if tree == "" {
		return img
	}
	args = append([]string{"-f", tree, "-t", "/", "-P"}, load...)
	out, err := exec.Command("sload.f2fs", append(args, img)...).CombinedOutput()
	if bytes.Contains(out, []byte("not supported")) || bytes.Contains(out, []byte("not enabled")) {
		t.Skipf("sload.f2fs %s: %s", args, out)
	}
	// The check that it does at its end has 1 for "repaired": it gives inodes too small inline attributes.
	if e := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &e) || e.ExitCode() != 1 || !bytes.Contains(out, []byte("[FIX]"))) {
		t.Fatalf("sload.f2fs %s: %v\n%s", args, err, out[max(len(out)-500, 0):])
	}
	return img
}

// imageSize is the least that mkfs.f2fs takes and the trees fit into; most of it are holes.
const imageSize = 100 << 20

type digest = treetest.Digest

// digests reads all files, each in pieces of a size that divides nothing.
func digests(t testing.TB, fsys fs.FS) map[string]digest {
	t.Helper()
	return treetest.DigestsBy(t, fsys, 777777)
}

// compare compares an image with the digests of the tree it was made of.
func compare(t *testing.T, want map[string]digest, fsys fs.FS) {
	t.Helper()
	for _, g := range fsys.(image.Gapper).Gaps() {
		t.Error(g)
	}
	got := digests(t, fsys)
	delete(got, "lost+found") // the format's, not the tree's
	got["."] = want["."]      // sload.f2fs leaves the root as mkfs.f2fs made it
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-tree +image)\n%.4000s", d)
	}
}
