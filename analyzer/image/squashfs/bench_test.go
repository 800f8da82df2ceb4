package squashfs

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
func benchImage(b *testing.B, comp string) string {
	b.Helper()
	tree := b.TempDir()
	for i := range 8 {
		treetest.Write(b, tree, fmt.Sprintf("app/%d/large", i), treetest.Prose(uint32(i), 12<<20))
	}
	for i := range 1000 {
		treetest.Write(b, tree, fmt.Sprintf("etc/%d/%d", i%50, i), treetest.Prose(uint32(i), 8<<10))
	}
	return mksquashfs(b, tree, "-comp", comp)
}

var benches = []string{"gzip", "xz", "lz4", "zstd", "lzo"}

// BenchmarkRead opens an image, with a cache that is empty, and reads all of it.
func BenchmarkRead(b *testing.B) {
	for _, comp := range benches {
		b.Run(comp, func(b *testing.B) {
			img := benchImage(b, comp)
			buf := make([]byte, 1<<20)
			b.SetBytes(benchBytes)
			for b.Loop() {
				treetest.ReadTree(b, treetest.LoadFile(b, Format(), img), buf)
			}
		})
	}
}

// BenchmarkExtract has squashfs-tools take the same files out, to disk. cpu-MB/s counts both its processors.
func BenchmarkExtract(b *testing.B) {
	tool, err := exec.LookPath("unsquashfs")
	if err != nil {
		b.Skip("no unsquashfs")
	}
	for _, comp := range benches {
		b.Run(comp, func(b *testing.B) {
			img := benchImage(b, comp)
			b.SetBytes(benchBytes)
			cpu := 0.0
			for b.Loop() {
				out := filepath.Join(b.TempDir(), "out")
				cmd := exec.Command(tool, "-n", "-q", "-p", "1", "-d", out, img)
				if msg, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, msg)
				}
				cpu += (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
				os.RemoveAll(out)
			}
			b.ReportMetric(float64(benchBytes)*float64(b.N)/1e6/cpu, "cpu-MB/s")
		})
	}
}
