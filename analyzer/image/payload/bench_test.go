//go:build unix

package payload

import (
	"bytes"
	"crypto/sha256"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"romscan/analyzer/image"
)

func usage() int64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return r.Utime.Nano() + r.Stime.Nano()
}

// BenchmarkPayload reads a real system out of a payload of xz operations: all of it, its file list, and its apps.
// Beside the processor time of the best run, it reports how much of the payload was read for that.
func BenchmarkPayload(b *testing.B) {
	raw := systemImage(b, "oukitel-wp5-9-b", "32M")
	sum := sha256.Sum256(raw)
	enc := build(4096, part{"system", int64(len(raw)), packPlain(b, raw, 4096, replaceXZ), sum[:]})
	open := func(b *testing.B) (fs.FS, *counting, *image.Budget) {
		r := &counting{Reader: bytes.NewReader(enc)}
		budget := image.NewBudget(image.DefaultLimits())
		fsys, err := Format().Open(r, r.Size(), budget)
		if err != nil {
			b.Fatal(err)
		}
		return fsys, r, budget
	}
	files := func(b *testing.B, want func(name string) bool) *counting {
		fsys, r, budget := open(b)
		inside := ext4On(b, fsys, int64(len(raw)), budget)
		err := fs.WalkDir(inside, ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && want(name) {
				_, err = fs.ReadFile(inside, name)
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		return r
	}
	for _, c := range []struct {
		name string
		run  func(b *testing.B) *counting
	}{
		{"verify all", func(b *testing.B) *counting {
			fsys, r, _ := open(b)
			if got := verdicts(fsys)["system.img"]; got != image.Matched {
				b.Fatal(got)
			}
			return r
		}},
		{"list files", func(b *testing.B) *counting { return files(b, func(string) bool { return false }) }},
		{"read apps", func(b *testing.B) *counting {
			return files(b, func(name string) bool { return strings.HasSuffix(name, ".apk") })
		}},
		{"read properties", func(b *testing.B) *counting {
			return files(b, func(name string) bool { return strings.HasSuffix(name, ".prop") })
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			best, read := int64(1)<<62, int64(0)
			for b.Loop() {
				before := usage()
				read = c.run(b).read.Load()
				best = min(best, usage()-before)
			}
			b.ReportMetric(float64(best)/1e6, "cpu-ms")
			b.ReportMetric(float64(read)*100/float64(len(enc)), "%read")
		})
	}
}
