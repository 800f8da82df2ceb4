package erofs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"romscan/analyzer/image/treetest"
)

const benchBytes = 8*12<<20 + 1000*8<<10

// benchImage makes an image of a tree of about 100 MB: large files, and many small ones.
func benchImage(b *testing.B, args ...string) string {
	b.Helper()
	tree := b.TempDir()
	for i := range 8 {
		treetest.Write(b, tree, fmt.Sprintf("app/%d/large", i), treetest.Prose(uint32(i), 12<<20))
	}
	for i := range 1000 {
		treetest.Write(b, tree, fmt.Sprintf("etc/%d/%d", i%50, i), treetest.Prose(uint32(i), 8<<10))
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
				treetest.ReadTree(b, treetest.LoadFile(b, Format(), img), buf)
			}
		})
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
