package erofs

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"romscan/analyzer/image/treetest"
)

// FuzzErofs patches small images, because whole ones would drown the fuzzer, and reads all files. The input is a
// list of patches: which 4 bytes (32 bits, little-endian), 4 bytes to put there.
func FuzzErofs(f *testing.F) {
	tree := makeSmallTree(f)
	images := [][]byte{fuzzFixture(f)}
	for _, args := range [][]string{
		nil, {"-zlz4"}, {"-zlz4", "-Elegacy-compress"}, {"-zlz4", "-Eztailpacking", "-C16384"},
		{"-zlz4", "-Efragments,dedupe", "-C8192"}, {"-Eforce-chunk-indexes", "--chunksize=4096"},
	} {
		raw, err := os.ReadFile(mkfs(f, tree, args...))
		if err != nil {
			f.Fatal(err)
		}
		images = append(images, raw)
	}
	huawei, _ := huaweiImage(f, tree)
	images = append(images, huawei)
	for k, raw := range images {
		f.Add(uint8(k), []byte{})
		for at := 0; at+4 <= len(raw); at += 4 {
			if w := binary.LittleEndian.Uint32(raw[at:]); w != 0 && at < 12<<10 && at%28 == 0 {
				patch := binary.LittleEndian.AppendUint32(nil, uint32(at/4))
				f.Add(uint8(k), binary.LittleEndian.AppendUint32(patch, w^1<<(at%32)))
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, patches []byte) {
		raw := bytes.Clone(images[int(which)%len(images)])
		for ; len(patches) >= 5; patches = patches[min(len(patches), 8):] {
			at := int64(binary.LittleEndian.Uint32(patches)) * 4 % int64(len(raw))
			copy(raw[at:], patches[4:min(len(patches), 8)])
		}
		r := bytes.NewReader(raw)
		Format().Sniff(r, r.Size())
		fsys, err := Format().Open(r, r.Size(), treetest.Small())
		if err != nil {
			return
		}
		treetest.ReadAll(t, fsys)
	})
}

// fuzzFixture has what mkfs.erofs does not make.
func fuzzFixture(t testing.TB) []byte {
	text := treetest.Prose(2, 4*fixtureBlock)
	f := newFixture(0x1 | incompatComprCfgs | incompat48bit | incompatMetabox)
	z, d := zstandarded(t, text[:2*fixtureBlock]), deflated(t, text[2*fixtureBlock:])
	a, b := f.data(z, true), f.data(d, true)
	f.file("both", f.inode(compressedFull, typeRegular|0o644, len(text), 2, full(0, 2<<4|3, [2]uint32{head1, a}, [2]uint32{head2, b})))
	words := words(uint32(len(z))|4<<recordFormat, (a+1)*fixtureBlock-uint32(len(z)), uint32(len(d))|3<<recordFormat, (b+1)*fixtureBlock-uint32(len(d)))
	f.file("records", f.inode(compressedFull, typeRegular|0o644, len(text), 0, append(header(0, adviseExtents|1<<1, 1<<8), words...)))
	box := f.inode(flatPlain, typeRegular, 2*fixtureBlock, 1, nil)
	f.file("same", inBox|16)
	return f.finish(func(sb []byte) {
		sb[13] = 1
		binary.LittleEndian.PutUint64(sb[0x80:], box)
	})
}

// FuzzLZ4 decodes anything to any length.
func FuzzLZ4(f *testing.F) {
	f.Add([]byte{0x44, 'a', 'b', 'c', 'd', 4, 0, 0x10, 'x'}, uint16(13))
	f.Add([]byte{0xFF, 255, 255, 0}, uint16(30))
	f.Add([]byte{0x1F, 'a', 1, 0, 255, 7}, uint16(250))
	f.Fuzz(func(t *testing.T, src []byte, n uint16) {
		whole := make([]byte, n)
		if !decodeLZ4(whole, src) {
			return
		}
		part := make([]byte, n/2)
		if !decodeLZ4(part, src) || !bytes.HasPrefix(whole, part) {
			t.Errorf("%d bytes are not the start of %d", n/2, n)
		}
	})
}
