package squashfs

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// TestLabels reads security.selinux of every type of inode, of values short, long and shared.
func TestLabels(t *testing.T) {
	tree := t.TempDir()
	want := map[string]string{}
	for k := range 600 { // more than one metadata block of ids
		name := fmt.Sprintf("dir/file%03d", k)
		treetest.Write(t, tree, name, treetest.Prose(uint32(k), 100))
		want[name] = fmt.Sprintf("u:object_r:system_file_%d:s0", k)
		if k%3 == 0 {
			want[name] = "u:object_r:shared_" + strings.Repeat("long_", 40) + ":s0"
		}
	}
	want["dir"] = "u:object_r:directory:s0"
	for name, label := range want {
		setxattr(t, filepath.Join(tree, name), label+"\x00")
	}
	for _, args := range [][]string{{"-xattrs"}, {"-xattrs", "-noX", "-noI"}} {
		fsys := treetest.LoadFile(t, Format(), mksquashfs(t, tree, args...))
		for name, label := range want {
			info, err := fs.Lstat(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Sys().(*image.Attr).Label; got != label {
				t.Fatalf("%s: label %q, want %q", name, got, label)
			}
		}
	}
}

func setxattr(t *testing.T, file, label string) {
	t.Helper()
	if err := syscall.Setxattr(file, "user.note", []byte("before"), 0); err != nil {
		t.Skipf("no attributes in temporary directories: %v", err)
	}
	if err := syscall.Setxattr(file, "security.selinux", []byte(label), 0); err != nil {
		t.Skipf("no right to set labels: %v", err)
	}
}
