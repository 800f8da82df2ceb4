//go:build unix

package lzma

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"romscan/analyzer/corpustest"
)

// systemImage makes an ext4 image of a tree of real firmware, without its empty blocks at the end.
func systemImage(b *testing.B) []byte {
	tree := corpustest.Dir(b, "trees", "trees", "oukitel-wp5-9-b")
	mke2fs, err := exec.LookPath("mke2fs")
	if _, terr := os.Stat(tree); err != nil || terr != nil {
		b.Skip("no mke2fs or no corpus")
	}
	name := filepath.Join(b.TempDir(), "system.img")
	if out, err := exec.Command(mke2fs, "-q", "-F", "-t", "ext4", "-O", "^has_journal", "-d", tree, name, "24M").CombinedOutput(); err != nil {
		b.Fatalf("mke2fs: %v\n%s", err, out)
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	return bytes.TrimRight(raw, "\x00")
}

// usage returns the processor time this process has used, or its children have, in nanoseconds.
func usage(who int) int64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(who, &r); err != nil {
		return 0
	}
	return r.Utime.Nano() + r.Stime.Nano()
}

// BenchmarkXZ decodes an ext4 image in pieces of 2 MiB, as a payload has them, beside the tool. The figures are
// MB for each second of processor time, of the best run.
func BenchmarkXZ(b *testing.B) {
	raw := systemImage(b)
	var pieces [][]byte
	encoded := 0
	for k := 0; k < len(raw); k += 2 << 20 {
		enc := tool(b, raw[k:min(k+2<<20, len(raw))], "-c", "--check=none", "--lzma2=preset=6,dict=2MiB")
		pieces = append(pieces, enc)
		encoded += len(enc)
	}
	dst := make([]byte, 2<<20)
	runs := map[string]func(){
		"DecodeXZ": func() {
			for _, enc := range pieces {
				if _, err := DecodeXZ(dst, enc); err != nil {
					b.Fatal(err)
				}
			}
		},
		"NewXZReader": func() {
			for _, enc := range pieces {
				r := NewXZReader(bytes.NewReader(enc), 4<<20)
				for {
					if n, err := r.Read(dst); n == 0 || err != nil {
						break
					}
				}
			}
		},
		"xz -dc": func() { tool(b, bytes.Join(pieces, nil), "-dc") },
	}
	for _, name := range []string{"DecodeXZ", "NewXZReader", "xz -dc"} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			who := syscall.RUSAGE_SELF
			if name == "xz -dc" {
				who = syscall.RUSAGE_CHILDREN
			}
			best := int64(1) << 62
			for b.Loop() {
				before := usage(who)
				runs[name]()
				best = min(best, usage(who)-before)
			}
			b.ReportMetric(float64(encoded)/float64(best)*1e3, "in-MB/cpu-s")
			b.ReportMetric(float64(len(raw))/float64(best)*1e3, "out-MB/cpu-s")
		})
	}
}
