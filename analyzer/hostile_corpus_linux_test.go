package analyzer

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"romscan/analyzer/image"
)

// hostileInput is an input made to take a reader's time, memory or trust.
type hostileInput struct {
	name   string
	make   func(t testing.TB) []byte
	reason image.Reason // of a gap there must be; "" for none
	detail string       // in it
	long   bool         // only with ROMSCAN_ALL=1
}

func hostileInputs() []hostileInput {
	plain := func(b []byte) func(testing.TB) []byte { return func(testing.TB) []byte { return b } }
	return []hostileInput{
		{"quine.zip", quineZip, image.OverBudget, "16 containers deep", false},
		{"quine.gz", quineGzip, image.OverBudget, "16 containers deep", false},
		{"wide.zip", func(t testing.TB) []byte { return nest(t, 8, 16) }, image.OverBudget, "more than", false},
		{"wide.tgz", func(t testing.TB) []byte { return tarIn(t, 8, 16) }, image.OverBudget, "more than", false},
		{"42.zip", func(t testing.TB) []byte { return bombs(t, 5, 16, 99) }, image.OverBudget, "more than", true},
		{"42-elf.zip", func(t testing.TB) []byte { return zipOf(t, zip.Deflate, zipBomb(t, "a.so", 99), manyNames(3000)...) }, image.OverBudget, "more than", true},
		{"bomb.zip", func(t testing.TB) []byte { return zipBomb(t, "system/build.prop", 1024) }, "", "", false},
		{"bomb.gz", func(t testing.TB) []byte { return gzipBomb(t, 300) }, "", "", false},
		{"text.zip", func(t testing.TB) []byte { return zipOf(t, zip.Deflate, urls(8<<20), manyNames(64)...) }, "", "", true},
		{"many.zip", func(t testing.TB) []byte { return zipOf(t, zip.Store, nil, manyNames(100_000)...) }, image.OverBudget, "more than", true},
		{"overlap.zip", func(t testing.TB) []byte { return overlap(t, 20_000, urls(1<<20)) }, image.OverBudget, "others' too", true},
		{"terabytes.img", plain(sparseOf(0xffffffff, chunk{0xcac3, 0xffffffff, nil})), image.OverBudget, "bytes in all files", false},
		{"chunks.img", func(testing.TB) []byte {
			chunks := make([]chunk, 3_000_000)
			for i := range chunks {
				chunks[i] = chunk{0xcac2, 1, []byte{byte(i), 1, 2, 3}}
			}
			return sparseOf(0x7fffffff, chunks...)
		}, image.OverBudget, "memory", false},
		{"lp-self.img", func(testing.TB) []byte { return superOf(64, extents{{128, 0}, {32, 32}}, make([]byte, 64<<10)) }, image.OverBudget, "more than", false},
		{"lp-many.img", func(testing.TB) []byte {
			list := make(extents, 600_000)
			for i := range list {
				list[i] = [2]uint64{1, 0}
			}
			return superOf(1000, list, nil)
		}, image.OverBudget, "extents", false},
		{"lp-huge.img", func(testing.TB) []byte { return superOf(16, extents{{1 << 52, 0}, {1 << 52, 0}}, nil) }, image.OverBudget, "bytes in all files", false},
		{"gpt.img", func(testing.TB) []byte { return gptOf(4096) }, image.OverBudget, "more than", true},
		{"gpt-few.img", func(testing.TB) []byte { return gptOf(8) }, image.OverBudget, "more than", false},
		{"self.kdz", plain(kdzOf()), image.OverBudget, "more than", false},
		{"self.rkaf", plain(rkafOf(16, 17)), image.OverBudget, "more than", false},
		{"self.pac", plain(pacOf(16, 17)), image.OverBudget, "more than", false},
		{"UPDATE.APP", plain(updateAppOf(10_000)), "", "", false},
		{"self.iso", plain(isoOf(100)), image.OverBudget, "more than", false},
		{"many.cpio", func(testing.TB) []byte { return cpioOf(70_000) }, image.OverBudget, "more than", false},
		{"million.cpio", func(testing.TB) []byte { return cpioOf(1_000_000) }, image.OverBudget, "more than", true},
		{"tiny.lz4", func(testing.TB) []byte { return lz4Of(4_000_000) }, image.OverBudget, "ratio", false},
		{"bomb.zst", func(testing.TB) []byte { return zstdOf(40_000, 0x78) }, image.OverBudget, "ratio", false},
		{"window.zst", plain(zstdOf(16, 0xF8)), image.OverBudget, "window", false},
		{"dict.xz", plain(xzOf(37, strings.Repeat("x", 1000))), "", "", false},
		{"dict.lzma", plain(lzmaOf(1536 << 20)), "", "", false},
		{"bomb.xz", bombXZ, image.OverBudget, "ratio", false},
		{"bomb.new.dat.zip", func(t testing.TB) []byte { return newDat(t, 1024) }, image.OverBudget, "ratio", false},
		{"overlap.payload", func(testing.TB) []byte {
			return payloadOf(200_000, func(i int) []byte { return writes(0, 0, 4096*4, [2]uint64{uint64(i % 7), 4}) }, make([]byte, 4096*4))
		}, image.Malformed, "more than one operation", false},
		{"huge.payload", func(testing.TB) []byte {
			return payloadOf(16, func(i int) []byte { return writes(6, 0, 0, [2]uint64{uint64(i) << 38, 1 << 38}) }, nil)
		}, image.Malformed, "more than any partition holds", false},
		{"manifest.payload", func(testing.TB) []byte {
			return payloadOf(3_000_000, func(i int) []byte { return writes(0, 0, 0) }, nil)
		}, image.OverBudget, "manifest", false},
		{"ratio.payload", func(testing.TB) []byte {
			return payloadOf(40, func(i int) []byte { return writes(8, 0, 64, [2]uint64{uint64(i) << 12, 1 << 12}) }, make([]byte, 64))
		}, "", "", false},
		{"loop.ext4", ext4Loop, image.Malformed, "second name", false},
		{"loop.erofs", erofsLoop, image.Malformed, "", false},
	}
}

func bombXZ(t testing.TB) []byte {
	t.Helper()
	tool(t, "xz")
	name := filepath.Join(t.TempDir(), "zeros")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, 400<<20); err != nil {
		t.Fatal(err)
	}
	run(t, ".", "xz", "-0", name)
	raw, err := os.ReadFile(name + ".xz")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

const (
	hostileWall = time.Minute
	hostilePeak = 280 << 20 // bytes, with --mem 256MiB
)

// TestHostileCorpus runs the command over hostile inputs of every layer, with a budget of 256 MiB: it ends, says in a gap
// what it did not read, stays in its memory and says the same with one worker and with four.
func TestHostileCorpus(t *testing.T) {
	bin := romscan(t)
	dir := t.TempDir()
	for _, c := range hostileInputs() {
		t.Run(c.name, func(t *testing.T) {
			if c.long && os.Getenv("ROMSCAN_ALL") == "" {
				t.Skip("takes long: ROMSCAN_ALL=1")
			}
			input := filepath.Join(dir, c.name)
			if err := os.WriteFile(input, c.make(t), 0o644); err != nil {
				t.Fatal(err)
			}
			defer os.Remove(input)
			var first []byte
			for _, jobs := range []int{1, 4} {
				out := hostileRun(t, bin, input, jobs)
				if first == nil {
					first = out
					c.check(t, out)
				} else if !bytes.Equal(first, out) {
					t.Errorf("%d bytes with one worker, %d with %d, or not the same ones", len(first), len(out), jobs)
				}
			}
		})
	}
}

// check looks for the gap there must be.
func (c *hostileInput) check(t *testing.T, out []byte) {
	t.Helper()
	if len(out) == 0 && c.reason == "" {
		return // no known format
	}
	var rep struct {
		Gaps []struct {
			Reason image.Reason
			Detail string
		}
	}
	if err := json.Unmarshal(out, &rep); err != nil {
		t.Fatalf("%v in %d bytes", err, len(out))
	}
	found := c.reason == ""
	for _, g := range rep.Gaps {
		if g.Reason == image.Panicked {
			t.Errorf("panic: %s", g.Detail)
		}
		found = found || g.Reason == c.reason && strings.Contains(g.Detail, c.detail)
	}
	if !found {
		t.Errorf("no gap %s with %q among %d: %+v", c.reason, c.detail, len(rep.Gaps), rep.Gaps[:min(len(rep.Gaps), 3)])
	}
}

// hostileRun scans input and returns the report.
func hostileRun(t *testing.T, bin, input string, jobs int) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), hostileWall)
	defer cancel()
	report := filepath.Join(t.TempDir(), "out.json")
	cmd := exec.CommandContext(ctx, bin, input, "--mem", "256MiB", "-q", "-j", fmt.Sprint(jobs), "-f", "json", "-o", report)
	cmd.Env = environ()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// What the system counts as the most a process had begins with what its parent had, so it is asked for meanwhile.
	var peak int64
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	var err error
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		select {
		case err = <-done:
			tick.Stop()
		case <-tick.C:
			peak = max(peak, highWater(cmd.Process.Pid))
			continue
		}
		break
	}
	wall := time.Since(start)
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() < 3 || exit.ExitCode() > 4) {
		t.Fatalf("-j %d after %v, %d MiB: %v\n%.2000s", jobs, wall, peak>>20, err, said.String())
	}
	t.Logf("-j %d: %d MiB at most, %.1fs user, %.1fs wall, exit %d", jobs, peak>>20, cmd.ProcessState.UserTime().Seconds(), wall.Seconds(), cmd.ProcessState.ExitCode())
	if peak > hostilePeak {
		t.Errorf("-j %d: %d MiB of memory at most, more than %d", jobs, peak>>20, hostilePeak>>20)
	}
	raw, err := os.ReadFile(report)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return raw
}

// highWater is the most memory that a process has had, in bytes; 0 where it is no more.
func highWater(pid int) int64 {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(raw), "VmHWM:")
	var kib int64
	fmt.Sscan(rest, &kib)
	return kib << 10
}
