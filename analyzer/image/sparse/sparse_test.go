package sparse

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image/treetest"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

// noise gives n bytes that no two blocks have alike.
func noise(seed uint32, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		seed = seed*1664525 + 1013904223
		b[i] = byte(seed >> 24)
	}
	return b
}

type chunk struct {
	kind   uint16
	blocks uint32
	data   []byte
}

// build writes a sparse image; the header's sizes may be larger than the least.
func build(block, total uint32, fileHeader, chunkHeader int, chunks ...chunk) []byte {
	le := binary.LittleEndian
	out := le.AppendUint32(nil, magic)
	for _, v := range []uint16{1, 0, uint16(fileHeader), uint16(chunkHeader)} {
		out = le.AppendUint16(out, v)
	}
	for _, v := range []uint32{block, total, uint32(len(chunks)), 0} {
		out = le.AppendUint32(out, v)
	}
	out = append(out, bytes.Repeat([]byte{0xEE}, fileHeader-len(out))...)
	for _, c := range chunks {
		out = le.AppendUint32(out, uint32(c.kind))
		out = le.AppendUint32(out, c.blocks)
		out = le.AppendUint32(out, uint32(chunkHeader+len(c.data)))
		out = append(out, bytes.Repeat([]byte{0xDD}, chunkHeader-12)...)
		out = append(out, c.data...)
	}
	return out
}

func TestChunks(t *testing.T) {
	data := noise(1, 2*512)
	for _, sizes := range [][2]int{{28, 12}, {32, 16}, {100, 40}} {
		raw := build(512, 9, sizes[0], sizes[1],
			chunk{chunkRaw, 2, data},
			chunk{chunkFill, 3, []byte{1, 2, 3, 4}},
			chunk{chunkCRC32, 0, []byte{9, 9, 9, 9}},
			chunk{chunkDontCare, 2, nil},
			chunk{chunkFill, 1, []byte{0, 0, 0, 0}},
			chunk{chunkRaw, 1, data[:512]})
		want := bytes.Join([][]byte{data, bytes.Repeat([]byte{1, 2, 3, 4}, 3*128), make([]byte, 3*512), data[:512]}, nil)
		fsys := treetest.Load(t, Format(), raw)
		got, err := fs.ReadFile(fsys, Name)
		if err != nil || !bytes.Equal(got, want) || len(treetest.Reasons(fsys)) > 0 {
			t.Errorf("headers of %v: %d bytes, %v, gaps %v", sizes, len(got), err, treetest.Reasons(fsys))
		}
		if err := fstest.TestFS(fsys, Name); err != nil {
			t.Error(err)
		}
		f, err := fsys.Open(Name)
		if err != nil {
			t.Fatal(err)
		}
		for off := range int64(len(want)) { // FILL at every phase
			b := make([]byte, 7)
			n, err := f.(io.ReaderAt).ReadAt(b, off)
			if !bytes.Equal(b[:n], want[off:min(off+7, int64(len(want)))]) || n < 7 && err != io.EOF {
				t.Fatalf("offset %d: % x, %v", off, b[:n], err)
			}
		}
	}
}

func TestLies(t *testing.T) {
	data := noise(2, 4*512)
	honest := []chunk{{chunkRaw, 4, data}, {chunkFill, 4, []byte("abcd")}}
	want := append(bytes.Clone(data), bytes.Repeat([]byte("abcd"), 4*128)...)
	more := build(512, 8, 28, 12, honest...)
	binary.LittleEndian.PutUint32(more[20:], 1) // chunks
	fewer := build(512, 8, 28, 12, honest...)
	binary.LittleEndian.PutUint32(fewer[20:], 77)
	for name, c := range map[string]struct {
		raw  []byte
		size int64
		read int // bytes that can be read
		gaps []image.Reason
	}{
		"blocks too low":       {build(512, 3, 28, 12, honest...), 8 * 512, 8 * 512, []image.Reason{image.Malformed}},
		"blocks too high":      {build(512, 10, 28, 12, honest...), 10 * 512, 10 * 512, []image.Reason{image.Malformed}},
		"chunks too low":       {more, 8 * 512, 8 * 512, nil},
		"chunks too high":      {fewer, 8 * 512, 8 * 512, nil},
		"cut in fill":          {more[:len(more)-1], 8 * 512, 4 * 512, []image.Reason{image.Truncated}},
		"cut in raw":           {more[:28+12+1000], 8 * 512, 1000, []image.Reason{image.Truncated}},
		"raw of a wrong size":  {build(512, 8, 28, 12, honest[0], chunk{chunkRaw, 4, data[:100]}), 8 * 512, 4 * 512, []image.Reason{image.Malformed}},
		"chunk of an odd type": {build(512, 8, 28, 12, honest[0], chunk{0xCAC9, 4, nil}), 8 * 512, 4 * 512, []image.Reason{image.Unsupported}},
	} {
		fsys := treetest.Load(t, Format(), c.raw)
		if diff := cmp.Diff(c.gaps, treetest.Reasons(fsys)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		info, err := fs.Stat(fsys, Name)
		if err != nil || info.Size() != c.size {
			t.Errorf("%s: size %d, %v", name, info.Size(), err)
		}
		got, err := fs.ReadFile(fsys, Name)
		full := append(bytes.Clone(want), make([]byte, 10*512)...)
		if len(got) != c.read || !bytes.Equal(got, full[:c.read]) || (err == nil) != (int64(c.read) == c.size) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

// holes makes a raw image with all that img2simg tells apart: data, zeros, fills, a large hole.
func holes() []byte {
	raw := make([]byte, 40<<20)
	copy(raw, noise(1, 3<<20))
	copy(raw[4<<20:], bytes.Repeat([]byte{0xDE, 0xAD, 0xBE, 0xEF}, 1<<18))
	copy(raw[5<<20:], noise(5, 4096))
	copy(raw[30<<20:], noise(6, 2<<20))
	copy(raw[33<<20:], bytes.Repeat([]byte{0xFF}, 1<<20))
	copy(raw[len(raw)-4096:], noise(7, 4096))
	return raw
}

// TestTools compares with AOSP's own tools, both ways.
func TestTools(t *testing.T) {
	to, err := exec.LookPath("img2simg")
	if err != nil {
		t.Skip("no img2simg")
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "raw")
	if err := os.WriteFile(name, holes(), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, block := range []string{"4096", "1024", "65536"} {
		simg := filepath.Join(dir, "simg"+block)
		if out, err := exec.Command(to, name, simg, block).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		raw, err := os.ReadFile(simg)
		if err != nil {
			t.Fatal(err)
		}
		got, err := fs.ReadFile(treetest.Load(t, Format(), raw), Name)
		if err != nil || !bytes.Equal(got, holes()) {
			t.Errorf("blocks of %s: %d bytes, %v", block, len(got), err)
		}
	}
}

// TestSamples compares real images with what simg2img makes of them.
func TestSamples(t *testing.T) {
	names := corpustest.Glob(t, "trees/formats/sparse/*.img")
	tool, err := exec.LookPath("simg2img")
	if err != nil {
		t.Skip("no simg2img")
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(t.TempDir(), "raw")
		if msg, err := exec.Command(tool, name, out).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, msg)
			continue
		}
		want, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		fsys := treetest.Load(t, Format(), raw)
		if got, err := fs.ReadFile(fsys, Name); err != nil || !bytes.Equal(got, want) || len(treetest.Reasons(fsys)) > 0 {
			t.Errorf("%s: %d bytes of %d, %v, gaps %v", filepath.Base(name), len(got), len(want), err, treetest.Reasons(fsys))
		}
	}
}

func TestGroup(t *testing.T) {
	got := group([]string{
		"super.img_sparsechunk.0", "super.img_sparsechunk.1", "super.img_sparsechunk.10", "super.img_sparsechunk.2",
		"system.img_sparsechunk2", "system.img_sparsechunk1", "oem.img_sparsechunk.0",
		"super.img.1", "super.img.0", "vendor.img.5", "vendor.img.6", "v.sparse.0", "v.sparse.1", "v.sparse.01",
		"boot.img", "notes.txt.1", "notes.txt.2", "libc.so.0", "libc.so.1",
		"vendor.000", "vendor.001", "archive.7z.001", "archive.7z.002",
	})
	want := []image.Set{
		{Name: "super.img", Names: []string{"super.img.0", "super.img.1"}},
		{Name: "super.img", Names: []string{"super.img_sparsechunk.0", "super.img_sparsechunk.1", "super.img_sparsechunk.2", "super.img_sparsechunk.10"}},
		{Name: "system.img", Names: []string{"system.img_sparsechunk1", "system.img_sparsechunk2"}},
		{Name: "vendor", Names: []string{"vendor.000", "vendor.001"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func parts(pieces ...[]byte) []image.Part {
	var out []image.Part
	for i, p := range pieces {
		out = append(out, image.Part{Name: fmt.Sprintf("firmware/x.img_sparsechunk.%d", i), ReaderAt: bytes.NewReader(p), Size: int64(len(p))})
	}
	return out
}

func checkSet(t *testing.T, name string, p []image.Part, want []byte) {
	t.Helper()
	fsys, err := openSet(p, image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	got, err := fs.ReadFile(fsys, Name)
	if err != nil || !bytes.Equal(got, want) || len(treetest.Reasons(fsys)) > 0 {
		t.Errorf("%s: %d bytes of %d, %v, gaps %v", name, len(got), len(want), err, treetest.Reasons(fsys))
	}
}

func TestSets(t *testing.T) {
	a, b, c := noise(1, 1024), noise(2, 1024), noise(3, 512)
	want := bytes.Join([][]byte{a, make([]byte, 512), b, c}, nil)
	checkSet(t, "each of the whole", parts(
		build(512, 6, 28, 12, chunk{chunkRaw, 2, a}, chunk{chunkDontCare, 4, nil}),
		build(512, 6, 28, 12, chunk{chunkDontCare, 3, nil}, chunk{chunkRaw, 2, b}, chunk{chunkDontCare, 1, nil}),
		build(512, 6, 28, 12, chunk{chunkDontCare, 5, nil}, chunk{chunkRaw, 1, c})), want)
	checkSet(t, "each up to its end", parts(
		build(512, 2, 28, 12, chunk{chunkRaw, 2, a}),
		build(512, 5, 28, 12, chunk{chunkDontCare, 3, nil}, chunk{chunkRaw, 2, b}),
		build(512, 6, 28, 12, chunk{chunkDontCare, 5, nil}, chunk{chunkRaw, 1, c})), want)
	checkSet(t, "each of its own", parts(
		build(512, 3, 28, 12, chunk{chunkRaw, 2, a}, chunk{chunkDontCare, 1, nil}),
		build(512, 2, 28, 12, chunk{chunkRaw, 2, b}),
		build(512, 1, 28, 12, chunk{chunkRaw, 1, c})), want)
	one := build(512, 6, 28, 12, chunk{chunkRaw, 2, a}, chunk{chunkDontCare, 1, nil}, chunk{chunkRaw, 2, b}, chunk{chunkRaw, 1, c})
	checkSet(t, "one sparse image, cut", parts(one[:700], one[700:1500], one[1500:]), want)
	checkSet(t, "raw, cut", parts(want[:700], want[700:1500], want[1500:]), want)
}

// TestSetWithoutAPiece must not read zeros where the missing piece's data was.
func TestSetWithoutAPiece(t *testing.T) {
	a, c := noise(1, 1024), noise(3, 512)
	p := parts(
		build(512, 6, 28, 12, chunk{chunkRaw, 2, a}, chunk{chunkDontCare, 4, nil}), nil,
		build(512, 6, 28, 12, chunk{chunkDontCare, 5, nil}, chunk{chunkRaw, 1, c}))
	fsys, err := openSet([]image.Part{p[0], p[2]}, image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]image.Reason{image.Truncated}, treetest.Reasons(fsys)); diff != "" {
		t.Error(diff)
	}
	got, err := fs.ReadFile(fsys, Name)
	if !bytes.Equal(got, a) || image.GapOf(nil, "", err).Reason != image.Truncated {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	f, err := fsys.Open(Name)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 512)
	if n, err := f.(io.ReaderAt).ReadAt(b, 5*512); n != 512 || !bytes.Equal(b, c) {
		t.Errorf("behind the missing piece: %d bytes, %v", n, err)
	}
}

// TestResparse splits with AOSP's own tool.
func TestResparse(t *testing.T) {
	split, err := exec.LookPath("simg2simg")
	if err != nil {
		t.Skip("no simg2simg")
	}
	to, err := exec.LookPath("img2simg")
	if err != nil {
		t.Skip("no img2simg")
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "raw")
	if err := os.WriteFile(name, holes(), 0o644); err != nil {
		t.Fatal(err)
	}
	simg := filepath.Join(dir, "system.img")
	if out, err := exec.Command(to, name, simg).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := exec.Command(split, simg, simg, strconv.Itoa(1<<20)).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	sets := group(all)
	if len(sets) != 1 || sets[0].Name != "system.img" || len(sets[0].Names) < 4 {
		t.Fatalf("sets %v of %s", sets, strings.Join(all, " "))
	}
	var p []image.Part
	for _, n := range sets[0].Names {
		raw, err := os.ReadFile(filepath.Join(dir, n))
		if err != nil {
			t.Fatal(err)
		}
		p = append(p, image.Part{Name: n, ReaderAt: bytes.NewReader(raw), Size: int64(len(raw))})
	}
	checkSet(t, "simg2simg", p, holes())
}

func FuzzSparse(f *testing.F) {
	data := noise(2, 1024)
	f.Add(build(512, 8, 28, 12, chunk{chunkRaw, 2, data}, chunk{chunkFill, 4, []byte("abcd")}, chunk{chunkDontCare, 2, nil}), uint16(0))
	f.Add(build(512, 3, 32, 16, chunk{chunkDontCare, 2, nil}, chunk{chunkCRC32, 0, data[:4]}, chunk{chunkRaw, 1, data[:512]}), uint16(40))
	f.Add(build(512, 5, 28, 12, chunk{chunkLZ4, 4, squeeze(f, bytes.Repeat([]byte("lz4 "), 512))}, chunk{chunkFill, 1, []byte("abcd")}), uint16(30))
	f.Add(build(4, 1<<30, 28, 12, chunk{chunkDontCare, 1 << 30, nil}, chunk{0xCAC7, 1, nil}), uint16(30))
	f.Fuzz(func(t *testing.T, raw []byte, cut uint16) {
		b := image.NewBudget(image.Limits{Bytes: 1 << 30, Files: 10, Ratio: 100, Depth: 4, Memory: 4 << 20, Spool: 1 << 20})
		r := bytes.NewReader(raw)
		if fsys, err := Format().Open(r, r.Size(), b); err == nil {
			readEnds(t, fsys)
		}
		at := min(int(cut), len(raw))
		if fsys, err := openSet(parts(raw[:at], raw[at:]), b); err == nil {
			readEnds(t, fsys)
		}
		if fsys, err := openSet(parts(raw, raw[:at], raw), b); err == nil {
			readEnds(t, fsys)
		}
	})
}

func readEnds(t *testing.T, fsys fs.FS) {
	f, err := fsys.Open(Name)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4000)
	for _, off := range []int64{0, 1000, info.Size() / 2, info.Size() - 3999} {
		if n, err := f.(io.ReaderAt).ReadAt(buf, max(off, 0)); n < len(buf) && err == nil {
			t.Errorf("%d bytes at %d of %d without an error", n, off, info.Size())
		}
	}
}

// TestFits: files that are only called like pieces are none.
func TestFits(t *testing.T) {
	piece := build(512, 2, fileHeaderSize, chunkHeaderSize, chunk{chunkRaw, 2, noise(1, 1024)})
	for name, c := range map[string]struct {
		parts [][]byte
		want  bool
	}{
		"sparse":       {[][]byte{piece, piece[:100]}, true},
		"cut":          {[][]byte{noise(1, 4096), noise(2, 4096), noise(3, 10)}, true},
		"other files":  {[][]byte{noise(1, 4096), noise(2, 512), noise(3, 10)}, false},
		"growing":      {[][]byte{noise(1, 10), noise(2, 512)}, false},
		"sparse later": {[][]byte{noise(1, 10), piece}, true},
	} {
		if got := fits(parts(c.parts...)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
