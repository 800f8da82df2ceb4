package lz4

import (
	"bytes"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
)

// content is n bytes that compress, but not to nothing.
func content(n int) []byte {
	rng := rand.New(rand.NewPCG(3, uint64(n)))
	out := make([]byte, 0, n)
	for len(out) < n {
		word := []byte{byte(rng.Uint32N(20)), 'a', 'b', byte(rng.Uint32N(4))}
		for range rng.Uint32N(30) {
			out = append(out, word...)
		}
		out = append(out, byte(rng.Uint32()))
	}
	return out[:n]
}

// pack compresses with the real tool.
func pack(t testing.TB, data []byte, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("lz4"); err != nil {
		t.Skip("no lz4")
	}
	in := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(in, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("lz4", append(append([]string{"-q", "-f"}, args...), in, in+".lz4")...).CombinedOutput()
	if err != nil {
		t.Fatalf("lz4: %v %s", err, out)
	}
	packed, err := os.ReadFile(in + ".lz4")
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

func mount(t testing.TB, b []byte) fs.FS {
	t.Helper()
	r := bytes.NewReader(b)
	if !sniff(r, int64(len(b))) {
		t.Fatal("not recognised")
	}
	fsys, err := open(r, int64(len(b)), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

// TestTool: every way the tool has of writing a frame reads back byte for byte.
func TestTool(t *testing.T) {
	for name, args := range map[string][]string{
		"Samsung": {"-B6", "--content-size"}, "64 KiB blocks": {"-B4", "-BI"}, "4 MiB blocks": {"-B7", "-BI", "-9"}, "block checksums": {"-B5", "-BX"},
		"linked": {"-B4", "-BD"}, "legacy": {"-l"}, "no checksum": {"--no-frame-crc", "-B6"},
	} {
		for _, n := range []int{0, 1, 65536, 3<<20 + 77, 1 << 20, 9 << 20} {
			want := content(n)
			packed := pack(t, want, args...)
			if len(packed) < 7 {
				continue // a legacy frame of nothing is a magic number
			}
			fsys := mount(t, packed)
			got, err := fs.ReadFile(fsys, Name)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, %d bytes: %d bytes, %v", name, n, len(got), err)
				continue
			}
			f, err := fsys.Open(Name)
			if err != nil {
				t.Fatal(err)
			}
			for _, off := range []int{0, n / 3, n - 1} {
				if n == 0 {
					break
				}
				b := make([]byte, min(100000, n-off))
				if _, err := f.(io.ReaderAt).ReadAt(b, int64(off)); err != nil || !bytes.Equal(b, want[off:off+len(b)]) {
					t.Errorf("%s, %d bytes: %d at %d: %v", name, n, len(b), off, err)
				}
			}
			if n == 1 {
				if err := fstest.TestFS(fsys, Name); err != nil {
					t.Error(err)
				}
			}
			if g := fsys.(image.Gapper).Gaps(); len(g) != 0 {
				t.Errorf("%s: %v", name, g)
			}
		}
	}
}

// TestSeveralFrames: frames one after the other, one of them to be skipped, padding behind them.
func TestSeveralFrames(t *testing.T) {
	a, b := content(70000), content(5000)
	packed := append(pack(t, a, "-B4", "-BI"), 0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3)
	packed = append(append(packed, pack(t, b, "-B4", "-BI", "--content-size")...), make([]byte, 64)...)
	got, err := fs.ReadFile(mount(t, packed), Name)
	if want := append(append([]byte{}, a...), b...); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v; want %d", len(got), err, len(want))
	}
}

// TestTruncated: what lies before the cut is read, and the cut is said.
func TestTruncated(t *testing.T) {
	want := content(1 << 20)
	packed := pack(t, want, "-B4", "-BI", "--content-size")
	fsys := mount(t, packed[:len(packed)*2/3])
	got, err := fs.ReadFile(fsys, Name)
	if err != nil || len(got) < 300000 || !bytes.HasPrefix(want, got) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if g := fsys.(image.Gapper).Gaps(); len(g) != 1 || g[0].Reason != image.Truncated {
		t.Errorf("gaps: %v", g)
	}
}

func FuzzLZ4(f *testing.F) {
	f.Add(pack(f, content(5000), "-B4", "-BI"))
	f.Add(pack(f, content(5000), "-l"))
	f.Add(pack(f, content(5000), "-B4", "-BD", "--content-size"))
	limits := image.DefaultLimits()
	limits.Memory, limits.Spool = 16<<20, 16<<20
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		if !sniff(r, int64(len(b))) {
			return
		}
		fsys, err := open(r, int64(len(b)), image.NewBudget(limits))
		if err != nil {
			return
		}
		h, err := fsys.Open(Name)
		if err != nil {
			return
		}
		buf := make([]byte, 1<<16)
		for off := int64(0); off < 8<<20; off += 1 << 20 {
			if _, err := h.(io.ReaderAt).ReadAt(buf, off); err == io.EOF {
				break
			}
		}
	})
}
