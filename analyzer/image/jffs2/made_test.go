package jffs2

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os/exec"
	"slices"
	"testing"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// made writes nodes by hand: what a filesystem in use has, and what nobody should write.
type made struct {
	raw   []byte
	order binary.AppendByteOrder
}

// node appends a node; the checksums of header, body and data are made here. data follows the body.
func (m *made) node(kind uint16, body, data []byte) int {
	at := len(m.raw)
	h := m.order.AppendUint16(nil, magic)
	h = m.order.AppendUint16(h, kind)
	h = m.order.AppendUint32(h, uint32(12+len(body)+len(data)))
	h = m.order.AppendUint32(h, crc(h))
	m.raw = append(append(append(m.raw, h...), body...), data...)
	for len(m.raw)%4 != 0 {
		m.raw = append(m.raw, 0xFF)
	}
	return at
}

type words []any

func (m *made) body(w words) (b []byte) {
	for _, v := range w {
		switch v := v.(type) {
		case uint8:
			b = append(b, v)
		case uint16:
			b = m.order.AppendUint16(b, v)
		case uint32:
			b = m.order.AppendUint32(b, v)
		case int:
			b = m.order.AppendUint32(b, uint32(v))
		}
	}
	return b
}

// head returns the header that node will write before a body and data of n bytes.
func (m *made) head(kind uint16, n int) []byte {
	h := m.order.AppendUint16(nil, magic)
	h = m.order.AppendUint16(h, kind)
	h = m.order.AppendUint32(h, uint32(12+n))
	return m.order.AppendUint32(h, crc(h))
}

func (m *made) inode(ino, version, mode, size, offset, decoded int, codec uint8, data []byte) int {
	b := m.body(words{ino, version, mode, uint16(1), uint16(2), size, 0, 0, 0, offset, len(data), decoded, codec, uint8(0), uint16(0)})
	sum := crc(append(m.head(typeInode, len(b)+8+len(data)), b...))
	b = append(b, m.body(words{crc(data), sum})...)
	return m.node(typeInode, b, data)
}

func (m *made) dirent(parent, version, ino int, name string) int {
	b := m.body(words{parent, version, ino, 0, uint8(len(name)), uint8(8), uint16(0)})
	sum := crc(append(m.head(typeDirent, len(b)+8+len(name)), b...))
	b = append(b, m.body(words{sum, crc([]byte(name))})...)
	return m.node(typeDirent, b, []byte(name))
}

func both(t *testing.T, test func(*testing.T, *made)) {
	t.Run("little", func(t *testing.T) { test(t, &made{order: binary.LittleEndian}) })
	t.Run("big", func(t *testing.T) { test(t, &made{order: binary.BigEndian}) })
}

// TestVersions overwrites, truncates, extends, renames and deletes.
func TestVersions(t *testing.T) {
	both(t, func(t *testing.T, m *made) {
		const reg = 0o100644
		m.inode(2, 4, reg, 9000, 2000, 3000, codecZero, nil) // newer than what follows
		m.inode(2, 1, reg, 4096, 0, 4096, codecNone, bytes.Repeat([]byte("a"), 4096))
		m.inode(2, 2, reg, 8192, 4096, 4096, codecNone, bytes.Repeat([]byte("b"), 4096))
		m.inode(2, 5, reg, 7000, 0, 0, codecNone, nil) // cut to 7000
		m.inode(2, 3, reg, 9000, 6000, 100, codecNone, bytes.Repeat([]byte("c"), 100))
		m.dirent(1, 1, 2, "old")
		m.dirent(1, 3, 0, "old")
		m.dirent(1, 2, 2, "new")
		m.dirent(1, 5, 2, "newer")
		m.dirent(1, 4, 0, "newer")
		at := m.inode(2, 9, reg, 1, 0, 1, codecNone, []byte("obsolete"))
		m.raw[at+2] &^= nodeAccurate >> 8 // one of both bytes has the bit, the other has it not
		m.raw[at+3] &^= nodeAccurate >> 8
		m.node(typeSummary, make([]byte, 50), nil)
		fsys := load(t, m.raw)
		want := slices.Concat(bytes.Repeat([]byte("a"), 2000), make([]byte, 3000), bytes.Repeat([]byte("b"), 1000), bytes.Repeat([]byte("c"), 100), bytes.Repeat([]byte("b"), 900))
		for _, name := range []string{"new", "newer"} {
			if got, err := fs.ReadFile(fsys, name); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %d bytes, %v", name, len(got), err)
			}
		}
		if entries, err := fs.ReadDir(fsys, "."); err != nil || len(entries) != 2 {
			t.Errorf("%v, %v", entries, err)
		}
	})
}

// TestErasedStart finds the first node behind erased blocks.
func TestErasedStart(t *testing.T) {
	m := &made{order: binary.BigEndian, raw: bytes.Repeat([]byte{0xFF}, 128<<10)}
	m.inode(2, 1, 0o100644, 1, 0, 1, codecNone, []byte("x"))
	m.dirent(1, 1, 2, "f")
	if got, err := fs.ReadFile(load(t, m.raw), "f"); err != nil || string(got) != "x" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestLZMA reads what OpenWrt writes: LZMA without a header.
func TestLZMA(t *testing.T) {
	tool, err := exec.LookPath("xz")
	if err != nil {
		t.Skip("no xz")
	}
	data := treetest.Prose(1, 4096)
	cmd := exec.Command(tool, "-c", "--format=raw", "--lzma1=lc=0,lp=0,pb=0,dict=8KiB")
	cmd.Stdin = bytes.NewReader(data)
	packed, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	m := &made{order: binary.LittleEndian}
	m.inode(2, 1, 0o100644, len(data), 0, len(data), codecLZMA, packed)
	m.dirent(1, 1, 2, "f")
	if got, err := fs.ReadFile(load(t, m.raw), "f"); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// TestHostile has directories in themselves, names that are none, inodes that are missing, and sizes of gigabytes.
func TestHostile(t *testing.T) {
	both(t, func(t *testing.T, m *made) {
		m.inode(2, 1, 0o40755, 0, 0, 0, codecNone, nil)
		m.inode(3, 1, 0o100644, 1<<32-1, 0, 1<<32-1, codecZlib, []byte("zz"))
		m.inode(4, 1, 0o100644, 1<<32-1, 1<<32-2, 1<<32-1, codecNone, []byte("zz"))
		m.inode(5, 1, 0o120777, 1<<32-1, 0, 1<<32-1, codecZero, nil)
		m.inode(6, 1, 0o30000, 0, 0, 0, codecNone, nil)
		m.inode(7, 1, 0o100644, 5, 0, 5, codecRubinMIPS, []byte("zz"))
		m.inode(9, 1, 0o40755, 0, 0, 0, codecNone, nil)
		m.dirent(1, 1, 2, "dir")
		m.dirent(2, 1, 2, "self")
		m.dirent(2, 1, 1, "root")
		m.dirent(1, 1, 3, "huge")
		m.dirent(1, 1, 4, "far")
		m.dirent(1, 1, 5, "link")
		m.dirent(1, 1, 6, "what")
		m.dirent(1, 1, 7, "rubin")
		m.dirent(1, 1, 77, "none")
		m.dirent(1, 1, 7, "..")
		m.dirent(1, 1, 7, "a/b")
		m.dirent(9, 1, 7, "found")
		fsys := load(t, m.raw)
		if got := treetest.Reasons(fsys); len(got) < 8 || slices.ContainsFunc(got, func(r image.Reason) bool { return r != image.Malformed }) {
			t.Errorf("%v", fsys.(image.Gapper).Gaps())
		}
		for _, name := range []string{"huge", "far", "rubin", "lost+found/9/found"} {
			f, err := fsys.Open(name)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if _, err := f.Read(make([]byte, 9)); err == nil {
				t.Errorf("%s is read", name)
			}
		}
	})
}

// TestChanged passes nodes over whose checksums are wrong, and says so; what is older shows.
func TestChanged(t *testing.T) {
	m := &made{order: binary.LittleEndian}
	m.inode(2, 1, 0o100644, 3, 0, 3, codecNone, []byte("old"))
	at := m.inode(2, 2, 0o100644, 3, 0, 3, codecNone, []byte("new"))
	m.dirent(1, 1, 2, "f")
	m.raw[at+inodeSize] ^= 1
	fsys := load(t, m.raw)
	if got, err := fs.ReadFile(fsys, "f"); err != nil || string(got) != "old" {
		t.Errorf("%q, %v", got, err)
	}
	if n, bad := treetest.Checks(t, fsys); n != 1 || len(bad) != 1 || bad[0].Offset != int64(at) || bad[0].Outcome != image.Mismatched {
		t.Errorf("%d, %v", n, bad)
	}
	if got := treetest.Reasons(fsys); !slices.Equal(got, []image.Reason{image.Malformed}) {
		t.Errorf("%v", got)
	}
}

// TestManyNames has many names for an inode of many nodes.
func TestManyNames(t *testing.T) {
	m := &made{order: binary.LittleEndian}
	for k := range 5000 {
		m.inode(2, k+1, 0o100644, 100000, k, 90000-k, codecZero, nil)
		m.dirent(1, k+1, 2, fmt.Sprint(k))
	}
	if entries, err := fs.ReadDir(load(t, m.raw), "."); err != nil || len(entries) != 5000 {
		t.Errorf("%d, %v", len(entries), err)
	}
}

// refit gives headers and bodies of nodes their checksums back, so that changes come through.
func refit(raw []byte) {
	for at := 0; at+nodeHeader <= len(raw); at += 4 {
		var order binary.ByteOrder = binary.LittleEndian
		if binary.BigEndian.Uint16(raw[at:]) == magic {
			order = binary.BigEndian
		} else if order.Uint16(raw[at:]) != magic {
			continue
		}
		n := raw[at:]
		order.PutUint32(n[8:], crc(n[:8]))
		switch size := int64(order.Uint32(n[4:])); order.Uint16(n[2:]) {
		case typeInode:
			if len(n) >= inodeSize {
				if end := inodeSize + int64(order.Uint32(n[48:])); end <= min(size, int64(len(n))) {
					order.PutUint32(n[60:], crc(n[inodeSize:end]))
				}
				order.PutUint32(n[64:], crc(n[:inodeSize-8]))
			}
		case typeDirent:
			if len(n) >= direntSize && direntSize+int(n[28]) <= len(n) {
				order.PutUint32(n[32:], crc(n[:direntSize-8]))
				order.PutUint32(n[36:], crc(n[direntSize:direntSize+int(n[28])]))
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	tree := f.TempDir()
	treetest.Write(f, tree, "a", treetest.Prose(1, 9000))
	treetest.Write(f, tree, "b/c", slices.Concat(treetest.Noise(1, 3000), make([]byte, 2000)))
	m := &made{order: binary.BigEndian}
	m.inode(2, 1, 0o100644, 300, 0, 300, codecNone, treetest.Noise(1, 300))
	m.inode(2, 2, 0o100644, 300, 100, 100, codecNone, treetest.Noise(2, 100))
	m.inode(3, 1, 0o120777, 5, 0, 5, codecNone, []byte("links"))
	m.inode(4, 1, 0o40755, 0, 0, 0, codecNone, nil)
	m.dirent(1, 1, 2, "f")
	m.dirent(1, 1, 3, "l")
	m.dirent(1, 1, 4, "d")
	m.dirent(4, 1, 2, "e")
	m.dirent(4, 2, 0, "e")
	images := [][]byte{m.raw, mkjffs2(f, tree), mkjffs2(f, tree, "-b", "-x", "zlib")}
	fuzz(f, append(images, mkjffs2(f, tree, "-l", "-X", "lzo", "-x", "zlib")))
}
