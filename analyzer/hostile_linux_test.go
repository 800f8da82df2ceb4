package analyzer

import (
	"archive/zip"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestHostileMemory runs the command with a budget of 256 MiB over inputs that unpack to far more and looks at what
// the process took at most.
func TestHostileMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("unpacks gigabytes")
	}
	bin := romscan(t)
	dir := t.TempDir()
	for _, c := range []struct {
		name string
		make func() []byte
	}{
		{"bomb.zip", func() []byte { return zipBomb(t, "system/build.prop", 1024) }},
		{"bomb.gz", func() []byte { return gzipBomb(t, 300) }},
		{"text.zip", func() []byte { return zipOf(t, zip.Deflate, urls(8<<20), manyNames(64)...) }},
		{"many.zip", func() []byte { return zipOf(t, zip.Store, nil, manyNames(100_000)...) }},
		{"overlap.zip", func() []byte { return overlap(t, 20_000, urls(1<<20)) }},
		{"terabytes.img", func() []byte { return sparseOf(0xffffffff, chunk{0xcac3, 0xffffffff, nil}) }},
		{"chunks.img", func() []byte {
			chunks := make([]chunk, 200_000)
			for i := range chunks {
				chunks[i] = chunk{0xcac2, 1, []byte("abcd")}
			}
			return sparseOf(0x7fffffff, chunks...)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			input := filepath.Join(dir, c.name)
			if err := os.WriteFile(input, c.make(), 0o644); err != nil {
				t.Fatal(err)
			}
			defer os.Remove(input)
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, bin, input, "--mem", "256MiB", "-q", "-f", "json", "-o", filepath.Join(dir, "out.json"))
			cmd.Env = environ()
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if err != nil && (!errors.As(err, &exit) || exit.ExitCode() < 3 || exit.ExitCode() > 4) {
				t.Fatalf("%v\n%.2000s", err, out)
			}
			usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
			if !ok {
				t.Fatal("no account of the process")
			}
			peak := usage.Maxrss << 10 // Linux counts in KiB
			t.Logf("%d MiB at most, %v", peak>>20, cmd.ProcessState.UserTime())
			if limit := int64(600 << 20); peak > limit {
				t.Errorf("%d MiB of memory at most, more than %d", peak>>20, limit>>20)
			}
		})
	}
}
