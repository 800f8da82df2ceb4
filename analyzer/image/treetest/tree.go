package treetest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// MakeTree writes what such a format tells apart: files below, at and above the sizes of blocks, of data that
// compresses and that does not, holes, links and hard links.
func MakeTree(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	Write(t, dir, "etc/hosts", []byte("127.0.0.1 localhost\n"))
	Write(t, dir, "etc/empty", nil)
	for _, n := range []int{511, 512, 513, 2047, 2048, 2049, 4095, 4096, 4097, 8192, 65537} {
		Write(t, dir, fmt.Sprintf("size/noise%d", n), Noise(uint32(n), n))
		Write(t, dir, fmt.Sprintf("size/prose%d", n), Prose(uint32(n), n))
	}
	Write(t, dir, "zeros", make([]byte, 200<<10+77))
	Write(t, dir, "turns", bytes.Join([][]byte{Prose(1, 15<<10), Noise(2, 15<<10), make([]byte, 30<<10), Prose(3, 5000)}, nil))
	for k := range 200 {
		Write(t, dir, fmt.Sprintf("many/%s%d", strings.Repeat("n", k%90), k), Prose(uint32(k), k))
	}
	Write(t, dir, "Приложение/名前.txt", []byte("names"))
	for name, target := range map[string]string{"etc/link": "hosts", "abs": "/system/etc/hosts", "long": strings.Repeat("0123456789/", 14)} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "nothing"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, "turns"), filepath.Join(dir, "etc/turns")); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"zeros": 0o640 | os.ModeSetgid, "turns": 0o755 | os.ModeSetuid, "many": 0o777 | os.ModeSticky, "etc/empty": 0o600} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Run calls a tool that makes images, and skips where it is absent.
func Run(t testing.TB, tool string, args ...string) {
	t.Helper()
	name, err := exec.LookPath(tool)
	if err != nil {
		if name, err = exec.LookPath("/usr/sbin/" + tool); err != nil {
			t.Skip("no " + tool)
		}
	}
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%.2000s", tool, args, err, out)
	}
}
