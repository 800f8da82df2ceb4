package yaffs2

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// builder writes pages as mkyaffs2image and as the kernel do.
type builder struct {
	geometry
	raw      []byte
	sequence uint32
	extra    bool // the kernel keeps a part of headers in the tags
	next     uint32
}

func newBuilder(page, spare, tagsAt int64, order, tagOrder binary.ByteOrder) *builder {
	return &builder{geometry: geometry{page, spare, tagsAt, order, tagOrder}, sequence: lowestSequence, next: firstObject}
}

// chunk appends a page and its tags and returns its place.
func (b *builder) chunk(data []byte, object, number, bytes uint32) int {
	at := len(b.raw)
	page := erasedBytes(b.page + b.spare)
	copy(page, data)
	for k, word := range []uint32{b.sequence, object, number, bytes} {
		b.tagOrder.PutUint32(page[b.page+b.tagsAt+int64(4*k):], word)
	}
	if b.tagsAt+28 <= b.spare { // ECC of the tags, which nobody looks at
		copy(page[b.page+b.tagsAt+16:], "\x25\x00\x00\x00\x01\x00\x00\x00\xfe\xff\xff\xff")
	}
	b.raw = append(b.raw, page...)
	return at
}

func erasedBytes(n int64) []byte { return bytes.Repeat([]byte{0xFF}, int(n)) }

// head is an object header in the making.
type head struct {
	kind, parent, mode, uid, gid, size, equal, shadows, shrink uint32
	name, alias                                                string
	attributes                                                 []byte
}

// header appends an object header.
func (b *builder) header(object uint32, h head) int {
	raw := erasedBytes(b.page)
	put := func(at int, v uint32) { b.order.PutUint32(raw[at:], v) }
	put(0, h.kind)
	put(4, h.parent)
	clear(raw[nameAt : nameAt+nameSize])
	copy(raw[nameAt:], h.name)
	if h.kind != kindHardLink {
		for at, v := range map[int]uint32{268: h.mode, 272: h.uid, 276: h.gid, 280: 1, 284: 2, 288: 3} {
			put(at, v)
		}
	}
	if h.kind == kindFile {
		put(292, h.size)
		put(496, 0)
	}
	put(296, cmp.Or(h.equal, 1<<32-1))
	if h.kind == kindSymlink {
		clear(raw[aliasAt : aliasAt+aliasSize+1])
		copy(raw[aliasAt:], h.alias)
	}
	put(504, h.shadows)
	put(508, h.shrink)
	copy(raw[min(headerSize, len(raw)):], h.attributes)
	if b.extra {
		return b.chunk(raw, object|h.kind<<extraKind, h.parent|extraHeader|h.shrink*extraShrink, h.size)
	}
	return b.chunk(raw, object, 0, 0xFFFF)
}

// data appends the pages of a file from a page on.
func (b *builder) data(object, first uint32, content []byte) {
	for part := range slices.Chunk(content, int(b.page)) {
		b.chunk(part, object, first, uint32(len(part)))
		first++
	}
}

// pad fills up to whole erase blocks.
func (b *builder) pad(pages int64) {
	for int64(len(b.raw))%(pages*b.chunk1()) != 0 {
		b.raw = append(b.raw, erasedBytes(b.chunk1())...)
	}
}

func (b *builder) chunk1() int64 { return b.page + b.spare }

// tree writes all of a directory, in the order that a walk goes.
func (b *builder) tree(t testing.TB, dir string) []byte {
	t.Helper()
	objects := map[string]uint32{".": objectRoot}
	links := map[uint64]uint32{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		h := head{parent: objects[filepath.Dir(rel)], mode: st.Mode, uid: st.Uid, gid: st.Gid, name: filepath.Base(rel)}
		if rel == "." { // as the tool of Android does
			h.kind, h.parent, h.name = kindDir, objectRoot, ""
			b.header(objectRoot, h)
			return nil
		}
		id := b.next
		b.next++
		objects[rel] = id
		switch {
		case d.IsDir():
			h.kind = kindDir
		case d.Type()&fs.ModeSymlink != 0:
			h.kind = kindSymlink
			h.alias, err = os.Readlink(name)
		case links[st.Ino] != 0:
			h.kind, h.equal = kindHardLink, links[st.Ino]
		default:
			links[st.Ino] = id
			h.kind, h.size = kindFile, uint32(st.Size)
			b.header(id, h)
			content, err := os.ReadFile(name)
			b.data(id, 1, content)
			return err
		}
		b.header(id, h)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.raw
}
