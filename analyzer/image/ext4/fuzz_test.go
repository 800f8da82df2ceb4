package ext4

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// small is a budget that a fuzzer's input must not get beyond.
func small() *image.Budget {
	return image.NewBudget(image.Limits{Bytes: 1 << 30, Files: 2000, Ratio: 100, Depth: 4, Memory: 4 << 20, Spool: 1 << 20, MaxFile: 1 << 20})
}

// FuzzExt4 patches images that mke2fs made, because whole images would drown the fuzzer, and reads all files.
// The input is a list of patches: block of 16 bytes (32 bits, little-endian), 16 bytes to put there.
func FuzzExt4(f *testing.F) {
	tree := makeFuzzTree(f)
	var images [][]byte
	for _, args := range [][]string{
		{"-t", "ext4", "-b", "1024", "-O", "inline_data,^has_journal,^resize_inode", "-N", "48"},
		{"-t", "ext2", "-b", "1024", "-O", "^resize_inode", "-N", "48"},
		{"-t", "ext4", "-b", "1024", "-O", "meta_bg,^resize_inode,^has_journal", "-N", "48", "-I", "128"},
	} {
		raw, err := os.ReadFile(mkfs(f, tree, "300k", args...))
		if err != nil {
			f.Fatal(err)
		}
		images = append(images, raw)
	}
	for k, raw := range images {
		f.Add(uint8(k), []byte{})
		for at := 0; at+16 <= len(raw); at += 16 {
			if b := raw[at : at+16]; at < 32<<10 && !bytes.Equal(b, make([]byte, 16)) && at%48 == 0 {
				f.Add(uint8(k), append(binary.LittleEndian.AppendUint32(nil, uint32(at/16)), b...))
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, patches []byte) {
		raw := bytes.Clone(images[int(which)%len(images)])
		for ; len(patches) >= 5; patches = patches[min(len(patches), 20):] {
			at := int64(binary.LittleEndian.Uint32(patches)) * 16 % int64(len(raw))
			copy(raw[at:], patches[4:min(len(patches), 20)])
		}
		r := bytes.NewReader(raw)
		Format().Sniff(r, r.Size())
		fsys, err := Format().Open(r, r.Size(), small())
		if err != nil {
			return
		}
		treetest.ReadAll(t, fsys)
	})
}

func makeFuzzTree(f *testing.F) string {
	dir := f.TempDir()
	treetest.Write(f, dir, "etc/hosts", []byte("127.0.0.1\n"))
	treetest.Write(f, dir, "etc/200", treetest.Noise(2, 200))
	treetest.Write(f, dir, "a/b/file", treetest.Noise(3, 3000))
	sparse(f, dir, "many", 2<<10, 4<<10, 12)
	for k := range 3 {
		sparse(f, dir, string(rune('0'+k)), 0, 40<<10, 6)
	}
	if err := os.Symlink("/etc/hosts", dir+"/link"); err != nil {
		f.Fatal(err)
	}
	return dir
}
