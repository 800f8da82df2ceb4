package gzip

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/gzip"

	"romscan/analyzer/image"
)

// noise gives n bytes that hardly compress.
func noise(seed uint32, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		seed = seed*1664525 + 1013904223
		b[i] = byte(seed >> 24)
	}
	return b
}

func pack(t testing.TB, name string, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Name = name
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func load(t testing.TB, raw []byte, b *image.Budget) interface {
	fs.FS
	image.Gapper
} {
	t.Helper()
	r := bytes.NewReader(raw)
	if !Format().Sniff(r, r.Size()) {
		t.Fatal("not recognised")
	}
	fsys, err := Format().Open(r, r.Size(), b)
	if err != nil {
		t.Fatal(err)
	}
	return fsys.(interface {
		fs.FS
		image.Gapper
	})
}

func defaults() *image.Budget { return image.NewBudget(image.DefaultLimits()) }

// small makes streams above 64 KiB go to the temporary file.
func small() *image.Budget {
	return image.NewBudget(image.Limits{Bytes: 1 << 30, Files: 10, Ratio: 2000, Depth: 4, Memory: 1 << 20, Spool: 8 << 20})
}

func TestMembers(t *testing.T) {
	a, b := noise(1, 100000), noise(2, 70000)
	both := append(bytes.Clone(a), b...)
	one, two := pack(t, "", a), append(pack(t, "", a), pack(t, "x", b)...)
	for name, c := range map[string]struct{ raw, want []byte }{
		"one":            {one, a},
		"two":            {two, both},
		"empty":          {pack(t, "", nil), nil},
		"empty between":  {bytes.Join([][]byte{one, pack(t, "", nil), pack(t, "", b)}, nil), both},
		"padding":        {append(bytes.Clone(two), make([]byte, 5)...), both},
		"other bytes":    {append(bytes.Clone(two), "SEANDROIDENFORCE"...), both},
		"much padding":   {append(bytes.Clone(two), make([]byte, 1<<20)...), both},
		"one other byte": {append(bytes.Clone(one), 0x1F), a},
	} {
		for kind, budget := range map[string]*image.Budget{"memory": defaults(), "disk": small()} {
			fsys := load(t, c.raw, budget)
			got, err := fs.ReadFile(fsys, image.StreamName)
			if err != nil || !bytes.Equal(got, c.want) || len(fsys.Gaps()) > 0 {
				t.Errorf("%s, %s: %d bytes of %d, %v, gaps %v", name, kind, len(got), len(c.want), err, fsys.Gaps())
			}
			again, err := fs.ReadFile(fsys, image.StreamName) // the handle was closed and all given back
			if err != nil || !bytes.Equal(again, c.want) {
				t.Errorf("%s, %s, again: %d bytes, %v", name, kind, len(again), err)
			}
		}
	}
}

func TestFS(t *testing.T) {
	for kind, budget := range map[string]*image.Budget{"memory": defaults(), "disk": small()} {
		if err := fstest.TestFS(load(t, pack(t, "x.tar", noise(1, 70000)), budget), "x.tar"); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestNames(t *testing.T) {
	for stated, want := range map[string]string{
		"": image.StreamName, "ramdisk.cpio": "ramdisk.cpio", "../x": image.StreamName, "a/b": image.StreamName, ".": image.StreamName, "..": image.StreamName, "é": "é",
	} {
		entries, err := fs.ReadDir(load(t, pack(t, stated, []byte("x")), defaults()), ".")
		if err != nil || len(entries) != 1 || entries[0].Name() != want {
			t.Errorf("%q: %v, %v", stated, entries, err)
		}
	}
}

// TestBroken keeps what decodes and tells the rest.
func TestBroken(t *testing.T) {
	data := noise(3, 300000)
	raw := pack(t, "", data)
	flipped := bytes.Clone(raw)
	flipped[len(raw)-6] ^= 1 // the checksum
	wrongSize := bytes.Clone(raw)
	wrongSize[len(raw)-1] ^= 0x70
	for name, c := range map[string]struct {
		raw    []byte
		least  int
		reason image.Reason
	}{
		"half":             {raw[:len(raw)/2], 100000, image.Truncated},
		"without trailer":  {raw[:len(raw)-8], 300000, image.Truncated},
		"wrong checksum":   {flipped, 300000, image.Malformed},
		"wrong size":       {wrongSize, 300000, image.Malformed},
		"cut second":       {append(bytes.Clone(raw), raw[:1000]...), 300000, image.Truncated},
		"garbage in it":    {append(append(bytes.Clone(raw[:150000]), bytes.Repeat([]byte{0xFF}, 1000)...), raw[151000:]...), 100000, image.Malformed},
		"cut in 2nd magic": {append(bytes.Clone(raw), raw[:4]...), 300000, image.Truncated},
	} {
		for kind, budget := range map[string]*image.Budget{"memory": defaults(), "disk": small()} {
			fsys := load(t, c.raw, budget)
			got, err := fs.ReadFile(fsys, image.StreamName)
			if err != nil || len(got) < c.least || !bytes.HasPrefix(append(bytes.Clone(data), data...), got[:c.least]) {
				t.Errorf("%s, %s: %d bytes, %v", name, kind, len(got), err)
			}
			if g := fsys.Gaps(); len(g) != 1 || g[0].Reason != c.reason {
				t.Errorf("%s, %s: gaps %v", name, kind, g)
			}
		}
	}
}

// TestBudget has a stream that decodes to more than the temporary disk may take: what fits is kept, and the
// next stream has all of the disk again.
func TestBudget(t *testing.T) {
	budget := small()
	raw := pack(t, "", make([]byte, 32<<20))
	for range 3 {
		fsys := load(t, raw, budget)
		info, err := fs.Stat(fsys, image.StreamName)
		if err != nil || info.Size() < 7<<20 || info.Size() > 8<<20 {
			t.Fatalf("%v bytes, %v", info, err)
		}
		if g := fsys.Gaps(); len(g) != 1 || g[0].Reason != image.OverBudget {
			t.Errorf("gaps %v", g)
		}
	}
}

func TestTool(t *testing.T) {
	tool, err := exec.LookPath("gzip")
	if err != nil {
		t.Skip("no gzip")
	}
	for _, level := range []string{"-1", "-6", "-9"} {
		name := filepath.Join(t.TempDir(), "system.img")
		data := append(noise(4, 200000), bytes.Repeat([]byte("text and "), 20000)...)
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if msg, err := exec.Command(tool, level, name).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, msg)
		}
		raw, err := os.ReadFile(name + ".gz")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := fs.ReadFile(load(t, raw, defaults()), "system.img"); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d bytes, %v", level, len(got), err)
		}
	}
}

func FuzzGzip(f *testing.F) {
	f.Add(pack(f, "name", noise(1, 300)))
	f.Add(append(pack(f, "", []byte("hello hello hello")), pack(f, "", noise(2, 100))...))
	f.Add(pack(f, "", make([]byte, 200000)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		b := image.NewBudget(image.Limits{Bytes: 1 << 30, Files: 10, Ratio: 100, Depth: 4, Memory: 1 << 20, Spool: 1 << 20})
		r := bytes.NewReader(raw)
		Format().Sniff(r, r.Size())
		fsys, err := Format().Open(r, r.Size(), b)
		if err != nil {
			return
		}
		entries, err := fs.ReadDir(fsys, ".")
		if err != nil || len(entries) != 1 {
			t.Fatalf("%v, %v", entries, err)
		}
		file, err := fsys.Open(entries[0].Name())
		if err != nil {
			t.Fatal(err)
		}
		info, err := file.Stat()
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, file)
		if err != nil || n != info.Size() {
			t.Errorf("%d bytes of %d: %v", n, info.Size(), err)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
		if _, err := io.Copy(io.Discard, io.NewSectionReader(reopened{fsys, entries[0].Name()}, 0, 1)); err != nil && info.Size() > 0 {
			t.Errorf("after closing: %v", err)
		}
	})
}

// reopened opens the file for each read.
type reopened struct {
	fsys fs.FS
	name string
}

func (r reopened) ReadAt(p []byte, off int64) (int, error) {
	f, err := r.fsys.Open(r.name)
	if err != nil {
		return 0, fmt.Errorf("open: %w", err)
	}
	defer f.Close()
	return f.(io.ReaderAt).ReadAt(p, off)
}
