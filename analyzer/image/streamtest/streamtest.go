// Package streamtest is what the tests of formats that are one compressed stream have in common.
package streamtest

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"os/exec"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
)

// Sample is n bytes that compress to about half.
func Sample(n int) []byte {
	b := make([]byte, n)
	seed := uint32(1)
	for i := range b {
		seed = seed*1664525 + 1013904223
		b[i] = byte(seed>>24) & 0x3F
		if seed>>12&7 == 0 && i > 64 {
			b[i] = b[i-64]
		}
	}
	return b
}

// Tool compresses data with an external command; the test is skipped where the machine has none.
func Tool(t testing.TB, data []byte, name string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skip("no " + name)
	}
	cmd := exec.Command(name, args...)
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return out
}

// Limits returns budgets under which streams are kept in memory and on disk.
func Limits() map[string]image.Limits {
	small := image.DefaultLimits()
	small.Memory, small.Spool = 40<<20, 64<<20
	return map[string]image.Limits{"memory": image.DefaultLimits(), "disk": small}
}

// Open opens raw, which must be recognised.
func Open(t testing.TB, f image.Format, raw []byte, l image.Limits) fs.FS {
	t.Helper()
	r := bytes.NewReader(raw)
	if !f.Sniff(r, r.Size()) {
		t.Fatalf("%s: not recognised", f.Name)
	}
	fsys, err := f.Open(r, r.Size(), image.NewBudget(l))
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

// Reads asserts that raw holds want, without gaps, in memory and on disk.
func Reads(t *testing.T, f image.Format, raw, want []byte) {
	t.Helper()
	for kind, l := range Limits() {
		fsys := Open(t, f, raw, l)
		got, err := fs.ReadFile(fsys, image.StreamName)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes of %d, %v", kind, len(got), len(want), err)
		}
		if g := fsys.(image.Gapper).Gaps(); len(g) > 0 {
			t.Errorf("%s: gaps %v", kind, g)
		}
	}
}

// Sound asserts that what raw opens as is a sound file system.
func Sound(t *testing.T, f image.Format, raw []byte) {
	t.Helper()
	if err := fstest.TestFS(Open(t, f, raw, image.DefaultLimits()), image.StreamName); err != nil {
		t.Error(err)
	}
}

// Verdict returns what the stream's Verify says, "" where it compares nothing.
func Verdict(fsys fs.FS) image.Outcome {
	var out image.Outcome
	if v, ok := fsys.(image.Verifier); ok {
		v.Verify(context.Background(), func(c image.Check) bool { out = c.Outcome; return true })
	}
	return out
}

// Cut asserts that of a stream that ends too early what can be decoded is there, at least share of want, and
// that a gap says so.
func Cut(t *testing.T, f image.Format, raw, want []byte, share float64) {
	t.Helper()
	fsys := Open(t, f, raw[:len(raw)*3/4], image.DefaultLimits())
	got, err := fs.ReadFile(fsys, image.StreamName)
	if err != nil || !bytes.HasPrefix(want, got) || float64(len(got)) < share*float64(len(want)) {
		t.Errorf("cut: %d bytes of %d, %v", len(got), len(want), err)
	}
	g := fsys.(image.Gapper).Gaps()
	if len(g) != 1 || g[0].Reason != image.Truncated {
		t.Errorf("cut: gaps %v", g)
	}
	if v := Verdict(fsys); v == image.Matched {
		t.Errorf("cut: verdict %q", v)
	}
}

// Fuzz opens whatever it is given and reads what it promises.
func Fuzz(f *testing.F, format image.Format) {
	limits := image.DefaultLimits()
	limits.Memory, limits.Spool = 32<<20, 16<<20
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := bytes.NewReader(raw)
		if !format.Sniff(r, r.Size()) {
			return
		}
		fsys, err := format.Open(r, r.Size(), image.NewBudget(limits))
		if err != nil {
			return
		}
		entries, err := fs.ReadDir(fsys, ".")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			h, err := fsys.Open(e.Name())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, h); err != nil {
				t.Logf("%s: %v", e.Name(), err)
			}
			if err := h.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
