package romfs

import (
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// genromfs makes an image of tree.
func genromfs(t testing.TB, tree string, args ...string) []byte {
	t.Helper()
	img := filepath.Join(t.TempDir(), "image")
	treetest.Run(t, "genromfs", append([]string{"-f", img, "-d", tree, "-V", "test"}, args...)...)
	return treetest.BytesOf(t, img)
}

// shown is what romfs keeps of a mode: the type and whether anybody may execute it.
func shown(want map[string]treetest.Digest) map[string]treetest.Digest {
	for name, d := range want {
		mode := d.Mode.Type() | 0o644
		switch {
		case d.Mode&fs.ModeSymlink != 0:
			mode |= 0o777
		case d.Mode.IsDir(), d.Mode&0o111 != 0:
			mode |= 0o111
		}
		d.Mode = mode
		want[name] = d
	}
	return want
}

func TestTree(t *testing.T) {
	tree := treetest.MakeTree(t)
	for _, args := range [][]string{nil, {"-a", "4096"}} {
		raw := genromfs(t, tree, args...)
		fsys := load(t, raw)
		treetest.Compare(t, shown(treetest.Digests(t, os.DirFS(tree))), fsys)
		if n := treetest.CheckOffsets(t, raw, fsys, 1<<20); n < 200 {
			t.Errorf("%d files have an offset", n)
		}
		if n, bad := treetest.Checks(t, fsys); n < 200 || len(bad) > 0 {
			t.Errorf("%d sums match, %v", n, bad)
		}
	}
}

func TestFS(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "a/b/c", treetest.Prose(1, 3000))
	if err := os.Symlink("b/c", filepath.Join(tree, "a/l")); err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(load(t, genromfs(t, tree)), "a/b/c", "a/l"); err != nil {
		t.Error(err)
	}
}

func TestCorpus(t *testing.T) {
	tree := corpustest.Dir(t, "trees", "trees/htc-evo4g-kingdom-2011-11")
	treetest.Compare(t, shown(treetest.Digests(t, os.DirFS(tree))), load(t, genromfs(t, tree)))
}

func TestSamples(t *testing.T) {
	dir := corpustest.Dir(t, "trees", "formats/romfs")
	got := treetest.Digests(t, load(t, treetest.BytesOf(t, filepath.Join(dir, "romfs.img"))))
	for name, size := range map[string]int64{"generic folder/test file 3_.txt": 20, "testfile1": 62, "testfile2": 28} {
		if got[name].Size != size {
			t.Errorf("%s: %+v", name, got[name])
		}
	}
	if got := treetest.Digests(t, load(t, treetest.BytesOf(t, filepath.Join(dir, "binwalk_romfs.bin")))); len(got) != 2 || got["lsb-release"].Size != 104 {
		t.Errorf("%v", got)
	}
}

// made writes an image by hand: what genromfs cannot without rights, and what nobody should.
type made struct{ raw []byte }

func newMade() *made {
	m := &made{raw: make([]byte, 32)}
	copy(m.raw, magic)
	copy(m.raw[16:], "made")
	return m
}

// file appends a header and returns its place.
func (m *made) file(next int, kind, spec uint32, name string, data []byte) int {
	at := len(m.raw)
	h := make([]byte, headerSize+padded(name))
	be := binary.BigEndian
	be.PutUint32(h, uint32(next)|kind)
	be.PutUint32(h[4:], spec)
	be.PutUint32(h[8:], uint32(len(data)))
	copy(h[16:], name)
	seal(h)
	m.raw = append(append(m.raw, h...), data...)
	for len(m.raw)%align != 0 {
		m.raw = append(m.raw, 0)
	}
	return at
}

func (m *made) done() []byte {
	for len(m.raw) < 1024 {
		m.raw = append(m.raw, 0)
	}
	binary.BigEndian.PutUint32(m.raw[8:], uint32(len(m.raw)))
	seal(m.raw[:512])
	return m.raw
}

// seal makes the words of h add up to 0 by the fourth.
func seal(h []byte) {
	var sum uint32
	binary.BigEndian.PutUint32(h[12:], 0)
	for k := 0; k < len(h); k += 4 {
		sum += binary.BigEndian.Uint32(h[k:])
	}
	binary.BigEndian.PutUint32(h[12:], -sum)
}

// refit does nothing: wrong sums do not stop reading.
func refit([]byte) {}

func TestKinds(t *testing.T) {
	m := newMade()
	m.file(64, typeDir|execBit, 64, ".", nil)
	m.file(96, typeBlock, 7<<16|1, "loop", nil)
	m.file(128, typeChar, 1<<16|3, "null", nil)
	m.file(160, typeFifo, 0, "pipe", nil)
	m.file(192, typeSocket, 0, "sock", nil)
	m.file(224, typeHardLink, 256, "hard", nil)
	m.file(0+288, typeHardLink, 224, "again", nil)
	m.file(0, typeRegular|execBit, 0, "bad\xff", []byte("exec"))
	raw := m.done()
	binary.BigEndian.PutUint32(raw[36:], 64)
	binary.BigEndian.PutUint32(raw[224:], 256) // "again" comes before what it links to
	binary.BigEndian.PutUint32(raw[228:], 256)
	binary.BigEndian.PutUint32(raw[196:], 224)
	seal(raw[192:224])
	seal(raw[224:256])
	seal(raw[:512])
	got := treetest.Digests(t, load(t, raw))
	for name, mode := range map[string]fs.FileMode{
		"loop": fs.ModeDevice | 0o600, "null": fs.ModeDevice | fs.ModeCharDevice | 0o600, "pipe": fs.ModeNamedPipe | 0o644,
		"sock": fs.ModeSocket | 0o644, "bad\uFFFDff": 0o755, "hard": 0o755, "again": 0o755,
	} {
		if got[name].Mode != mode {
			t.Errorf("%s: %v", name, got[name].Mode)
		}
	}
}

// TestCycles has a directory be in itself, and headers lead back.
func TestCycles(t *testing.T) {
	m := newMade()
	m.file(64, typeDir|execBit, 64, ".", nil)
	m.file(96, typeDir, 64, "self", nil)
	m.file(128, typeHardLink, 96, "knot", nil)
	m.file(96, typeRegular, 0, "back", nil)
	fsys := load(t, m.done())
	if got, want := treetest.Reasons(fsys), []image.Reason{image.Malformed, image.Malformed, image.Malformed}; !slices.Equal(got, want) {
		t.Errorf("gaps: %v", fsys.(image.Gapper).Gaps())
	}
	if _, err := fs.ReadFile(fsys, "back"); err != nil {
		t.Error(err)
	}
}

// TestHuge has a file claim 4 GiB.
func TestHuge(t *testing.T) {
	m := newMade()
	m.file(64, typeDir|execBit, 64, ".", nil)
	at := m.file(96, typeRegular, 0, "huge", nil)
	at2 := m.file(0, typeLink, 0, "link", nil)
	raw := m.done()
	binary.BigEndian.PutUint32(raw[at+8:], 1<<32-1)
	binary.BigEndian.PutUint32(raw[at2+8:], 1<<32-1)
	fsys := load(t, raw)
	if data, err := fs.ReadFile(fsys, "huge"); err == nil || len(data) != len(raw)-at-32 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if n := len(treetest.Reasons(fsys)); n != 5 { // two sums, the sum of the first bytes, and both sizes
		t.Errorf("gaps: %v", fsys.(image.Gapper).Gaps())
	}
}

// TestCut reads what is there of an image that ends early.
func TestCut(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "a", treetest.Prose(1, 4000))
	raw := genromfs(t, tree)
	fsys := load(t, raw[:2000])
	if data, err := fs.ReadFile(fsys, "a"); err == nil || len(data) < 1500 || string(data) != string(treetest.Prose(1, 4000)[:len(data)]) {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	if got := treetest.Reasons(fsys); !slices.Contains(got, image.Truncated) {
		t.Errorf("%v", got)
	}
}

// TestMismatch has Verify find a changed header.
func TestMismatch(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "name", treetest.Prose(1, 4000))
	raw := genromfs(t, tree)
	raw[32+3*32-16] ^= 1 // of the name
	if _, bad := treetest.Checks(t, load(t, raw)); len(bad) != 2 || bad[0].Name != "" || bad[1].Outcome != image.Mismatched {
		t.Errorf("%+v", bad)
	}
}

func FuzzOpen(f *testing.F) {
	m := newMade()
	m.file(64, typeDir|execBit, 64, ".", nil)
	m.file(96, typeDir, 64, "self", nil)
	m.file(128, typeHardLink, 128, "knot", nil)
	m.file(192, typeLink, 0, "link", []byte("target"))
	m.file(96, typeRegular, 0, "back", []byte("content"))
	images := [][]byte{m.done()}
	tree := f.TempDir()
	for _, name := range []string{"a", "b/c", "b/d/e"} {
		treetest.Write(f, tree, name, treetest.Prose(1, 200))
	}
	fuzz(f, append(images, genromfs(f, tree)))
}
