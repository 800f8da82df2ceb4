package iscab

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
)

func noise(n int, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32() & 0x1F)
	}
	return b
}

// files are of every kind; the largest has several chunks.
func files() []entry {
	return []entry{
		{dir: "", name: "rom.zip", data: noise(100000, 1), flags: 4},
		{dir: `a\b`, name: "stored.bin", data: noise(5000, 2)},
		{dir: "a", name: "hidden.bin", data: noise(70000, 3), flags: 6},
		{dir: "", name: "plain but hidden.txt", data: noise(300, 4), flags: 2},
		{dir: "a", name: "short.txt", data: []byte("x"), flags: 4},
		{dir: "", name: "last.bin", data: noise(2000, 5)},
	}
}

var paths = []string{"rom.zip", "a/b/stored.bin", "a/hidden.bin", "plain but hidden.txt", "a/short.txt", "last.bin"}

func toParts(hdr []byte, volumes [][]byte) []image.Part {
	parts := []image.Part{{Name: "x/DATA1.HDR", ReaderAt: bytes.NewReader(hdr), Size: int64(len(hdr))}}
	for i, v := range volumes {
		parts = append(parts, image.Part{Name: fmt.Sprintf("x/data%d.cab", i+1), ReaderAt: bytes.NewReader(v), Size: int64(len(v))})
	}
	return parts
}

type opened interface {
	fs.FS
	image.Gapper
	image.Verifier
}

func load(t testing.TB, parts []image.Part) opened {
	t.Helper()
	if !Format().Fits(parts) {
		t.Fatal("the set does not fit")
	}
	fsys, err := Format().OpenSet(parts, image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	return fsys.(opened)
}

func outcomes(fsys opened) map[image.Outcome]int {
	out := map[image.Outcome]int{}
	fsys.Verify(context.Background(), func(c image.Check) bool { out[c.Outcome]++; return true })
	return out
}

// check reads all files, in one go and from their middle.
func check(t *testing.T, what string, fsys opened, want []entry) {
	t.Helper()
	if g := fsys.Gaps(); len(g) > 0 {
		t.Errorf("%s: %v", what, g)
	}
	for i, e := range want {
		got, err := fs.ReadFile(fsys, paths[i])
		if err != nil || !bytes.Equal(got, e.data) {
			t.Errorf("%s: %s: %d bytes, %v", what, paths[i], len(got), err)
		}
		f, err := fsys.Open(paths[i])
		if err != nil {
			t.Fatal(err)
		}
		half := len(e.data) / 2
		b := make([]byte, len(e.data)-half)
		if _, err := f.(io.ReaderAt).ReadAt(b, int64(half)); err != nil && err != io.EOF || !bytes.Equal(b, e.data[half:]) {
			t.Errorf("%s: %s from its middle: %v", what, paths[i], err)
		}
	}
}

// TestVersions reads cabinets of all versions, in one volume and in many, and lets unshield read them too.
func TestVersions(t *testing.T) {
	for _, version := range []uint32{version0, version5, version6, version12, version17} {
		for _, limit := range []int{0, 512 + 9000, 512 + 700} {
			if limit > 0 && version == version0 { // of which no cabinets with several volumes are known
				continue
			}
			what := fmt.Sprintf("version %d, volumes of %d", major(version), limit)
			hdr, volumes := pack(t, version, 32<<10, limit, files()...)
			fsys := load(t, toParts(hdr, volumes))
			check(t, what, fsys, files())
			if err := fstest.TestFS(fsys, paths...); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			sums := 0
			if version > version5 {
				sums = len(paths)
			}
			if got := outcomes(fsys); got[image.Matched] != sums || len(got) > 1 {
				t.Errorf("%s: %v", what, got)
			}
			// unshield takes the last file of version 5 for whole; what is invalid is left out.
			hdr, volumes = pack(t, version, 32<<10, limit, append(files(), entry{name: "gone", flags: 8})...)
			check(t, what+" with an unused place", load(t, toParts(hdr, volumes)), files())
			t.Run("unshield, "+what, func(t *testing.T) { unshield(t, what, version, hdr, volumes) })
		}
	}
}

// unshield extracts with the tool.
func unshield(t *testing.T, what string, version uint32, hdr []byte, volumes [][]byte) {
	t.Helper()
	if _, err := exec.LookPath("unshield"); err != nil {
		t.Skip("no unshield")
	}
	dir := t.TempDir()
	for i, b := range append([][]byte{hdr}, volumes...) {
		name := "data1.hdr"
		if i > 0 {
			name = fmt.Sprintf("data%d.cab", i)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"-d", filepath.Join(dir, "out"), "x", filepath.Join(dir, "data1.cab")}
	if version == version0 {
		args = append([]string{"-O"}, args...)
	}
	out, err := exec.Command("unshield", args...).CombinedOutput()
	if err != nil {
		t.Errorf("%s: unshield: %v: %s", what, err, out)
		return
	}
	found := 0
	for _, e := range files() {
		names, err := filepath.Glob(filepath.Join(dir, "out", "*", "*", e.name))
		more, _ := filepath.Glob(filepath.Join(dir, "out", "*", e.name))
		deep, _ := filepath.Glob(filepath.Join(dir, "out", "*", "*", "*", e.name))
		for _, name := range slices.Concat(names, more, deep) {
			if got, err := os.ReadFile(name); err == nil && bytes.Equal(got, e.data) {
				found++
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if found != len(files()) {
		t.Errorf("%s: unshield has %d of %d files: %s", what, found, len(files()), out)
	}
}

// TestSingle reads a cabinet that is one file.
func TestSingle(t *testing.T) {
	for _, version := range []uint32{version0, version6} {
		hdr, volumes := pack(t, version, 32<<10, 0, files()...)
		raw := single(hdr, volumes[0])
		r := bytes.NewReader(raw)
		if !Format().Sniff(r, r.Size()) {
			t.Fatal("not recognised")
		}
		fsys, err := Format().Open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			t.Fatal(err)
		}
		check(t, "single", fsys.(opened), files())
		info, err := fs.Stat(fsys, "a/b/stored.bin")
		if err != nil || info.Sys().(*image.Attr).Offset != int64(bytes.Index(raw, noise(5000, 2))) {
			t.Errorf("%+v, %v", info, err)
		}
	}
}

// TestAlone: what is only a part says that it is.
func TestAlone(t *testing.T) {
	hdr, volumes := pack(t, version6, 32<<10, 0, files()...)
	for name, raw := range map[string][]byte{"header": hdr, "volume": volumes[0]} {
		r := bytes.NewReader(raw)
		_, err := Format().Open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
		if e, ok := err.(*image.Error); !ok || e.Reason != image.Truncated || !Format().Sniff(r, r.Size()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOddChunks: chunks that do not all give equally many bytes are read one after the other.
func TestOddChunks(t *testing.T) {
	e := entry{name: "rom.zip", data: noise(60000, 1), flags: 4}
	for _, each := range []int{100, 900, 64 << 10} {
		hdr, volumes := pack(t, version6, each, 0, e)
		check(t, fmt.Sprint("chunks of ", each), load(t, toParts(hdr, volumes)), []entry{e})
	}
	a, b := entry{data: e.data[:50000], flags: 4}, entry{data: e.data[50000:], flags: 4}
	odd := append(a.encode(t, 6, 3000), b.encode(t, 6, 4096)...)
	d := &deflated{in: bytes.NewReader(odd), packed: int64(len(odd)), size: 60000, budget: image.NewBudget(image.DefaultLimits())}
	got, err := io.ReadAll(io.NewSectionReader(d, 0, 60000))
	if err != nil || !bytes.Equal(got, e.data) || len(d.chunks) != 0 {
		t.Errorf("%d bytes, %v, %d chunks", len(got), err, len(d.chunks))
	}
	even := e.encode(t, 6, 4096)
	d = &deflated{in: bytes.NewReader(even), packed: int64(len(even)), size: 60000, budget: image.NewBudget(image.DefaultLimits())}
	if _, err := d.ReadAt(make([]byte, 10), 33333); err != nil || len(d.chunks) != 15 {
		t.Errorf("%v, %d chunks", err, len(d.chunks))
	}
}

// TestChunksWithoutEnds: the marker at the end of a chunk may be left out.
func TestChunksWithoutEnds(t *testing.T) {
	data := noise(50000, 1)
	var raw []byte
	for rest := data; len(rest) > 0; rest = rest[min(len(rest), 20000):] {
		e := entry{data: rest[:min(len(rest), 20000)], flags: 4}
		c := e.encode(t, 0, 20000)
		c = c[:len(c)-4]
		raw = append(le.AppendUint16(raw, uint16(len(c))), c...)
	}
	d := &deflated{in: bytes.NewReader(raw), packed: int64(len(raw)), size: 50000, budget: image.NewBudget(image.DefaultLimits())}
	got, err := io.ReadAll(io.NewSectionReader(d, 0, 50000))
	if err != nil || !bytes.Equal(got, data) || len(d.chunks) != 3 {
		t.Errorf("%d bytes, %v, %d chunks", len(got), err, len(d.chunks))
	}
}

// TestLinks: a file that is another one has its content; one that goes in a circle is told.
func TestLinks(t *testing.T) {
	list := append(files(), entry{name: "again.zip", data: noise(100000, 1), flags: 4, same: 6}, entry{name: "beside.exe", data: []byte("abc"), beside: true})
	hdr, volumes := pack(t, version6, 32<<10, 0, list...)
	fsys := load(t, toParts(hdr, volumes))
	if got, err := fs.ReadFile(fsys, "again.zip"); err != nil || !bytes.Equal(got, list[0].data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if g := fsys.Gaps(); len(g) != 1 || g[0].Reason != image.Unsupported {
		t.Errorf("%v", g)
	}
	at := len(hdr) - 2*0x57
	le.PutUint32(hdr[at+76:], 6)
	fsys = load(t, toParts(hdr, volumes))
	if g := fsys.Gaps(); len(g) != 2 || g[0].Reason != image.Malformed {
		t.Errorf("%v", g)
	}
}
