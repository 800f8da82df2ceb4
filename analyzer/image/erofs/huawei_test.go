package erofs

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"os"
	"testing"

	lz4block "github.com/pierrec/lz4/v4"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// squeeze makes one LZ4 block.
func squeeze(t testing.TB, data []byte) []byte {
	t.Helper()
	out := make([]byte, lz4block.CompressBlockBound(len(data)))
	var c lz4block.Compressor
	n, err := c.CompressBlock(data, out)
	if err != nil || n == 0 || n > fixtureBlock {
		t.Fatalf("%d bytes of LZ4, %v", n, err)
	}
	return out[:n]
}

// huaweiImage makes an image as Huawei's kernels of 2018 read it out of one with full indexes: what is no head names it.
// It returns how many records it changed.
func huaweiImage(t testing.TB, tree string) (raw []byte, changed int) {
	t.Helper()
	img := mkfs(t, tree, "-zlz4", "-Elegacy-compress")
	raw, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	fsys := treetest.LoadFile(t, Format(), img)
	seen := map[int64]bool{}
	for path := range digests(t, fsys) {
		entry, ok := fsys.(*mounted).Get(path)
		if !ok || !entry.Mode.IsRegular() {
			continue
		}
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		c, ok := r.(*content)
		if !ok || c.inode.layout != compressedFull || seen[c.inode.offset] {
			continue
		}
		seen[c.inode.offset] = true
		changed += nameHeads(raw, roundUp(c.inode.body, 8)+mapHeaderSize+fullIndexReserved, (c.inode.size-1)>>12+1)
	}
	clear(raw[superOffset+4 : superOffset+12]) // there was no checksum, and no features were known
	return raw, changed
}

// nameHeads changes the count records at at.
func nameHeads(raw []byte, at, count int64) (changed int) {
	le := binary.LittleEndian
	var head []byte
	var last int64
	for lcn := range count {
		rec := raw[at+8*lcn:][:8]
		if rec[0]&3 != nonHead {
			head, last = rec, lcn
			if rec[0]&3 == head1 && lcn%2 == 1 {
				rec[0] = head2
				changed++
			}
			continue
		}
		back := lcn - last
		if back > 255 {
			continue // which has no place for it
		}
		kind := head[0] & 3
		if kind == head1 {
			kind = head2
		}
		after := le.Uint16(rec[6:])
		le.PutUint16(rec, uint16(kind)|uint16(back>>4)<<4|uint16(min(after, 255))<<8)
		le.PutUint16(rec[2:], le.Uint16(head[2:])|uint16(back&15)<<12)
		copy(rec[4:], head[4:8])
		changed++
	}
	return changed
}

// TestHuawei reads such an image, and tells where a record names another head.
func TestHuawei(t *testing.T) {
	tree := makeTree(t)
	raw, changed := huaweiImage(t, tree)
	if changed < 100 {
		t.Fatalf("%d records changed", changed)
	}
	r := bytes.NewReader(raw)
	fsys, err := Format().Open(r, r.Size(), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	compare(t, tree, fsys)

	text := bytes.Repeat(treetest.Prose(3, 1000), 13)[:3*fixtureBlock]
	for name, third := range map[string][2]uint32{"right": {3, 2 << 12}, "too near": {3, 1 << 12}, "too far": {3 | 1<<4, 2 << 12}, "other offset": {3, 2<<12 | 9}, "of none": {0, 2 << 12}} {
		f := newFixture(0)
		block := f.data(squeeze(t, text), false)
		index := make([]byte, mapHeaderSize+fullIndexReserved)
		for _, rec := range [][2]uint32{{head1, 0}, {3, 1 << 12}, third} {
			index = binary.LittleEndian.AppendUint32(index, rec[0]|rec[1]<<16)
			index = binary.LittleEndian.AppendUint32(index, block)
		}
		f.file("file", f.inode(compressedFull, typeRegular|0o644, len(text), 1, index))
		fsys := openFixture(t, f.finish(nil))
		got, err := fs.ReadFile(fsys, "file")
		if right := err == nil && bytes.Equal(got, text); right != (name == "right") {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}
