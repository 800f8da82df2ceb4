package ubifs

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"os"
	"slices"
	"testing"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

var le = binary.LittleEndian

// node makes a node with its checksum.
func node(kind uint8, sqnum uint64, body []byte) []byte {
	n := make([]byte, nodeHeader, nodeHeader+len(body))
	le.PutUint32(n, nodeMagic)
	le.PutUint64(n[8:], sqnum)
	le.PutUint32(n[16:], uint32(nodeHeader+len(body)))
	n[20] = kind
	n = append(n, body...)
	le.PutUint32(n[4:], crc(n))
	return n
}

func keyed(ino, kind, block uint32, rest ...[]byte) []byte {
	k := le.AppendUint32(le.AppendUint32(nil, ino), kind<<hashBits|block)
	return slices.Concat(append([][]byte{k, make([]byte, 8)}, rest...)...)
}

func dentNode(kind uint8, sqnum uint64, parent, ino uint32, name string) []byte {
	b := le.AppendUint64(nil, uint64(ino))
	b = le.AppendUint16(append(b, 0, 0), uint16(len(name)))
	return node(kind, sqnum, keyed(parent, uint32(kind), 77, b, make([]byte, 4), []byte(name), []byte{0}))
}

func inodeNode(sqnum uint64, ino, nlink, mode uint32, size uint64, data []byte) []byte {
	b := make([]byte, inodeSize-nodeHeader)
	copy(b, keyed(ino, typeInode, 0))
	le.PutUint64(b[48-nodeHeader:], size)
	le.PutUint32(b[nlinkAt-nodeHeader:], nlink)
	le.PutUint32(b[104-nodeHeader:], mode)
	le.PutUint32(b[112-nodeHeader:], uint32(len(data)))
	return node(typeInode, sqnum, append(b, data...))
}

func dataNode(sqnum uint64, ino, block uint32, codec uint16, size uint32, data []byte) []byte {
	b := le.AppendUint16(le.AppendUint32(nil, size), codec)
	return node(typeData, sqnum, keyed(ino, typeData, block, b, []byte{0, 0}, data))
}

func truncNode(sqnum uint64, ino uint32, size uint64) []byte {
	b := le.AppendUint32(nil, ino)
	return node(typeTruncation, sqnum, le.AppendUint64(append(b, make([]byte, 20)...), size))
}

// made is an image with room for a journal.
type made struct {
	raw []byte
	super
}

func newMade(t testing.TB) *made {
	t.Helper()
	tree := t.TempDir()
	treetest.Write(t, tree, "kept", []byte("kept"))
	treetest.Write(t, tree, "dir/gone", treetest.Prose(1, 10000))
	treetest.Write(t, tree, "dir/cut", treetest.Noise(2, 10000))
	treetest.Write(t, tree, "dir/changed", treetest.Noise(3, 10000))
	if err := os.Link(tree+"/kept", tree+"/dir/link"); err != nil {
		t.Fatal(err)
	}
	raw := mkubifs(t, tree, "-m", "512", "-e", "15872", "-c", "200")
	s, _, err := parseSuper(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &made{raw, s}
}

// inos returns the inode numbers of files by their names.
func (m *made) inos(t testing.TB) map[string]uint32 {
	t.Helper()
	v := &volume{super: m.super, Index: image.NewIndex(), r: bytes.NewReader(m.raw), size: int64(len(m.raw)), budget: treetest.Small(), codec: newCodec()}
	tree := newTree(v)
	if err := tree.load(); err != nil {
		t.Fatal(err)
	}
	out := map[string]uint32{}
	for k, d := range tree.names {
		out[k.name] = d.ino
	}
	return out
}

// free returns a block behind the log that is erased.
func (m *made) free(t testing.TB) uint32 {
	t.Helper()
	for lnum := m.lebs - 1; lnum > logLEB; lnum-- {
		if at := lnum * m.leb; at < int64(len(m.raw)) && len(bytes.Trim(m.raw[at:][:m.leb], "\xFF")) == 0 {
			return uint32(lnum)
		}
	}
	t.Fatal("no erased block")
	return 0
}

// journal writes nodes into a block and has the log refer to them.
func (m *made) journal(t testing.TB, nodes ...[]byte) {
	t.Helper()
	lnum := m.free(t)
	at := int64(lnum) * m.leb
	for _, n := range nodes {
		copy(m.raw[at:], n)
		at += int64(len(n)+7) &^ 7
	}
	log := m.raw[logLEB*m.leb:][:m.leb]
	ref := node(typeReference, 1<<40, slices.Concat(le.AppendUint32(nil, lnum), make([]byte, 36)))
	copy(log[512:], ref)
}

// TestJournal replays what a filesystem in use has: changes, deletions, truncations, new files, out of order.
func TestJournal(t *testing.T) {
	m := newMade(t)
	inos := m.inos(t)
	const first = 1 << 30
	fresh, again := []byte("fresh data"), treetest.Noise(9, 4096)
	m.journal(t,
		dataNode(first+9, 500, 0, codecNone, uint32(len(fresh)), fresh), // before the inode, but later
		inodeNode(first+1, 500, 1, 0o100600, 5000, nil),
		dentNode(typeDent, first+2, rootIno, 500, "new"),
		dentNode(typeDent, first+3, inos["dir"], 0, "gone"),
		inodeNode(first+4, inos["gone"], 0, 0o100644, 0, nil),
		inodeNode(first+6, inos["cut"], 1, 0o100644, 8000, nil),
		truncNode(first+5, inos["cut"], 4000),
		dataNode(first+7, inos["changed"], 1, codecNone, 4096, again),
		inodeNode(first+10, 501, 1, 0o120777, 6, []byte("target")),
		dentNode(typeDent, first+11, inos["dir"], 501, "symlink"),
		dentNode(typeDent, first+21, rootIno, 500, "late"),
		dentNode(typeDent, first+20, rootIno, 0, "late"),
		dentNode(typeXent, first+12, 500, 502, "security.selinux"),
		inodeNode(first+13, 502, 1, 0o100600, 9, []byte("u:label:0")),
	)
	fsys := load(t, m.raw)
	if gaps := fsys.(image.Gapper).Gaps(); len(gaps) > 0 {
		t.Error(gaps)
	}
	for name, want := range map[string][]byte{
		"new": append(fresh, make([]byte, 5000-len(fresh))...), "late": append(fresh, make([]byte, 5000-len(fresh))...), "kept": []byte("kept"),
		"dir/cut":     append(treetest.Noise(2, 4096), make([]byte, 8000-4096)...),
		"dir/changed": slices.Concat(treetest.Noise(3, 4096), again, treetest.Noise(3, 10000)[8192:]),
	} {
		if got, err := fs.ReadFile(fsys, name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	if _, err := fs.Lstat(fsys, "dir/gone"); err == nil {
		t.Error("a file that was deleted is there")
	}
	if link, err := fs.ReadLink(fsys, "dir/symlink"); link != "target" {
		t.Errorf("%q, %v", link, err)
	}
	info, err := fs.Lstat(fsys, "new")
	if err != nil {
		t.Fatal(err)
	}
	if a := info.Sys().(*image.Attr); a.Label != "u:label:0" {
		t.Errorf("%+v", a)
	}
}

// TestMaster takes the newest of several master nodes.
func TestMaster(t *testing.T) {
	m := newMade(t)
	for lnum := int64(masterLEB); lnum < logLEB; lnum++ {
		leb := m.raw[lnum*m.leb:][:m.leb]
		for _, to := range []int{512, 1024} {
			copy(leb[to:], leb[:512])
		}
		for _, old := range []int{0, 1024} {
			n := leb[old:][:masterSize]
			le.PutUint32(n[48:], 5) // where no index is
			le.PutUint32(n[4:], crc(n))
		}
		newest := leb[512:][:masterSize]
		le.PutUint64(newest[32:], 9)
		le.PutUint32(newest[4:], crc(newest))
	}
	commit := m.raw[logLEB*m.leb:][:32]
	le.PutUint64(commit[nodeHeader:], 9)
	le.PutUint32(commit[4:], crc(commit))
	fsys := load(t, m.raw)
	if gaps := fsys.(image.Gapper).Gaps(); len(gaps) > 0 {
		t.Error(gaps)
	}
}

// TestHostile has directories in themselves, names that are none, sizes of terabytes and nodes that are missing.
func TestHostile(t *testing.T) {
	m := newMade(t)
	dir := m.inos(t)["dir"]
	m.journal(t,
		dentNode(typeDent, 1<<30, dir, dir, "self"), dentNode(typeDent, 1<<30+1, dir, rootIno, "root"),
		dentNode(typeDent, 1<<30+2, dir, 9999, "none"), dentNode(typeDent, 1<<30+3, dir, 500, ".."), dentNode(typeDent, 1<<30+4, dir, 500, "a/b"),
		inodeNode(1<<30+5, 500, 1, 0o100644, 1<<63, nil), dentNode(typeDent, 1<<30+6, dir, 500, "huge"),
		inodeNode(1<<30+7, 501, 1, 0o100644, 1<<40, nil), dentNode(typeDent, 1<<30+8, dir, 501, "sparse"),
		dataNode(1<<30+9, 501, 1<<28-1, codecLZO, 5000, []byte("x")), dataNode(1<<30+10, 501, 1, 9, 100, []byte("x")),
		dataNode(1<<30+11, 501, 2, codecZlib, 100, []byte("x")), dataNode(1<<30+12, 501, 3, codecNone, 100, []byte("x")),
		inodeNode(1<<30+13, 502, 1, 0o30000, 0, nil), dentNode(typeDent, 1<<30+14, dir, 502, "what"),
		dentNode(typeDent, 1<<30+15, 7777, 501, "lost"),
	)
	fsys := load(t, m.raw)
	if got := treetest.Reasons(fsys); len(got) != 9 || slices.ContainsFunc(got, func(r image.Reason) bool { return r != image.Malformed }) {
		t.Errorf("%v", fsys.(image.Gapper).Gaps())
	}
	f, err := fsys.Open("dir/sparse")
	if err != nil {
		t.Fatal(err)
	}
	r := f.(interface {
		ReadAt([]byte, int64) (int, error)
	})
	for _, at := range []int64{4096, 8192, 12288, (1<<28 - 1) * 4096} {
		if n, err := r.ReadAt(make([]byte, 50), at); n > 0 || err == nil {
			t.Errorf("%d bytes are read at %d", n, at)
		}
	}
	if n, err := r.ReadAt(make([]byte, 50), 1<<39); n != 50 || err != nil {
		t.Errorf("a hole: %d, %v", n, err)
	}
	if _, err := fs.Lstat(fsys, "lost+found/7777/lost"); err != nil {
		t.Error(err)
	}
}

// TestEncrypted refuses files that are, and reads the others.
func TestEncrypted(t *testing.T) {
	m := newMade(t)
	locked := inodeNode(1<<30, 500, 1, 0o100644, 5, nil)
	le.PutUint32(locked[108:], flagEncrypted)
	le.PutUint32(locked[4:], crc(locked))
	m.journal(t, locked, dentNode(typeDent, 1<<30+1, rootIno, 500, "locked"))
	fsys := load(t, m.raw)
	if got := treetest.Reasons(fsys); !slices.Equal(got, []image.Reason{image.Encrypted}) {
		t.Errorf("%v", got)
	}
	if _, err := fs.ReadFile(fsys, "locked"); err == nil {
		t.Error("it is read")
	}
	if _, err := fs.ReadFile(fsys, "kept"); err != nil {
		t.Error(err)
	}
}

// TestRebuilt reads an image whose index is gone from its nodes, and one whose index leads in a circle.
func TestRebuilt(t *testing.T) {
	for _, what := range []uint8{typeMaster, typeIndex} {
		m := newMade(t)
		want := treetest.Digests(t, load(t, m.raw))
		for at := 0; at+nodeHeader <= len(m.raw); at += 8 {
			if h, ok := parseNode(m.raw[at:]); ok && h.kind == what {
				m.raw[at+30] ^= 1
			}
		}
		fsys := load(t, m.raw)
		if got := treetest.Reasons(fsys); len(got) != 2 {
			t.Errorf("%v", fsys.(image.Gapper).Gaps())
		}
		for name, d := range treetest.Digests(t, fsys) {
			if want[name] != d {
				t.Errorf("%s: %v, not %v", name, d, want[name])
			}
		}
		if n := len(treetest.Digests(t, fsys)); n != len(want) {
			t.Errorf("%d files, not %d", n, len(want))
		}
	}
}

// TestCut cuts an image inside of its files.
func TestCut(t *testing.T) {
	m := newMade(t)
	fsys := load(t, m.raw[:len(m.raw)-int(m.leb)])
	if got := treetest.Reasons(fsys); len(got) == 0 {
		t.Error("no gap")
	}
	if _, err := openBytes(m.raw[:100]); err == nil {
		t.Error("a superblock of 100 bytes is one")
	}
}

// TestChanged finds a changed byte of a file's content.
func TestChanged(t *testing.T) {
	m := newMade(t)
	at := bytes.Index(m.raw, treetest.Noise(3, 4096))
	if at < 0 {
		t.Fatal("not stored uncompressed")
	}
	m.raw[at] ^= 1
	if _, bad := treetest.Checks(t, load(t, m.raw)); len(bad) != 1 || bad[0].Name != "dir/changed" || bad[0].Outcome != image.Mismatched {
		t.Errorf("%v", bad)
	}
}

// refit gives nodes their checksums back, so that changes come through.
func refit(raw []byte) {
	for at := 0; at+nodeHeader <= len(raw); at += 8 {
		if n := raw[at:]; le.Uint32(n) == nodeMagic {
			if size := int64(le.Uint32(n[16:])); size >= nodeHeader && size <= int64(len(n)) {
				le.PutUint32(n[4:], crc(n[:size]))
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	m := newMade(f)
	dir := m.inos(f)["dir"]
	m.journal(f, dataNode(1<<30+9, 500, 0, codecNone, 5, []byte("fresh")), inodeNode(1<<30+1, 500, 1, 0o100600, 5000, nil),
		dentNode(typeDent, 1<<30+2, rootIno, 500, "new"), dentNode(typeDent, 1<<30+3, dir, 0, "gone"), truncNode(1<<30+5, 500, 4000))
	images := [][]byte{m.raw}
	tree := f.TempDir()
	treetest.Write(f, tree, "a", treetest.Prose(1, 9000))
	for _, codec := range []string{"lzo", "zlib", "zstd"} {
		images = append(images, mkubifs(f, tree, "-m", "512", "-e", "15872", "-c", "200", "-x", codec))
	}
	fuzz(f, images)
}
