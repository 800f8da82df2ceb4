package yaffs2

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"testing"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

const reg, dir, link = 0o100644, 0o40755, 0o120777

// inUse is a flash that was written to for a while: blocks are not in the order of their numbers, and files have been
// changed, cut, renamed over each other and deleted. pages are those of an erase block.
func inUse(order binary.ByteOrder, pages int64) *builder {
	b := newBuilder(2048, 64, 2, order, order)
	b.extra = true
	for range pages { // a checkpoint
		b.sequence = checkpointSequence
		b.chunk(treetest.Noise(9, 2048), 1, 5, 2048)
	}
	b.sequence = 0x1009 // the newest block comes first
	b.data(300, 2, bytes.Repeat([]byte("N"), 2048))
	b.header(301, head{kind: kindFile, parent: objectRoot, mode: reg, size: 2000, shrink: 1, name: "cut"})
	b.header(302, head{kind: kindFile, parent: objectDeleted, mode: reg, name: "deleted"})
	b.header(303, head{kind: kindFile, parent: objectRoot, mode: reg, size: 3, name: "target", shadows: 304})
	b.data(305, 2, []byte("longer"))
	b.header(306, head{kind: kindFile, parent: objectUnlinked, mode: reg, size: 3, name: "unlinked"})
	b.pad(pages)
	b.raw = append(b.raw, erasedBytes(pages*b.chunk1())...)
	b.sequence = 0x1003
	b.header(300, head{kind: kindFile, parent: objectRoot, mode: reg, size: 5000, name: "changed"})
	b.data(300, 1, bytes.Repeat([]byte("o"), 5000))
	b.header(301, head{kind: kindFile, parent: objectRoot, mode: reg, size: 9000, name: "cut"})
	b.data(301, 1, bytes.Repeat([]byte("c"), 9000))
	b.header(302, head{kind: kindFile, parent: objectRoot, mode: reg, size: 3, name: "deleted"})
	b.data(302, 1, []byte("del"))
	b.header(303, head{kind: kindFile, parent: objectRoot, mode: reg, size: 3, name: "target.new"})
	b.data(303, 1, []byte("new"))
	b.header(304, head{kind: kindFile, parent: objectRoot, mode: reg, size: 3, name: "target"})
	b.data(304, 1, []byte("old"))
	b.header(305, head{kind: kindFile, parent: objectRoot, mode: reg, size: 2048, name: "longer"})
	b.data(305, 1, bytes.Repeat([]byte("l"), 2048))
	b.header(307, head{kind: kindDir, parent: objectLost, mode: dir, name: "found"})
	b.header(308, head{kind: kindSpecial, parent: objectRoot, mode: 0o20666, uid: 1000, gid: 2000, name: "null"})
	b.header(309, head{kind: kindFile, parent: 999, mode: reg, name: "orphan"})
	words := func(n uint32) []byte {
		w := make([]byte, 4)
		order.PutUint32(w, n)
		return w
	}
	attribute := append(words(4+17+10), "security.selinux\x00u:label:0\x00"...)
	b.header(310, head{kind: kindFile, parent: objectRoot, mode: reg, name: "labelled", attributes: append(append(words(8), "x\x00yy"...), attribute...)})
	b.chunk(nil, objectSummary, 1, 64)
	b.pad(pages)
	return b
}

func TestInUse(t *testing.T) {
	for _, order := range []binary.ByteOrder{little, big} {
		fsys := load(t, inUse(order, 64).raw)
		for name, want := range map[string]string{
			"changed": string(bytes.Repeat([]byte("o"), 2048)) + string(bytes.Repeat([]byte("N"), 2048)) + string(bytes.Repeat([]byte("o"), 904)),
			"cut":     string(bytes.Repeat([]byte("c"), 2000)),
			"target":  "new", "longer": string(bytes.Repeat([]byte("l"), 2048)) + "longer", "lost+found/999/orphan": "",
		} {
			if got, err := fs.ReadFile(fsys, name); err != nil || string(got) != want {
				t.Errorf("%s: %.20q, %d bytes, %v", name, got, len(got), err)
			}
		}
		for _, name := range []string{"deleted", "target.new", "unlinked", "unlinked/unlinked"} {
			if _, err := fs.Lstat(fsys, name); err == nil {
				t.Errorf("%s is there", name)
			}
		}
		info, err := fs.Lstat(fsys, "null")
		if err != nil || info.Mode() != fs.ModeDevice|fs.ModeCharDevice|0o666 || info.Sys().(*image.Attr).GID != 2000 {
			t.Errorf("%v, %v", info, err)
		}
		if info, err := fs.Lstat(fsys, "lost+found/found"); err != nil || !info.IsDir() {
			t.Errorf("%v, %v", info, err)
		}
		if info, err = fs.Lstat(fsys, "labelled"); err != nil || info.Sys().(*image.Attr).Label != "u:label:0" {
			t.Errorf("%+v, %v", info, err)
		}
		if got := treetest.Reasons(fsys); !slices.Equal(got, []image.Reason{image.Malformed}) { // of the orphan
			t.Errorf("%v", fsys.(image.Gapper).Gaps())
		}
	}
}

// TestHole reads a page that was never written, and one that was written in part.
func TestHole(t *testing.T) {
	b := newBuilder(2048, 64, 0, little, little)
	b.header(300, head{kind: kindFile, parent: objectRoot, mode: reg, size: 7000, name: "hole"})
	b.data(300, 1, []byte("first"))
	b.data(300, 3, bytes.Repeat([]byte("x"), 2048))
	b.header(301, head{kind: kindFile, parent: objectRoot, mode: reg, size: 6144, name: "regrown"})
	b.data(301, 1, bytes.Repeat([]byte("x"), 6144))
	b.header(301, head{kind: kindFile, parent: objectRoot, mode: reg, size: 2048, shrink: 1, name: "regrown"})
	b.data(301, 3, []byte("new"))
	b.header(301, head{kind: kindFile, parent: objectRoot, mode: reg, size: 6144, name: "regrown"})
	fsys := load(t, b.raw)
	for name, want := range map[string][]byte{
		"hole":    slices.Concat([]byte("first"), make([]byte, 4091), bytes.Repeat([]byte("x"), 2048), make([]byte, 7000-6144)),
		"regrown": slices.Concat(bytes.Repeat([]byte("x"), 2048), make([]byte, 2048), []byte("new"), make([]byte, 2045)),
	} {
		f, err := fsys.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		got := erasedBytes(int64(len(want))) // what is not written to would show
		if _, err := f.(io.ReaderAt).ReadAt(got, 0); err != nil && err != io.EOF || !bytes.Equal(got, want) {
			t.Errorf("%s: wrong bytes, %v", name, err)
		}
	}
	if got := treetest.Reasons(fsys); !slices.Equal(got, []image.Reason{image.Truncated, image.Truncated}) {
		t.Errorf("%v", got)
	}
}

// TestHostile has directories in a circle, links to links, names that are none or twice, and a file of terabytes.
func TestHostile(t *testing.T) {
	b := newBuilder(2048, 64, 0, little, little)
	b.header(300, head{kind: kindFile, parent: objectRoot, mode: reg, size: 1<<32 - 1, name: "huge"})
	b.chunk([]byte("x"), 300, maxChunk, 2048)
	b.header(301, head{kind: kindDir, parent: 302, mode: dir, name: "a"})
	b.header(302, head{kind: kindDir, parent: 301, mode: dir, name: "b"})
	b.header(303, head{kind: kindDir, parent: 303, mode: dir, name: "self"})
	b.header(304, head{kind: kindHardLink, parent: objectRoot, equal: 305, name: "link"})
	b.header(305, head{kind: kindHardLink, parent: objectRoot, equal: 304, name: "knot"})
	b.header(306, head{kind: kindFile, parent: objectRoot, mode: reg, size: 3, name: "twice"})
	b.data(306, 1, []byte("old"))
	b.header(307, head{kind: kindFile, parent: objectRoot, mode: reg, size: 3, name: "twice"})
	b.data(307, 1, []byte("new"))
	b.header(308, head{kind: kindFile, parent: objectRoot, mode: reg, name: ".."})
	b.header(309, head{kind: kindSymlink, parent: objectRoot, mode: link, name: "bad\xff", alias: "t\xff"})
	b.header(310, head{kind: kindFile, parent: 309, mode: reg, name: "in a link"})
	b.chunk(nil, 311, 1, 100)
	fsys := load(t, b.raw)
	if got := treetest.Reasons(fsys); len(got) != 9 {
		t.Errorf("%v", fsys.(image.Gapper).Gaps())
	}
	if got, err := fs.ReadFile(fsys, "twice"); string(got) != "new" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := fs.ReadLink(fsys, "bad\uFFFDff"); got != "t\uFFFD" {
		t.Errorf("%q, %v", got, err)
	}
	f, err := fsys.Open("huge")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := f.Read(make([]byte, 5000)); n != 5000 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// TestCut cuts an image inside of a file; what lies before is read.
func TestCut(t *testing.T) {
	b := newBuilder(2048, 64, 0, little, little)
	for k := range 20 {
		b.header(uint32(300+k), head{kind: kindFile, parent: objectRoot, mode: reg, size: 10000, name: fmt.Sprint("f", k)})
		b.data(uint32(300+k), 1, treetest.Prose(uint32(k), 10000))
	}
	fsys := load(t, b.raw[:10*6*2112-3000])
	for k := range 9 {
		if got, err := fs.ReadFile(fsys, fmt.Sprint("f", k)); err != nil || !bytes.Equal(got, treetest.Prose(uint32(k), 10000)) {
			t.Errorf("%d: %d bytes, %v", k, len(got), err)
		}
	}
	if got := treetest.Reasons(fsys); !slices.Equal(got, []image.Reason{image.Truncated, image.Truncated}) {
		t.Errorf("%v", fsys.(image.Gapper).Gaps())
	}
}

// TestDamaged changes tags and a header: the others are read.
func TestDamaged(t *testing.T) {
	b := newBuilder(2048, 64, 0, little, little)
	var at []int
	for k := range 100 {
		at = append(at, b.header(uint32(300+k), head{kind: kindFile, parent: objectRoot, mode: reg, size: 3, name: fmt.Sprint("f", k)}))
		b.data(uint32(300+k), 1, []byte("abc"))
	}
	clear(b.raw[at[5]+2048:][:64])
	clear(b.raw[at[7]:][:512])
	fsys := load(t, b.raw)
	if entries, err := fs.ReadDir(fsys, "."); len(entries) != 98 {
		t.Errorf("%d, %v", len(entries), err)
	}
	if got := treetest.Reasons(fsys); !slices.Equal(got, []image.Reason{image.Malformed, image.Malformed}) {
		t.Errorf("%v", fsys.(image.Gapper).Gaps())
	}
}

// refit does nothing: there are no checksums.
func refit([]byte) {}

func FuzzOpen(f *testing.F) {
	tree := f.TempDir()
	treetest.Write(f, tree, "a", treetest.Prose(1, 3000))
	treetest.Write(f, tree, "b/c", treetest.Prose(2, 100))
	images := [][]byte{inUse(little, 1).raw[2*2112:]} // begins with a header
	for _, v := range variants[:9] {
		b := newBuilder(v.page, v.spare, v.tagsAt, v.order, v.tagOrder)
		b.extra = v.extra
		images = append(images, b.tree(f, tree))
	}
	fuzz(f, images)
}
