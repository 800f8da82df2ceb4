package erofs

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const benchBytes = 8*12<<20 + 1000*8<<10

// benchImage makes an image of a tree of about 100 MB: large files, and many small ones.
func benchImage(b *testing.B, args ...string) string {
	b.Helper()
	tree := b.TempDir()
	for i := range 8 {
		write(b, tree, fmt.Sprintf("app/%d/large", i), prose(uint32(i), 12<<20))
	}
	for i := range 1000 {
		write(b, tree, fmt.Sprintf("etc/%d/%d", i%50, i), prose(uint32(i), 8<<10))
	}
	return mkfs(b, tree, args...)
}

var benches = []feature{{"plain", nil}, {"lz4hc_4k", []string{"-zlz4hc"}}, {"lz4hc_64k", []string{"-zlz4hc", "-C65536"}}}

// BenchmarkRead opens an image, with a cache that is empty, and reads all of it.
func BenchmarkRead(b *testing.B) {
	for _, f := range benches {
		b.Run(f.name, func(b *testing.B) {
			img := benchImage(b, f.args...)
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

// BenchmarkExtract has erofs-utils take the same files out, to disk.
func BenchmarkExtract(b *testing.B) {
	tool, err := exec.LookPath("fsck.erofs")
	if err != nil {
		b.Skip("no fsck.erofs")
	}
	for _, f := range benches {
		b.Run(f.name, func(b *testing.B) {
			img := benchImage(b, f.args...)
			b.SetBytes(benchBytes)
			for b.Loop() {
				out := filepath.Join(b.TempDir(), "out")
				if msg, err := exec.Command(tool, "--extract="+out, img).CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, msg)
				}
				os.RemoveAll(out)
			}
		})
	}
}
