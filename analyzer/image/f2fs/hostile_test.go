package f2fs

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"testing"

	"github.com/anchore/go-lzo"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

func sample(t testing.TB) *fixture {
	f := newFixture(12, featureCompression)
	text := treetest.Prose(1, 40000)
	f.compressedFile("lz4", 10, algorithmLZ4, text, lz4ed)
	f.compressedFile("rle", 11, algorithmLZORLE, text[:16384], func(b []byte) []byte { return lzoed(b, true) })
	f.compressedFile("zstd", 12, algorithmZstd, text[:16384], zstandarded)
	f.inode(13, typeRegular|0o644, 10000, f.blocks(text[:10000]), nil)
	f.inode(14, typeRegular|0o644, 100, nil, func(b []byte) { b[3] = inlineData; copy(b[addressOffset+4:], text[:100]) })
	f.inode(15, typeLink|0o777, 5, f.blocks([]byte("plain")), nil)
	const room = 4 * (923 - 50 - 1)
	f.inode(16, typeDir|0o755, room, nil, func(b []byte) {
		b[3] = inlineDentry
		copy(b[addressOffset+4:], dentryBlock(room, []string{"again", "a rather long name of a file"}, []uint32{13, 14}))
	})
	for k, name := range []string{"lz4", "rle", "zstd", "plain", "inline", "link", "dir"} {
		if k > 2 {
			f.file(name, uint32(10+k))
		}
	}
	return f
}

func TestSampleFixture(t *testing.T) {
	fsys := openFixture(t, sample(t).finish(nil))
	for _, g := range gaps(fsys) {
		t.Error(g)
	}
	text := treetest.Prose(1, 40000)
	expect(t, fsys, "lz4", text)
	expect(t, fsys, "rle", text[:16384])
	expect(t, fsys, "dir/again", text[:10000])
	expect(t, fsys, "dir/a rather long name of a file", text[:100])
	if link, err := fs.ReadLink(fsys, "link"); err != nil || link != "plain" {
		t.Errorf("link: %q, %v", link, err)
	}
}

// TestCopies damages one of two superblocks, then one of two checkpoints.
func TestCopies(t *testing.T) {
	text := treetest.Prose(1, 40000)
	f := sample(t)
	f.features |= featureSuperCRC
	good := bytes.Clone(f.finish(nil))
	for _, at := range []int{superOffset, superOffset + 200, 4096 + superOffset, 4096 + superOffset + 200} {
		img := bytes.Clone(good)
		img[at] ^= 0x80
		if !sniff(bytes.NewReader(img), int64(len(img))) {
			t.Errorf("0x%x: not recognised", at)
		}
		fsys := openFixture(t, img)
		if g := gaps(fsys); len(g) != 1 || g[0].Reason != image.Malformed || g[0].Offset < int64(at)&^1023 || g[0].Offset > int64(at)|4095 {
			t.Errorf("0x%x: gaps %v", at, g)
		}
		expect(t, fsys, "lz4", text)
	}
	// A newer checkpoint without any node counts only as long as its checksum matches.
	saved := f.nodes
	f.nodes = 0
	f.checkpoint(fixtureCP+1<<fixtureSegment, 8)
	f.nodes = saved
	if _, err := treetest.Open(Format(), f.img); err == nil {
		t.Error("the newer checkpoint does not count")
	}
	for _, block := range []int{fixtureCP + 64, fixtureCP + 66} {
		img := bytes.Clone(f.img)
		img[block<<12+300] ^= 1
		expect(t, openFixture(t, img), "lz4", text)
	}
	// Both damaged: it is told, and read.
	img := bytes.Clone(good)
	img[fixtureCP<<12+300] ^= 1
	img[(fixtureCP+1<<fixtureSegment)<<12+300] ^= 1
	fsys := openFixture(t, img)
	if g := gaps(fsys); len(g) != 1 || g[0].Reason != image.Malformed {
		t.Errorf("gaps %v", g)
	}
	expect(t, fsys, "lz4", text)
}

// TestInodeCRC changes an inode.
func TestInodeCRC(t *testing.T) {
	tree := t.TempDir()
	treetest.Write(t, tree, "file", treetest.Noise(1, 10000))
	treetest.Write(t, tree, "other", treetest.Noise(2, 10000))
	img := mkfs(t, tree, "-O extra_attr,inode_checksum")
	raw, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	fsys := openFixture(t, raw)
	i, err := fsys.(*FS).v.inode(fsys.(*FS).files[slices.IndexFunc(fsys.(*FS).files, func(n named) bool { return n.name == "file" })].nid)
	if err != nil {
		t.Fatal(err)
	}
	raw[i.offset+4]++ // the owner
	fsys = openFixture(t, raw)
	if g := gaps(fsys); len(g) != 1 || g[0].Reason != image.Malformed || g[0].Offset != i.offset+addressOffset+8 {
		t.Errorf("gaps %v", g)
	}
	expect(t, fsys, "file", treetest.Noise(1, 10000))
}

// TestCut cuts an image: what is before the cut is read.
func TestCut(t *testing.T) {
	f := newFixture(12, 0)
	data := treetest.Prose(1, 20000)
	list := f.blocks(data)
	f.inode(10, typeRegular|0o644, len(data), list, nil)
	f.file("before", 10)
	late := make([]uint32, 5)
	f.inode(11, typeRegular|0o644, len(data), late, nil)
	inode := len(f.img) - 4096
	f.file("across", 11)
	img := f.finish(nil)
	for k := range late {
		at := uint32(len(img)>>12 + k)
		le.PutUint32(img[inode+addressOffset+4*k:], at)
	}
	for _, b := range []int{0, 4096} {
		le.PutUint32(img[b+superOffset+36:], uint32(len(img)>>12+5))
	}
	img = append(img, data[:9000]...)
	fsys := openFixture(t, img)
	if g := gaps(fsys); len(g) != 1 || g[0].Reason != image.Truncated || g[0].Offset != int64(len(img)) {
		t.Errorf("gaps: %v", g)
	}
	expect(t, fsys, "before", data)
	got, err := fs.ReadFile(fsys, "across")
	if !bytes.Equal(got, data[:9000]) || image.GapOf(nil, "", err).Reason != image.Truncated {
		t.Errorf("across: %d bytes, %v", len(got), err)
	}
	for _, n := range []int{0, 1000, 1500, 5000, fixtureCP << 12, fixtureMain << 12} {
		if _, err := treetest.Open(Format(), img[:n]); err == nil {
			t.Errorf("opens %d bytes", n)
		}
	}
}

// TestCycle has a directory be its own child, and the root's.
func TestCycle(t *testing.T) {
	f := newFixture(12, 0)
	kids := f.block(dentryBlock(4096, []string{"self", "root", "file"}, []uint32{10, fixtureRoot, 11}))
	f.inode(10, typeDir|0o755, 4096, []uint32{kids}, nil)
	f.inode(11, typeRegular|0o644, 1, f.blocks([]byte("x")), nil)
	f.file("dir", 10)
	fsys := openFixture(t, f.finish(nil))
	if g := gaps(fsys); len(g) != 2 || g[0].Reason != image.Malformed {
		t.Errorf("gaps: %v", g)
	}
	expect(t, fsys, "dir/file", []byte("x"))
}

// TestClaims has a file and a directory claim terabytes, through nodes that lead to the same node again and again.
func TestClaims(t *testing.T) {
	f := newFixture(12, 0)
	loop := make([]byte, 4096)
	for k := range 1018 {
		le.PutUint32(loop[4*k:], 21)
	}
	f.node(20, 10, loop) // an indirect node all of whose entries are one direct node
	f.node(21, 10, make([]byte, 4096))
	f.inode(10, typeDir|0o755, 1<<42, nil, func(b []byte) {
		for k := range nodeIDs {
			le.PutUint32(b[4096-24-20+4*k:], 20+uint32(k+1)%2)
		}
	})
	f.inode(11, typeRegular|0o644, 1<<60, nil, nil)
	f.file("dir", 10)
	f.file("file", 11)
	fsys := openFixture(t, f.finish(nil))
	if g := gaps(fsys); len(g) == 0 {
		t.Error("no gap")
	}
	file, err := fsys.Open("file")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	buf := make([]byte, 10)
	if n, err := file.(io.ReaderAt).ReadAt(buf, 0); n != 10 || err != nil {
		t.Errorf("start: %d, %v", n, err)
	}
	if _, err := file.(io.ReaderAt).ReadAt(buf, 1<<59); err == nil {
		t.Error("reads beyond what nodes reach")
	}
}

func TestSniff(t *testing.T) {
	good := sample(t).finish(nil)
	for name, edit := range map[string]func(b []byte){
		"no magic": func(b []byte) { clear(b[:8192]) },
		"elsewhere": func(b []byte) {
			copy(b, b[superOffset:superOffset+superSize])
			clear(b[superSize:8192])
		},
		"sizes": func(b []byte) {
			le.PutUint32(b[superOffset+16:], 9)
			le.PutUint32(b[4096+superOffset+16:], 9)
		},
	} {
		b := bytes.Clone(good)
		edit(b)
		if sniff(bytes.NewReader(b), int64(len(b))) {
			t.Errorf("%s: recognised", name)
		}
		if _, err := treetest.Open(Format(), b); err == nil {
			t.Errorf("%s: opens", name)
		}
	}
}

// FuzzF2FS patches a small image and reads all files. The input is a list of patches: which 4 bytes of the blocks
// that are not empty (32 bits, little-endian), 4 bytes to put there.
func FuzzF2FS(f *testing.F) {
	good := sample(f).finish(nil)
	var live []int
	for at := 0; at < len(good); at += 512 {
		if slices.ContainsFunc(good[at:at+512], func(b byte) bool { return b != 0 }) {
			live = append(live, at)
		}
	}
	f.Add([]byte{})
	for k, at := range live {
		for in := 0; in < 512; in += 4 {
			if w := le.Uint32(good[at+in:]); w != 0 && (in%92 == 0 || at < 8192) {
				f.Add(le.AppendUint32(le.AppendUint32(nil, uint32(k*128+in/4)), w^1<<(in%31)))
			}
		}
	}
	f.Fuzz(func(t *testing.T, patches []byte) {
		raw := bytes.Clone(good)
		for ; len(patches) >= 5; patches = patches[min(len(patches), 8):] {
			n := int(le.Uint32(patches)) % (len(live) * 128)
			copy(raw[live[n/128]+n%128*4:], patches[4:min(len(patches), 8)])
		}
		r := bytes.NewReader(raw)
		Format().Sniff(r, r.Size())
		fsys, err := Format().Open(r, r.Size(), treetest.Small())
		if err != nil {
			return
		}
		readAll(t, fsys)
		n := 0
		fsys.(image.Verifier).Verify(t.Context(), func(image.Check) bool { n++; return n < 100 })
	})
}

// readAll reads the start, the middle and the end of every file.
func readAll(t *testing.T, fsys fs.FS) {
	buf := make([]byte, 8<<10)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		file, err := fsys.Open(name)
		if err != nil {
			return nil
		}
		defer file.Close()
		for _, off := range []int64{0, info.Size() / 2, info.Size() - 100} {
			n, err := file.(io.ReaderAt).ReadAt(buf, max(off, 0))
			if n < len(buf) && err == nil {
				return fmt.Errorf("%s: %d bytes at %d of %d without an error", name, n, off, info.Size())
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// FuzzLZO compares with another decoder on what both take.
func FuzzLZO(f *testing.F) {
	f.Add(lzoed(treetest.Prose(1, 300), false))
	f.Add(lzoed(append(make([]byte, 100), treetest.Prose(2, 300)...), true))
	f.Fuzz(func(t *testing.T, src []byte) {
		dst, other := make([]byte, 1<<12), make([]byte, 1<<12)
		n, err := decodeLZO(dst, src)
		if err != nil || len(src) > 0 && src[0] == lzoVersionMark {
			return
		}
		if k, err := lzo.Decompress(src, other); err == nil && !bytes.Equal(dst[:n], other[:k]) {
			t.Errorf("%d bytes, the other decoder makes %d", n, k)
		}
	})
}
