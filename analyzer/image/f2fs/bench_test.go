package f2fs

import (
	"fmt"
	"os/exec"
	"testing"

	"romscan/analyzer/image/treetest"
)

const benchBytes = 2*12<<20 + 200*8<<10

// benchImage makes an image of a tree of about 26 MB: large files, and many small ones.
func benchImage(b *testing.B, features string, load ...string) string {
	b.Helper()
	tree := b.TempDir()
	for i := range 2 {
		treetest.Write(b, tree, fmt.Sprintf("app/%d/large", i), treetest.Prose(uint32(i), 12<<20))
	}
	for i := range 200 {
		treetest.Write(b, tree, fmt.Sprintf("etc/%d/%d", i%50, i), treetest.Prose(uint32(i), 8<<10))
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
				treetest.ReadTree(b, treetest.LoadFile(b, Format(), img), buf)
			}
		})
	}
}

// BenchmarkOpen reads the whole tree of an image but no content; BenchmarkCheck has fsck.f2fs do as much and check it.
func BenchmarkOpen(b *testing.B) {
	img := benchImage(b, "-O extra_attr")
	for b.Loop() {
		treetest.LoadFile(b, Format(), img)
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
