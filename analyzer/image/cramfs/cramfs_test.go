package cramfs

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// mkcramfs makes an image of tree.
func mkcramfs(t testing.TB, tree string, args ...string) []byte {
	t.Helper()
	img := filepath.Join(t.TempDir(), "image")
	treetest.Run(t, "mkfs.cramfs", append(args, tree, img)...)
	return treetest.BytesOf(t, img)
}

// features are the ways of mkfs.cramfs. It refuses to make blocks that are not of the size of its machine's pages.
var features = [][]string{nil, {"-N", "big"}, {"-N", "little", "-z"}, {"-p", "-n", "padded"}, {"-N", "big", "-p", "-z"}}

func TestTree(t *testing.T) {
	tree := treetest.MakeTree(t)
	want := treetest.Digests(t, os.DirFS(tree))
	for _, args := range features {
		t.Run(strings.Join(args, "_"), func(t *testing.T) {
			fsys := load(t, mkcramfs(t, tree, args...))
			treetest.Compare(t, want, fsys)
			if n, bad := treetest.Checks(t, fsys); n != 1 || len(bad) > 0 {
				t.Errorf("%d checksums match, %v", n, bad)
			}
		})
	}
}

func TestFS(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "a/b/c", treetest.Prose(1, 30000))
	if err := os.Symlink("b/c", filepath.Join(tree, "a/l")); err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(load(t, mkcramfs(t, tree)), "a/b/c", "a/l"); err != nil {
		t.Error(err)
	}
}

func TestCorpus(t *testing.T) {
	tree := corpustest.Dir(t, "trees", "trees/htc-evo4g-kingdom-2011-11")
	treetest.Compare(t, treetest.Digests(t, os.DirFS(tree)), load(t, mkcramfs(t, tree, "-N", "big")))
}

func TestSamples(t *testing.T) {
	dir := corpustest.Dir(t, "trees", "formats/cramfs")
	got := treetest.Digests(t, load(t, treetest.BytesOf(t, filepath.Join(dir, "cramfs.img"))))
	for name, size := range map[string]int64{"generic folder/test file 3_.txt": 20, "testfile1": 62, "testfile2": 28} {
		if got[name].Size != size || got[name].Mode != 0o664 {
			t.Errorf("%s: %+v", name, got[name])
		}
	}
	if got := treetest.Digests(t, load(t, treetest.BytesOf(t, filepath.Join(dir, "binwalk_cramfs.bin")))); len(got) != 2 || got["lsb-release"].Size != 104 {
		t.Errorf("%v", got)
	}
}

// made lays files out by hand, with blocks as large as it is told to and of every kind of pointer.
type made struct {
	raw  []byte
	root []byte
}

// entry writes a little-endian inode and its name.
func entry(mode, uid, gid, size, offset uint32, name string) []byte {
	padded := append([]byte(name), make([]byte, -len(name)&3)...)
	h := binary.LittleEndian.AppendUint32(nil, mode|uid<<16)
	h = binary.LittleEndian.AppendUint32(h, size|gid<<24)
	h = binary.LittleEndian.AppendUint32(h, uint32(len(padded)/4)|offset/4<<6)
	return append(h, padded...)
}

// done puts the root directory behind the data, and makes the superblock.
func (m *made) done(version2 bool) []byte {
	m.align()
	raw := slices.Concat(m.raw, m.root)
	le := binary.LittleEndian
	le.PutUint32(raw, magic)
	copy(raw[16:], signature)
	copy(raw[64:], entry(0o40755, 0, 0, uint32(len(m.root)), uint32(len(m.raw)), ""))
	if version2 {
		le.PutUint32(raw[4:], uint32(len(raw)))
		le.PutUint32(raw[8:], flagVersion2|1<<11)
		le.PutUint32(raw[crcOffset:], crc32.ChecksumIEEE(raw))
	}
	return raw
}

func (m *made) align() uint32 {
	for len(m.raw)%4 != 0 {
		m.raw = append(m.raw, 0)
	}
	return uint32(len(m.raw))
}

// file adds a file in blocks of this size.
func (m *made) file(t testing.TB, name string, data []byte, size int) {
	at := m.align()
	var table, blocks []byte
	base := int(at) + (len(data)+size-1)/size*4
	for block := range slices.Chunk(data, size) {
		if len(bytes.Trim(block, "\x00")) > 0 {
			blocks = append(blocks, deflate(t, block)...)
		}
		table = binary.LittleEndian.AppendUint32(table, uint32(base+len(blocks)))
	}
	m.raw = slices.Concat(m.raw, table, blocks)
	m.root = append(m.root, entry(0o100644, 1000, 7, uint32(len(data)), at, name)...)
}

func deflate(t testing.TB, data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func newMade() *made { return &made{raw: make([]byte, superSize)} }

// TestBlockSize reads images of machines with larger pages, of the version without a checksum.
func TestBlockSize(t *testing.T) {
	for _, size := range []int{4 << 10, 8 << 10, 16 << 10, 64 << 10} {
		m := newMade()
		m.file(t, "short", []byte("short"), size)
		data := slices.Concat(treetest.Prose(1, 100<<10), make([]byte, 3*size), treetest.Noise(2, 70001))
		m.file(t, "long", data, size)
		fsys := load(t, m.done(false))
		if got, err := fs.ReadFile(fsys, "long"); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d: %d bytes, %v", size, len(got), err)
		}
		info, err := fs.Lstat(fsys, "short")
		if err != nil {
			t.Fatal(err)
		}
		if a := info.Sys().(*image.Attr); a.UID != 1000 || a.GID != 7 {
			t.Errorf("%+v", a)
		}
		if n, bad := treetest.Checks(t, fsys); n != 0 || len(bad) != 0 {
			t.Errorf("%d, %v: version 1 has no checksum", n, bad)
		}
	}
}

// TestPointers reads blocks that are stored and blocks that lie anywhere.
func TestPointers(t *testing.T) {
	data := treetest.Noise(3, 5*minBlock+100)
	block := func(k int) []byte { return data[k*minBlock : min((k+1)*minBlock, len(data))] }
	m := newMade()
	packed := deflate(t, block(0))
	a := m.align()
	m.raw = append(binary.LittleEndian.AppendUint16(m.raw, uint16(len(packed))), packed...)
	b := m.align()
	m.raw = append(m.raw, block(1)...)
	m.raw = append(m.raw, deflate(t, block(2))...) // directly behind the block before it
	endOf2 := uint32(len(m.raw))
	m.raw = append(m.raw, block(3)...)
	c := m.align()
	m.raw = append(m.raw, block(5)...)
	at := m.align()
	for _, word := range []uint32{a>>2 | blockDirect, b>>2 | blockDirect | blockStored, endOf2, endOf2 + minBlock | blockStored} {
		m.raw = binary.LittleEndian.AppendUint32(m.raw, word)
	}
	// Block 4 begins where 3 ends, so that it has to lie there: take a hole.
	m.raw = binary.LittleEndian.AppendUint32(m.raw, endOf2+minBlock)
	m.raw = binary.LittleEndian.AppendUint32(m.raw, c>>2|blockDirect|blockStored)
	clear(block(4))
	m.root = entry(0o100600, 0, 0, uint32(len(data)), at, "file")
	fsys := load(t, m.done(true))
	if got, err := fs.ReadFile(fsys, "file"); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if n, bad := treetest.Checks(t, fsys); n != 1 || len(bad) > 0 {
		t.Errorf("%v", bad)
	}
}

// TestDevices reads what a tree cannot have without rights.
func TestDevices(t *testing.T) {
	m := newMade()
	m.root = slices.Concat(entry(0o20666, 0, 0, 0x103, 0, "null"), entry(0o60660, 0, 0, 0x700, 0, "loop"),
		entry(0o10600, 0, 0, 0, 0, "pipe"), entry(0o140600, 0, 0, 0, 0, "sock"), entry(0o30600, 0, 0, 0, 0, "what"))
	fsys := load(t, m.done(true))
	got := treetest.Digests(t, fsys)
	for name, mode := range map[string]fs.FileMode{
		"null": fs.ModeDevice | fs.ModeCharDevice | 0o666, "loop": fs.ModeDevice | 0o660, "pipe": fs.ModeNamedPipe | 0o600, "sock": fs.ModeSocket | 0o600,
	} {
		if got[name].Mode != mode || got[name].Size != 0 {
			t.Errorf("%s: %+v", name, got[name])
		}
	}
	if g := treetest.Reasons(fsys); !slices.Equal(g, []image.Reason{image.Malformed}) {
		t.Errorf("%v", g)
	}
}

// TestHostile has directories contain themselves and each other's listing, names twice, and a name of no end.
func TestHostile(t *testing.T) {
	m := newMade()
	at := uint32(len(m.raw))
	m.root = slices.Concat(entry(0o40755, 0, 0, 400, at, "self"), entry(0o40755, 0, 0, 1<<24-4, 4, "huge"),
		entry(0o100644, 0, 0, 1<<24-1, at, "twice"), entry(0o100644, 0, 0, 9, at, "twice"), entry(0o100644, 0, 0, 1, 1<<28-4, "far"))
	m.root = append(m.root, entry(0o100644, 0, 0, 0, 0, "x")[:12]...)
	m.root[len(m.root)-4] |= 63
	fsys := load(t, m.done(true))
	for _, g := range treetest.Reasons(fsys) {
		if g != image.Malformed && g != image.Truncated {
			t.Errorf("%v", g)
		}
	}
	if n := len(treetest.Reasons(fsys)); n < 4 {
		t.Errorf("%v", fsys.(image.Gapper).Gaps())
	}
	if _, err := fs.ReadFile(fsys, "twice"); err == nil {
		t.Error("16 MiB from nowhere")
	}
	if _, err := fs.ReadFile(fsys, "far"); err == nil {
		t.Error("a byte from behind the end")
	}
}

// TestCut cuts an image: directories come first, the content of later files is missing.
func TestCut(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "a", treetest.Prose(1, 9000))
	treetest.Write(t, tree, "b", treetest.Noise(1, 90000))
	raw := mkcramfs(t, tree)
	fsys := load(t, raw[:30000])
	if got, err := fs.ReadFile(fsys, "a"); err != nil || !bytes.Equal(got, treetest.Prose(1, 9000)) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if got, err := fs.ReadFile(fsys, "b"); err == nil || len(got) == 0 || !bytes.HasPrefix(treetest.Noise(1, 90000), got) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if g := treetest.Reasons(fsys); !slices.Equal(g, []image.Reason{image.Truncated}) {
		t.Errorf("%v", g)
	}
	if n, bad := treetest.Checks(t, fsys); n != 0 || len(bad) != 1 || bad[0].Outcome != image.Unverified {
		t.Errorf("%v", bad)
	}
}

// TestChanged has the checksum find one changed byte.
func TestChanged(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "a", treetest.Prose(1, 9000))
	raw := mkcramfs(t, tree)
	raw[len(raw)-1] ^= 1
	if n, bad := treetest.Checks(t, load(t, raw)); n != 0 || len(bad) != 1 || bad[0].Outcome != image.Mismatched {
		t.Errorf("%v", bad)
	}
}

// refit does nothing: the checksum does not stop reading.
func refit([]byte) {}

func FuzzOpen(f *testing.F) {
	tree := f.TempDir()
	treetest.Write(f, tree, "a", treetest.Prose(1, 9000))
	treetest.Write(f, tree, "b/c", treetest.Noise(1, 5000))
	if err := os.Symlink("b/c", filepath.Join(tree, "l")); err != nil {
		f.Fatal(err)
	}
	m := newMade()
	m.file(f, "f", treetest.Prose(3, 20000), 8<<10)
	fuzz(f, [][]byte{mkcramfs(f, tree), mkcramfs(f, tree, "-N", "big", "-p"), m.done(true)})
}
