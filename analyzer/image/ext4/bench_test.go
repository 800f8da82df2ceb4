package ext4

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"testing"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// benchImage makes an image of about 260 MB: large files, and many small ones.
func benchImage(b *testing.B, args ...string) string {
	b.Helper()
	tree := b.TempDir()
	for i := range 12 {
		treetest.Write(b, tree, fmt.Sprintf("app/%d/large", i), treetest.Noise(uint32(i), 20<<20))
	}
	for i := range 2000 {
		treetest.Write(b, tree, fmt.Sprintf("etc/%d/%d", i%50, i), treetest.Noise(uint32(i), 8<<10))
	}
	return mkfs(b, tree, "400M", args...)
}

// BenchmarkRead lists an image and reads all of it. Compare with BenchmarkPageCache, which reads as many bytes
// of the image file in one piece, and BenchmarkDebugfs.
func BenchmarkRead(b *testing.B) {
	for _, kind := range []string{"ext4", "ext2"} {
		img := benchImage(b, "-t", kind)
		b.Run(kind, func(b *testing.B) {
			buf := make([]byte, 1<<20)
			for b.Loop() {
				b.SetBytes(readTree(b, treetest.LoadFile(b, Format(), img), buf))
			}
		})
	}
}

func readTree(b *testing.B, fsys fs.FS, buf []byte) int64 {
	var total int64
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := fsys.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		for off := int64(0); off < info.Size(); {
			n, err := f.(io.ReaderAt).ReadAt(buf, off)
			if off += int64(n); err != nil && err != io.EOF {
				return err
			}
		}
		total += info.Size()
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return total
}

// BenchmarkList opens an image and lists it, without content.
func BenchmarkList(b *testing.B) {
	img := benchImage(b, "-t", "ext4")
	for b.Loop() {
		f, err := os.Open(img)
		if err != nil {
			b.Fatal(err)
		}
		fsys, err := Format().Open(f, 400<<20, image.NewBudget(image.DefaultLimits()))
		if err != nil {
			b.Fatal(err)
		}
		if err := fs.WalkDir(fsys, ".", func(_ string, _ fs.DirEntry, err error) error { return err }); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}

// BenchmarkPageCache is the floor: the same number of bytes out of the image file.
func BenchmarkPageCache(b *testing.B) {
	f, err := os.Open(benchImage(b, "-t", "ext4"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	buf := make([]byte, 1<<20)
	const total = 12*20<<20 + 2000*8<<10
	b.SetBytes(total)
	for b.Loop() {
		for off := int64(0); off < total; off += int64(len(buf)) {
			if _, err := f.ReadAt(buf, off); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkDebugfs takes the same tree out with e2fsprogs, to disk.
func BenchmarkDebugfs(b *testing.B) {
	tool, err := exec.LookPath("debugfs")
	if err != nil {
		b.Skip("no debugfs")
	}
	img := benchImage(b, "-t", "ext4")
	b.SetBytes(12*20<<20 + 2000*8<<10)
	for b.Loop() {
		out := b.TempDir()
		if msg, err := exec.Command(tool, "-R", "rdump / "+out, img).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, msg)
		}
		os.RemoveAll(out)
	}
}
