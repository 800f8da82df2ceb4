package ext4

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// features are the ways of mke2fs that a reader has to tell apart.
var features = []struct {
	name string
	args []string
}{
	{"ext4", []string{"-t", "ext4"}},
	{"ext2", []string{"-t", "ext2"}},
	{"ext3", []string{"-t", "ext3"}},
	{"revision0", []string{"-t", "ext2", "-r", "0"}},
	{"no_extent", []string{"-t", "ext4", "-O", "^extent,^64bit"}},
	{"inline_data", []string{"-t", "ext4", "-O", "inline_data"}},
	{"inline_data_1k_inode", []string{"-t", "ext4", "-O", "inline_data", "-I", "1024"}},
	{"no_64bit", []string{"-t", "ext4", "-O", "^64bit"}},
	{"64bit", []string{"-t", "ext4", "-O", "64bit"}},
	{"no_metadata_csum", []string{"-t", "ext4", "-O", "^metadata_csum"}},
	{"android", []string{"-t", "ext4", "-O", "^metadata_csum,^64bit,^has_journal,uninit_bg", "-m", "0"}},
	{"meta_bg", []string{"-t", "ext4", "-O", "meta_bg,^resize_inode"}},
	{"no_filetype", []string{"-t", "ext4", "-O", "^filetype"}},
	{"bigalloc", []string{"-t", "ext4", "-O", "bigalloc", "-C", "16384"}},
	{"no_dir_index_128", []string{"-t", "ext4", "-O", "^dir_index", "-I", "128"}},
	{"1k", []string{"-t", "ext4", "-b", "1024"}},
	{"1k_ext2", []string{"-t", "ext2", "-b", "1024"}},
	{"4k", []string{"-t", "ext4", "-b", "4096"}},
	{"64k", []string{"-t", "ext4", "-b", "65536"}},
	{"64k_inline", []string{"-t", "ext4", "-b", "65536", "-O", "inline_data"}},
}

func TestFeatures(t *testing.T) {
	tree := makeTree(t)
	for _, f := range features {
		t.Run(f.name, func(t *testing.T) {
			compare(t, tree, treetest.LoadFile(t, Format(), mkfs(t, tree, "48M", f.args...)))
		})
	}
}

// asked are the features of firmware; the others are for the unusual.
var asked = []string{"ext4", "ext2", "ext3", "no_extent", "inline_data", "no_64bit", "no_metadata_csum", "android", "1k"}

// TestCorpus compares every file of a real firmware tree.
func TestCorpus(t *testing.T) {
	tree := corpustest.Dir(t, "trees", "trees", "walton-rx4-51")
	if _, err := os.Stat(tree); err != nil {
		t.Skipf("no corpus: %v", err)
	}
	for _, f := range features {
		if !slices.Contains(asked, f.name) {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			compare(t, tree, treetest.LoadFile(t, Format(), mkfs(t, tree, "96M", f.args...)))
		})
	}
}

// TestSamples compares real images with what debugfs takes out of them.
func TestSamples(t *testing.T) {
	formats := corpustest.Dir(t, "trees", "formats")
	found := 0
	for _, pattern := range []string{"ext/*.img", "ext/*.ext4", "ext2/*"} {
		names, _ := filepath.Glob(filepath.Join(formats, pattern))
		for _, img := range names {
			found++
			t.Run(filepath.Base(img), func(t *testing.T) { compareDump(t, img) })
		}
	}
	names, _ := filepath.Glob(filepath.Join(formats, "apex", "*.apex"))
	for _, apex := range names {
		z, err := zip.OpenReader(apex)
		if err != nil {
			continue
		}
		payload, err := fs.ReadFile(z, "apex_payload.img")
		z.Close()
		if err != nil || !Format().Sniff(bytes.NewReader(payload), int64(len(payload))) {
			continue
		}
		found++
		t.Run(filepath.Base(apex), func(t *testing.T) {
			dir := t.TempDir()
			treetest.Write(t, dir, "payload", payload)
			compareDump(t, filepath.Join(dir, "payload"))
		})
	}
	if found == 0 {
		t.Skip("no corpus")
	}
}

// compareDump compares an image with what debugfs takes out of it, and labels with what it says of them.
func compareDump(t *testing.T, img string) {
	t.Helper()
	if _, err := exec.LookPath("debugfs"); err != nil {
		t.Skip("no debugfs")
	}
	out := t.TempDir()
	if msg, err := exec.Command("debugfs", "-R", "rdump / "+out, img).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, msg)
	}
	os.Remove(filepath.Join(out, "lost+found"))
	fsys := treetest.LoadFile(t, Format(), img)
	for _, g := range fsys.(image.Gapper).Gaps() {
		if !strings.Contains(g.Detail, "journal") { // one sample has one that was not replayed
			t.Error(g)
		}
	}
	compareFiles(t, out, fsys)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		msg, _ := exec.Command("debugfs", "-R", `ea_get -V "/`+name+`" security.selinux`, img).Output()
		info, err := d.Info()
		if got := info.Sys().(*image.Attr).Label; err != nil || got != strings.TrimRight(string(msg), "\x00\n") {
			t.Errorf("%s: label %q, debugfs says %q, %v", name, got, msg, err)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestFS(t *testing.T) {
	tree := makeSmallTree(t)
	for _, args := range [][]string{{"-t", "ext4"}, {"-t", "ext2"}, {"-t", "ext4", "-O", "inline_data"}} {
		fsys := treetest.LoadFile(t, Format(), mkfs(t, tree, "8M", args...))
		if err := fstest.TestFS(fsys, "a/b/c/deep.txt", "etc/link", "two.bin", "dangling"); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
}

// TestDirectoryOfManyBlocks has a hash tree with interior nodes, which the linear scan must step over.
func TestDirectoryOfManyBlocks(t *testing.T) {
	tree := t.TempDir()
	for n := range 2500 {
		treetest.Write(t, tree, fmt.Sprintf("many/%s-%d", strings.Repeat("n", 40), n), nil)
	}
	img := mkfs(t, tree, "16M", "-t", "ext4", "-b", "1024", "-N", "4000")
	if err := exec.Command("e2fsck", "-fyD", img).Run(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() > 1 {
			t.Skipf("no e2fsck: %v", err)
		}
	}
	compare(t, tree, treetest.LoadFile(t, Format(), img))
}

// TestTripleIndirect has blocks of 1 KiB: a block of numbers holds 256 of them, so that the third level starts
// at 64 MiB. The same file is two levels deep in extents.
func TestTripleIndirect(t *testing.T) {
	tree := t.TempDir()
	sparse(t, tree, "wide", 0, 200<<10, 400)
	sparse(t, tree, "islands", 300<<10, 90<<20, 2) // holes where whole levels are missing
	for _, kind := range []string{"ext2", "ext4"} {
		compare(t, tree, treetest.LoadFile(t, Format(), mkfs(t, tree, "16M", "-t", kind, "-b", "1024")))
	}
}

// spoil writes into a block of 4 KiB.
func spoil(t *testing.T, img, block string) {
	t.Helper()
	n, err := strconv.ParseInt(strings.Fields(block)[0], 10, 64) // "1302 (uninit)"
	if err != nil || n == 0 {
		t.Fatalf("block %q: %v", block, err)
	}
	f, err := os.OpenFile(img, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(treetest.Noise(9, 4096), n*4096)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestLargeDirectoryBlock has entries as long as a block of 64 KiB, whose length 16 bits do not hold.
func TestLargeDirectoryBlock(t *testing.T) {
	for _, folded := range []string{"\xFF\xFF", "\x00\x00"} {
		raw := append([]byte("\x0C\x00\x00\x00"+folded+"\x01\x01x"), make([]byte, 1<<16-9)...)
		v := &volume{super: super{inodes: 1}, budget: image.NewBudget(image.DefaultLimits())}
		x := image.NewIndex()
		l := image.NewListing(x, 10, rootInode)
		(&dirScan{indexer: &indexer{Listing: l, v: v, x: x}, names: l.In(".")}).block(raw, 0)
		if g := x.Gaps(); len(g) != 1 || !strings.Contains(g[0].Error(), "inode 12") { // the entry's inode is beyond the one there is
			t.Errorf("length % x: gaps %v", folded, g)
		}
	}
}

// TestMetaBG spreads inodes over so many groups that their descriptors take several blocks, which meta_bg puts
// where the groups are; where exactly depends on which groups have a copy of the superblock.
func TestMetaBG(t *testing.T) {
	tree := t.TempDir()
	for n := range 600 {
		treetest.Write(t, tree, fmt.Sprint(n), []byte(fmt.Sprint("file ", n)))
	}
	for _, copies := range []string{"sparse_super", "^sparse_super", "sparse_super2"} {
		for _, more := range []string{",64bit", ",^64bit"} {
			img := mkfs(t, tree, "16M", "-t", "ext4", "-O", "meta_bg,^resize_inode,^flex_bg,^has_journal,"+copies+more, "-b", "1024", "-g", "256", "-N", "1000")
			compare(t, tree, treetest.LoadFile(t, Format(), img))
		}
	}
}

// TestDescriptorSizeWithoutFeature states a size that must not be believed.
func TestDescriptorSizeWithoutFeature(t *testing.T) {
	tree := makeTree(t)
	img := mkfs(t, tree, "48M", "-t", "ext4", "-O", "^64bit,^metadata_csum", "-b", "1024")
	debugfs(t, img, "set_super_value desc_size 64")
	compare(t, tree, treetest.LoadFile(t, Format(), img))
}

// TestUnwritten reads what is in the map and not in the image: holes at the end, blocks allocated and never
// written, a size above 4 GiB.
func TestUnwritten(t *testing.T) {
	for _, kind := range []string{"ext4", "ext2"} {
		tree := t.TempDir()
		treetest.Write(t, tree, "tail", treetest.Noise(3, 10000))
		treetest.Write(t, tree, "huge", treetest.Noise(4, 10000))
		if err := os.Truncate(filepath.Join(tree, "tail"), 3<<20); err != nil {
			t.Fatal(err)
		}
		img := mkfs(t, tree, "16M", "-t", kind)
		debugfs(t, img, "set_inode_field /huge size 5368709120")
		if kind == "ext4" {
			debugfs(t, img, "fallocate /tail 100 300")
			spoil(t, img, debugfs(t, img, "bmap /tail 200"))
		}
		fsys := treetest.LoadFile(t, Format(), img)
		got, err := fs.ReadFile(fsys, "tail")
		if want := append(treetest.Noise(3, 10000), make([]byte, 3<<20-10000)...); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", kind, len(got), err)
		}
		f, err := fsys.Open("huge")
		if err != nil {
			t.Fatal(err)
		}
		end := make([]byte, 100)
		n, err := f.(io.ReaderAt).ReadAt(end, 5<<30-50)
		if info, _ := f.Stat(); info.Size() != 5<<30 || n != 50 || err != io.EOF || !bytes.Equal(end, make([]byte, 100)) {
			t.Errorf("%s: size %d, %d bytes at the end, %v", kind, info.Size(), n, err)
		}
	}
}

func TestLabelsOwnersModes(t *testing.T) {
	tree := makeTree(t)
	// A label of 200 bytes does not fit an inode of 256 and goes to a block.
	long := "u:object_r:" + strings.Repeat("very_", 40) + "long:s0"
	for _, size := range []string{"128", "256", "512"} {
		img := mkfs(t, tree, "48M", "-t", "ext4", "-I", size)
		label := filepath.Join(t.TempDir(), "label")
		treetest.Write(t, filepath.Dir(label), "label", []byte("u:object_r:system_file:s0\x00"))
		treetest.Write(t, filepath.Dir(label), "long", []byte(long+"\x00"))
		debugfs(t, img,
			"ea_set -f "+label+" /etc/hosts security.selinux",
			"ea_set -f "+filepath.Join(filepath.Dir(label), "long")+" /big.bin security.selinux",
			"ea_set /etc user.other value",
			"set_inode_field /etc/hosts uid 70000", "set_inode_field /etc/hosts gid 1000",
			"set_inode_field /etc/hosts mode 0106755",
			"set_inode_field /etc mode 041777",
			"mknod null c 1 3", "mknod loop b 7 0", "mknod pipe p")
		fsys := treetest.LoadFile(t, Format(), img)
		hosts := stat(t, fsys, "etc/hosts")
		attr := hosts.Sys().(*image.Attr)
		want := image.Attr{UID: 70000, GID: 1000, Label: "u:object_r:system_file:s0", Offset: attr.Offset}
		if diff := cmp.Diff(want, *attr); diff != "" {
			t.Errorf("inodes of %s: %s", size, diff)
		}
		if got := stat(t, fsys, "big.bin").Sys().(*image.Attr).Label; got != long {
			t.Errorf("inodes of %s: label %q", size, got)
		}
		for name, want := range map[string]fs.FileMode{
			"etc/hosts": fs.ModeSetuid | fs.ModeSetgid | 0o755,
			"etc":       fs.ModeDir | fs.ModeSticky | 0o777,
			"null":      fs.ModeDevice | fs.ModeCharDevice,
			"loop":      fs.ModeDevice,
			"pipe":      fs.ModeNamedPipe,
			"etc/link":  fs.ModeSymlink | 0o777,
		} {
			got := stat(t, fsys, name).Mode()
			if want.Perm() == 0 {
				got &= fs.ModeType
			}
			if got != want {
				t.Errorf("inodes of %s: %s is %v, want %v", size, name, got, want)
			}
		}
	}
}

func TestOffsetIsTheFirstByte(t *testing.T) {
	tree := makeTree(t)
	for _, f := range features {
		if !slices.Contains(asked, f.name) {
			continue
		}
		img := mkfs(t, tree, "48M", f.args...)
		raw, err := os.ReadFile(img)
		if err != nil {
			t.Fatal(err)
		}
		fsys := treetest.LoadFile(t, Format(), img)
		for _, name := range []string{"etc/hosts", "big.bin", "fragmented", "a/b/c/deep.txt"} {
			at := stat(t, fsys, name).Sys().(*image.Attr).Offset
			data, err := fs.ReadFile(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			n := min(len(data), 48)
			if at < 0 || !bytes.Equal(raw[at:at+int64(n)], data[:n]) {
				t.Errorf("%s: the bytes at %#x are not those of %s", f.name, at, name)
			}
		}
		// mke2fs gives a file that could have been inline a first block of zeros.
		if at := stat(t, fsys, "hole").Sys().(*image.Attr).Offset; at != -1 && !strings.Contains(f.name, "inline") {
			t.Errorf("%s: a file that starts with a hole has offset %#x", f.name, at)
		}
	}
}

// TestTruncated cuts images: what lies before the cut is read right, what lies behind gives an error.
func TestTruncated(t *testing.T) {
	tree := makeTree(t)
	for _, kind := range []string{"ext4", "ext2"} {
		img := mkfs(t, tree, "48M", "-t", kind, "-E", "packed_meta_blocks=1")
		raw, err := os.ReadFile(img)
		if err != nil {
			t.Fatal(err)
		}
		full := treetest.LoadFile(t, Format(), img)
		info := stat(t, full, "big.bin")
		at := info.Sys().(*image.Attr).Offset
		want, err := fs.ReadFile(full, "big.bin")
		if err != nil {
			t.Fatal(err)
		}
		cut := at + 20*4096 + 100
		fsys, err := Format().Open(bytes.NewReader(raw[:cut]), cut, image.NewBudget(image.DefaultLimits()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := fs.ReadFile(fsys, "big.bin")
		if g := image.GapOf(nil, "", err); err == nil || g.Reason != image.Truncated {
			t.Errorf("%s: reading over the cut: %v", kind, err)
		}
		if len(got) < 40960 || !bytes.HasPrefix(want, got) {
			t.Errorf("%s: %d bytes before the cut", kind, len(got))
		}
	}
}

func TestEncryptedIsRefused(t *testing.T) {
	tree := makeTree(t)
	img := mkfs(t, tree, "48M", "-t", "ext4", "-O", "encrypt")
	debugfs(t, img, "set_inode_field /etc/hosts flags 0x80800", "set_inode_field /a flags 0x80800",
		"set_inode_field /etc/link flags 0x800")
	fsys := treetest.LoadFile(t, Format(), img)
	_, err := fs.ReadFile(fsys, "etc/hosts")
	if g := image.GapOf(nil, "", err); err == nil || g.Reason != image.Encrypted {
		t.Errorf("reading an encrypted file: %v", err)
	}
	if entries, _ := fs.ReadDir(fsys, "a"); len(entries) != 0 {
		t.Errorf("an encrypted directory lists %v", entries)
	}
	var reasons []string
	for _, g := range fsys.(image.Gapper).Gaps() {
		reasons = append(reasons, string(g.Reason)+" "+strings.SplitN(g.Detail, ":", 2)[0])
	}
	slices.Sort(reasons)
	if diff := cmp.Diff([]string{"encrypted a", "encrypted etc/link"}, reasons); diff != "" {
		t.Error(diff)
	}
}

func TestJournalNotReplayedIsTold(t *testing.T) {
	img := mkfs(t, makeTree(t), "48M", "-t", "ext4")
	debugfs(t, img, "feature needs_recovery")
	if gaps := treetest.LoadFile(t, Format(), img).(image.Gapper).Gaps(); len(gaps) != 1 || gaps[0].Reason != image.Unsupported {
		t.Errorf("gaps %v", gaps)
	}
}

// TestCycle links a directory into itself and twice elsewhere: the walk must end and say so.
func TestCycle(t *testing.T) {
	img := mkfs(t, makeTree(t), "48M", "-t", "ext4")
	debugfs(t, img, "ln /a /a/b/again", "ln /a/b /b2", "ln / /a/root")
	fsys := treetest.LoadFile(t, Format(), img)
	n := 0
	err := fs.WalkDir(fsys, ".", func(string, fs.DirEntry, error) error {
		if n++; n > 1000 {
			return errors.New("no end")
		}
		return nil
	})
	if gaps := fsys.(image.Gapper).Gaps(); err != nil || len(gaps) != 3 {
		t.Errorf("walk: %v, gaps %v", err, gaps)
	}
}

func TestConcurrentReads(t *testing.T) {
	tree := makeTree(t)
	fsys := treetest.LoadFile(t, Format(), mkfs(t, tree, "48M", "-t", "ext4"))
	want, err := os.ReadFile(filepath.Join(tree, "fragmented"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := fsys.Open("fragmented")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	done := make(chan error)
	for k := range 8 {
		go func() {
			buf := make([]byte, 10000)
			for off := int64(k) * 777; off < int64(len(want)); off += 10000 {
				n, err := f.(io.ReaderAt).ReadAt(buf, off)
				if err != nil && err != io.EOF || !bytes.Equal(buf[:n], want[off:off+int64(n)]) {
					done <- fmt.Errorf("offset %d: %d bytes, %v", off, n, err)
					return
				}
			}
			done <- nil
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func compare(t *testing.T, tree string, fsys fs.FS) {
	t.Helper()
	for _, g := range fsys.(image.Gapper).Gaps() {
		t.Errorf("gap: %v", g)
	}
	compareFiles(t, tree, fsys)
}

func compareFiles(t *testing.T, tree string, fsys fs.FS) {
	t.Helper()
	want, got := map[string]string{}, map[string]string{}
	describe(t, os.DirFS(tree), want)
	describe(t, fsys, got)
	delete(got, "lost+found")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// describe maps names to mode, link target and hash.
func describe(t *testing.T, fsys fs.FS, out map[string]string) {
	t.Helper()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		s := info.Mode().String()
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := fs.ReadLink(fsys, name)
			if err != nil {
				return err
			}
			s = "link " + target // a host has its own permissions for links
		case info.Mode().IsRegular():
			f, err := fsys.Open(name)
			if err != nil {
				return err
			}
			defer f.Close()
			h := sha256.New()
			n, err := io.Copy(h, f)
			if err != nil || n != info.Size() {
				return fmt.Errorf("%s: %d bytes of %d: %w", name, n, info.Size(), err)
			}
			s += fmt.Sprintf(" %d %x", n, h.Sum(nil))
		}
		out[name] = s
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func stat(t *testing.T, fsys fs.FS, name string) fs.FileInfo {
	t.Helper()
	info, err := fs.Lstat(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	return info
}
