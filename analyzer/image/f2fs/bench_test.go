package f2fs

import (
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"testing"
)

const benchBytes = 2*12<<20 + 200*8<<10

// benchImage makes an image of a tree of about 26 MB: large files, and many small ones.
func benchImage(b *testing.B, features string, load ...string) string {
	b.Helper()
	tree := b.TempDir()
	for i := range 2 {
		write(b, tree, fmt.Sprintf("app/%d/large", i), prose(uint32(i), 12<<20))
	}
	for i := range 200 {
		write(b, tree, fmt.Sprintf("etc/%d/%d", i%50, i), prose(uint32(i), 8<<10))
	}
	return mkfs(b, tree, features, load...)
}

var benches = []struct {
	name, features string
	load           []string
}{
	{"plain", "-O extra_attr", nil},
	{"lz4_16k", "-O extra_attr,compression", []string{"-c", "-a", "lz4"}},
	{"lz4_64k", "-O extra_attr,compression", []string{"-c", "-a", "lz4", "-L", "4"}},
	{"lzo_16k", "-O extra_attr,compression", []string{"-c", "-a", "lzo"}},
}

// BenchmarkRead opens an image, with a cache that is empty, and reads all of it.
func BenchmarkRead(b *testing.B) {
	for _, f := range benches {
		b.Run(f.name, func(b *testing.B) {
			img := benchImage(b, f.features, f.load...)
			buf := make([]byte, 1<<20)
			b.SetBytes(benchBytes)
			for b.Loop() {
				readTree(b, load(b, img), buf)
			}
		})
	}
}

func readTree(b *testing.B, fsys fs.FS, buf []byte) {
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := fsys.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, buf)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkOpen reads the whole tree of an image but no content; BenchmarkCheck has fsck.f2fs do as much and check it.
func BenchmarkOpen(b *testing.B) {
	img := benchImage(b, "-O extra_attr")
	for b.Loop() {
		load(b, img)
	}
}

func BenchmarkCheck(b *testing.B) {
	tool, err := exec.LookPath("fsck.f2fs")
	if err != nil {
		b.Skip("no fsck.f2fs")
	}
	img := benchImage(b, "-O extra_attr")
	for b.Loop() {
		if out, err := exec.Command(tool, "--dry-run", img).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
}
