package squashfs

import (
	"bytes"
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
	treetest.Write(t, dir, "noise", treetest.Noise(5, 150<<10+5))
	treetest.Write(t, dir, "prose", treetest.Prose(6, 300<<10+123))
	treetest.Write(t, dir, "turns", bytes.Join([][]byte{treetest.Prose(1, 150<<10), treetest.Noise(2, 150<<10), make([]byte, 300<<10), treetest.Prose(3, 5000)}, nil))
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

// mksquashfs makes an image of tree and returns its name. It skips where the tool lacks the compressor.
func mksquashfs(t testing.TB, tree string, args ...string) string {
	t.Helper()
	tool, err := exec.LookPath("mksquashfs")
	if err != nil {
		t.Skip("no mksquashfs")
	}
	img := filepath.Join(t.TempDir(), "image")
	args = append([]string{tree, img, "-no-progress", "-quiet", "-processors", "2", "-mkfs-time", "0"}, args...)
	if out, err := exec.Command(tool, args...).CombinedOutput(); err != nil {
		if bytes.Contains(out, []byte("Compressor")) && bytes.Contains(out, []byte("not supported")) {
			t.Skipf("mksquashfs %s: %s", args, out)
		}
		t.Fatalf("mksquashfs %s: %v\n%s", args, err, out)
	}
	return img
}

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
	if d := cmp.Diff(want, digests(t, fsys)); d != "" {
		t.Errorf("(-tree +image)\n%.4000s", d)
	}
}

// checkOffsets compares the bytes at Attr.Offset with the file's and returns how many files have one.
func checkOffsets(t *testing.T, raw []byte, fsys fs.FS) (n int) {
	t.Helper()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		at := info.Sys().(*image.Attr).Offset
		if at < 0 {
			return nil
		}
		n++
		data, err := fs.ReadFile(fsys, name)
		if err != nil || !bytes.HasPrefix(raw[at:], data) {
			t.Errorf("%s does not lie at 0x%x: %v", name, at, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return n
}
