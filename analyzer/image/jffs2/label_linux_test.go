package jffs2

import (
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// TestLabel reads a security context as mkfs.jffs2 writes it.
func TestLabel(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "labelled", []byte("x"))
	treetest.Write(t, tree, "plain", []byte("y"))
	const label = "u:object_r:system_file:s0"
	if err := syscall.Setxattr(filepath.Join(tree, "labelled"), "security.selinux", []byte(label+"\x00"), 0); err != nil {
		t.Skipf("no right to set labels: %v", err)
	}
	for _, order := range []string{"-l", "-b"} {
		fsys := load(t, mkjffs2(t, tree, order, "--with-xattr"))
		for name, want := range map[string]string{"labelled": label, "plain": ""} {
			info, err := fs.Lstat(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			if a := info.Sys().(*image.Attr); a.Label != want {
				t.Errorf("%s %s: %q", order, name, a.Label)
			}
		}
	}
}
