package ext4

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"romscan/analyzer/image/treetest"
)

// makeTree writes a small tree with all that firmware has: links short and long, holes, empty files, files of
// many extents, names that are not ASCII.
func makeTree(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	treetest.Write(t, dir, "etc/hosts", []byte("127.0.0.1 localhost\n"))
	treetest.Write(t, dir, "etc/empty", nil)
	treetest.Write(t, dir, "etc/59", treetest.Noise(59, 59))
	treetest.Write(t, dir, "etc/60", treetest.Noise(60, 60))
	treetest.Write(t, dir, "etc/61", treetest.Noise(61, 61))
	treetest.Write(t, dir, "etc/150", treetest.Noise(150, 150))
	treetest.Write(t, dir, "etc/700", treetest.Noise(7, 700))
	treetest.Write(t, dir, "a/b/c/deep.txt", []byte(strings.Repeat("deep ", 20)))
	treetest.Write(t, dir, "Приложение/名前.txt", []byte("names"))
	treetest.Write(t, dir, "big.bin", treetest.Noise(1, 5<<20+123))
	if err := os.MkdirAll(filepath.Join(dir, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{
		"etc/link": "hosts", "abs": "/system/etc/hosts",
		"59": strings.Repeat("s", 59), "60": strings.Repeat("s", 60), "61": strings.Repeat("s", 61),
		"long": strings.Repeat("0123456789/", 90),
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	// A hole behind each piece makes an extent of each: with blocks of 1 KiB 84 fit into a node and 4 into
	// the inode, so that the tree has two levels of nodes.
	sparse(t, dir, "fragmented", 0, 64<<10, 350)
	sparse(t, dir, "hole", 64<<10, 128<<10, 5)
	if err := os.Chmod(filepath.Join(dir, "etc/60"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// makeSmallTree is what testing/fstest reads byte by byte.
func makeSmallTree(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	treetest.Write(t, dir, "etc/hosts", []byte("127.0.0.1 localhost\n"))
	treetest.Write(t, dir, "etc/700", treetest.Noise(7, 700))
	treetest.Write(t, dir, "a/b/c/deep.txt", []byte(strings.Repeat("deep ", 20)))
	treetest.Write(t, dir, "two.bin", treetest.Noise(2, 9000))
	sparse(t, dir, "hole", 8<<10, 8<<10, 3)
	for name, target := range map[string]string{"etc/link": "hosts", "dangling": "/nowhere", "long": strings.Repeat("0123456789/", 90)} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sparse writes count pieces of 3 KiB, every step bytes from start on, and a last byte at the end: without it
// mke2fs cuts the hole there off where inline_data is on.
func sparse(t testing.TB, dir, name string, start, step int64, count int) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for k := range count {
		if _, err := f.WriteAt(treetest.Noise(uint32(k), 3<<10), start+int64(k)*step); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.WriteAt([]byte{1}, start+int64(count)*step+12345); err != nil {
		t.Fatal(err)
	}
}

// mke2fsConf has the defaults that e2fsprogs ships, so that a test does not depend on the machine's.
const mke2fsConf = `[defaults]
	base_features = sparse_super,large_file,filetype,resize_inode,dir_index,ext_attr
	blocksize = 4096
	inode_size = 256
	inode_ratio = 16384
[fs_types]
	ext3 = {
		features = has_journal
	}
	ext4 = {
		features = has_journal,extent,huge_file,flex_bg,metadata_csum,64bit,dir_nlink,extra_isize
	}
`

// mkfs makes an image of tree and returns its name.
func mkfs(t testing.TB, tree, size string, args ...string) string {
	t.Helper()
	tool, err := exec.LookPath("mke2fs")
	if err != nil {
		t.Skip("no mke2fs")
	}
	tmp := t.TempDir()
	img := filepath.Join(tmp, "image")
	treetest.Write(t, tmp, "mke2fs.conf", []byte(mke2fsConf))
	args = append([]string{"-q", "-F", "-d", tree}, args...)
	cmd := exec.Command(tool, append(args, img, size)...)
	cmd.Env = append(os.Environ(), "MKE2FS_CONFIG="+filepath.Join(tmp, "mke2fs.conf"), "E2FSPROGS_FAKE_TIME=1700000000")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("mke2fs %s: %v\n%s", args, err, out)
	}
	return img
}

// debugfs runs commands on an image and returns what the last one printed.
func debugfs(t testing.TB, img string, commands ...string) string {
	t.Helper()
	tool, err := exec.LookPath("debugfs")
	if err != nil {
		t.Skip("no debugfs")
	}
	cmd := exec.Command(tool, "-w", "-f", "-", img)
	cmd.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil || strings.Count(errs.String(), "\n") > 1 {
		t.Fatalf("debugfs: %v\n%s", err, errs.String())
	}
	_, last, _ := strings.Cut(string(out), "debugfs: "+commands[len(commands)-1])
	return last
}
