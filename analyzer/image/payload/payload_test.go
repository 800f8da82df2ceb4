package payload

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image/treetest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
	"romscan/analyzer/image/ext4"
	romzip "romscan/analyzer/image/zip"
)

// synthetic is a partition of all kinds of operations that no tool is needed for, and its image.
func synthetic() ([]byte, []op) {
	raw := slices.Concat(noise(1, 5*512), bytes.Repeat([]byte("text "), 512), make([]byte, 3*512), noise(2, 3*512))
	return raw, []op{
		{kind: replace, data: slices.Concat(raw[3*512:5*512], raw[:512]), dst: []extent{{3, 2}, {0, 1}}},
		{kind: replace, data: raw[512 : 3*512], dst: []extent{{1, 1}, {2, 1}}},
		{kind: replaceZstd, data: zstdOf(raw[5*512 : 10*512]), dst: []extent{{5, 5}}},
		{kind: zero, dst: []extent{{11, 1}, {10, 1}}},
		{kind: discard, dst: []extent{{12, 1}}},
		{kind: replace, data: append([]byte("skipped"), append(make([]byte, 505), raw[13*512:15*512]...)...), dst: []extent{{hole, 1}, {13, 2}}},
		{kind: replaceXZ, data: storedXZ(raw[15*512:]), dst: []extent{{15, 1}}, noHash: true},
	}
}

// verdicts are what Verify says of each partition.
func verdicts(fsys fs.FS) map[string]image.Outcome {
	out := map[string]image.Outcome{}
	fsys.(image.Verifier).Verify(context.Background(), func(c image.Check) bool {
		out[c.Name] = c.Outcome
		return true
	})
	return out
}

func TestSynthetic(t *testing.T) {
	raw, ops := synthetic()
	sum := sha256.Sum256(raw)
	wrong := sha256.Sum256(nil)
	fsys := treetest.Load(t, Format(), build(512, part{"system", int64(len(raw)), ops, sum[:]}, part{"vendor", -1, ops, wrong[:]}, part{"odm", 513, ops[:2], nil}))
	for name, size := range map[string]int{"system.img": len(raw), "vendor.img": len(raw), "odm.img": 513} {
		got, err := fs.ReadFile(fsys, name)
		if err != nil || !bytes.Equal(got, raw[:size]) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	if got := treetest.Reasons(fsys); len(got) > 0 {
		t.Errorf("gaps %v", got)
	}
	if err := fstest.TestFS(fsys, "system.img", "vendor.img", "odm.img"); err != nil {
		t.Error(err)
	}
	f, err := fsys.Open("system.img")
	if err != nil {
		t.Fatal(err)
	}
	for off := range int64(len(raw)) {
		b := make([]byte, 700)
		n, err := f.(io.ReaderAt).ReadAt(b, off)
		if !bytes.Equal(b[:n], raw[off:min(off+700, int64(len(raw)))]) || n < 700 && err != io.EOF {
			t.Fatalf("offset %d: %d bytes, %v", off, n, err)
		}
	}
	want := map[string]image.Outcome{"system.img": image.Matched, "vendor.img": image.Mismatched, "odm.img": image.Unverified}
	if got := verdicts(fsys); !maps.Equal(got, want) {
		t.Errorf("Verify: %v", got)
	}
}

// counting counts what is read of a payload, and how often each byte.
type counting struct {
	*bytes.Reader
	read atomic.Int64
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.Reader.ReadAt(p, off)
	c.read.Add(int64(n))
	return n, err
}

// TestImage packs a real system and reads it back: whole, by its files, and from many goroutines.
func TestImage(t *testing.T) {
	raw := systemImage(t, "oukitel-wp5-9-b", "32M")
	ops := packImage(t, raw, 4096, replaceXZ, replaceZstd, replaceBZ, replaceXZ, replace)
	sum := sha256.Sum256(raw)
	enc := build(4096, part{"system", int64(len(raw)), ops, sum[:]})
	r := &counting{Reader: bytes.NewReader(enc)}
	budget := image.NewBudget(image.DefaultLimits())
	fsys, err := Format().Open(r, r.Size(), budget)
	if err != nil {
		t.Fatal(err)
	}
	if n := r.read.Load(); n > int64(len(fsys.(*Payload).manifest))+headerSize {
		t.Errorf("%d bytes read to open", n)
	}
	f, err := fsys.Open("system.img")
	if err != nil {
		t.Fatal(err)
	}
	opened := r.read.Load()
	for range 3 { // superblock
		if _, err := f.(io.ReaderAt).ReadAt(make([]byte, 1024), 1024); err != nil {
			t.Error(err)
		}
	}
	if n := r.read.Load() - opened; n != int64(len(ops[1].data)) {
		t.Errorf("one block took %d bytes, its operation has %d", n, len(ops[1].data))
	}
	inside := ext4On(t, fsys, int64(len(raw)), budget)
	if got := verdicts(fsys)["system.img"]; got != image.Matched {
		t.Error(got)
	}
	if all := r.read.Load(); all > r.Size() {
		t.Errorf("%d bytes read of %d: an operation was decoded twice", all, r.Size())
	}
	plain, err := ext4.Format().Open(bytes.NewReader(raw), int64(len(raw)), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	want, got := digests(t, plain), digests(t, inside)
	if d := cmp.Diff(want, got); d != "" || len(got) < 100 {
		t.Errorf("%d files: %s", len(got), d)
	}
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(k), 1))
			b := make([]byte, 3<<20)
			for range 30 {
				off := rnd.Int64N(int64(len(raw)))
				n, err := f.(io.ReaderAt).ReadAt(b, off)
				if !bytes.Equal(b[:n], raw[off:min(off+int64(len(b)), int64(len(raw)))]) || n < len(b) && err != io.EOF {
					t.Errorf("offset %d: %d bytes, %v", off, n, err)
				}
			}
		})
	}
	wg.Wait()
}

func ext4On(t testing.TB, fsys fs.FS, size int64, b *image.Budget) fs.FS {
	t.Helper()
	f, err := fsys.Open("system.img")
	if err != nil {
		t.Fatal(err)
	}
	inside, err := ext4.Format().Open(f.(io.ReaderAt), size, b)
	if err != nil {
		t.Fatal(err)
	}
	return inside
}

// digests gives the sha256 of every file.
func digests(t testing.TB, fsys fs.FS) map[string][sha256.Size]byte {
	t.Helper()
	out := map[string][sha256.Size]byte{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := fs.ReadFile(fsys, name)
		out[name] = sha256.Sum256(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAgainstDumpers has other programs extract what the encoder made. Of extents they know the first, or none: here
// the operations have one each, in order.
func TestAgainstDumpers(t *testing.T) {
	found := 0
	for name, args := range map[string][]string{
		"payload-dumper": {"-o"}, // PyPI: android-payload-dumper
		"payload_dumper": {"--out"},
	} {
		if _, err := exec.LookPath(name); err != nil {
			continue
		}
		found++
		raw := systemImage(t, "oukitel-wp5-9-b", "32M")
		dir := t.TempDir()
		file := filepath.Join(dir, "payload.bin")
		sum := sha256.Sum256(raw)
		enc := build(4096, part{"system", int64(len(raw)), packPlain(t, raw, 4096, replaceXZ, replaceBZ, replace), sum[:]})
		if err := os.WriteFile(file, enc, 0o600); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(dir, "out")
		tool(t, nil, name, append(args, out, file)...)
		theirs, err := os.ReadFile(filepath.Join(out, "system.img"))
		if err != nil {
			t.Fatal(err)
		}
		ours, err := fs.ReadFile(treetest.Load(t, Format(), enc), "system.img")
		if err != nil || !bytes.Equal(ours, theirs) || !bytes.Equal(ours, raw) {
			t.Errorf("%s: %d bytes beside %d, %v", name, len(theirs), len(ours), err)
		}
	}
	if found == 0 {
		t.Skip("no payload-dumper and no payload_dumper")
	}
}

// TestDelta: without a base, what needs none is read; the rest says what it needs.
func TestDelta(t *testing.T) {
	raw := noise(1, 8*512)
	fsys := treetest.Load(t, Format(), build(512,
		part{"system", 11 * 512, []op{
			{kind: replace, data: raw[:2*512], dst: []extent{{0, 2}}},
			{kind: sourceCopy, dst: []extent{{2, 3}}},
			{kind: puffDiff, data: []byte("patch"), dst: []extent{{6, 1}}},
			{kind: replace, data: raw[7*512:], dst: []extent{{7, 1}}},
			{kind: zucchini, data: []byte("patch"), dst: []extent{{5, 1}}},
			{kind: 77, data: []byte("?"), dst: []extent{{8, 1}}},
		}, nil},
		part{"vendor", 512, []op{{kind: replace, data: raw[:512], dst: []extent{{0, 1}}}}, nil}))
	var got []string
	for _, g := range fsys.(image.Gapper).Gaps() {
		got = append(got, string(g.Reason)+" "+g.Detail)
	}
	want := []string{
		"unsupported system.img: operation 5 is of type 77",
		"unsupported system.img: 2560 of 5632 bytes need a base: SOURCE_COPY 1536, PUFFDIFF 512, ZUCCHINI 512",
		"unsupported system.img: 1024 of 5632 bytes are in no operation",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	f, err := fsys.Open("system.img")
	if err != nil {
		t.Fatal(err)
	}
	for block, want := range []string{"", "", "SOURCE_COPY", "SOURCE_COPY", "SOURCE_COPY", "ZUCCHINI", "PUFFDIFF", "", "type 77", "in no operation", "in no operation"} {
		b := make([]byte, 512)
		n, err := f.(io.ReaderAt).ReadAt(b, int64(block)*512)
		switch {
		case want == "" && (err != nil || !bytes.Equal(b, raw[block*512:][:512])):
			t.Errorf("block %d: %v", block, err)
		case want != "" && (err == nil || n > 0 || !strings.Contains(err.Error(), want) || image.GapOf(nil, "", err).Reason != image.Unsupported):
			t.Errorf("block %d: %d bytes, %v", block, n, err)
		}
	}
	if n, err := f.(io.ReaderAt).ReadAt(make([]byte, 2000), 100); n != 924 || err == nil {
		t.Errorf("across the border: %d bytes, %v", n, err)
	}
}

// TestInZip: a payload is read where it lies in an OTA package, stored as usual or deflated.
func TestInZip(t *testing.T) {
	raw, ops := synthetic()
	enc := build(512, part{"system", int64(len(raw)), ops, nil})
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		var ota bytes.Buffer
		w := zip.NewWriter(&ota)
		f, err := w.CreateHeader(&zip.FileHeader{Name: "payload.bin", Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(enc); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		o := &image.Opener{Formats: []image.Format{Format(), romzip.Format()}, Budget: image.NewBudget(image.DefaultLimits())}
		root := image.NewFile("ota.zip", bytes.NewReader(ota.Bytes()), int64(ota.Len()))
		got := map[string][]byte{}
		var mu sync.Mutex
		_, err = image.Walk(t.Context(), o, root, 1, func(f *image.File, c *image.Container) struct{} {
			if b, err := f.Bytes(1 << 20); f.IsRegular() && err == nil {
				mu.Lock()
				defer mu.Unlock()
				got[f.Path.String()] = b
			}
			return struct{}{}
		})
		if err != nil {
			t.Fatal(err)
		}
		if b := got["ota.zip//payload.bin//system.img"]; !bytes.Equal(b, raw) {
			t.Errorf("method %d: %d of %d bytes", method, len(b), len(raw))
		}
	}
}
