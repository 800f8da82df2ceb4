package erofs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os/exec"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// The mkfs.erofs that many distributions ship makes neither DEFLATE nor Zstandard, neither a second algorithm nor extent
// records, 48-bit images or a metabox. These images are put together here by the definition in erofs_fs.h.

const fixtureBlock = 4096

// fixture is an image of blocks: 0 the superblock, 1 to 4 inodes, then data.
type fixture struct {
	img  []byte
	last uint64 // inode slots given out, of 512 bytes
	dir  []string
	nids []uint64

	incompat uint32
	packed   uint64
}

func newFixture(incompat uint32) *fixture {
	return &fixture{img: make([]byte, 5*fixtureBlock), incompat: incompat}
}

// data appends bytes as whole blocks, at their end, and returns the first block.
func (f *fixture) data(b []byte, atEnd bool) uint32 {
	block := uint32(len(f.img) / fixtureBlock)
	pad := make([]byte, -len(b)&(fixtureBlock-1))
	if atEnd {
		f.img = append(append(f.img, pad...), b...)
	} else {
		f.img = append(append(f.img, b...), pad...)
	}
	return block
}

// inode makes an extended inode and what follows it, and returns its number.
func (f *fixture) inode(layout int, mode uint16, size int, word uint32, rest []byte) uint64 {
	le := binary.LittleEndian
	b := le.AppendUint16(nil, uint16(layout<<1|1))
	b = le.AppendUint16(b, 0)
	b = le.AppendUint16(b, mode)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint64(b, uint64(size))
	b = le.AppendUint32(b, word)
	b = append(append(b, make([]byte, 64-len(b))...), rest...)
	f.last++
	copy(f.img[fixtureBlock+f.last*512:], b)
	return f.last * 512 / inodeSlot
}

func (f *fixture) file(name string, nid uint64) {
	f.dir, f.nids = append(f.dir, name), append(f.nids, nid)
}

// dirents makes a directory of all files; they are added in order.
func (f *fixture) dirents() []byte {
	var names string
	var b []byte
	for k, name := range f.dir {
		b = binary.LittleEndian.AppendUint64(b, f.nids[k])
		b = binary.LittleEndian.AppendUint16(b, uint16(12*len(f.dir)+len(names)))
		b = append(b, 1, 0)
		names += name
	}
	return append(b, names...)
}

// finish writes root and superblock.
func (f *fixture) finish(edit func(super []byte)) []byte {
	d := f.dirents()
	root := f.inode(flatInline, typeDir|0o755, len(d), 0, d)
	sb := f.img[superOffset:]
	binary.LittleEndian.PutUint32(sb, superMagic)
	sb[12] = 12
	binary.LittleEndian.PutUint16(sb[14:], uint16(root))
	binary.LittleEndian.PutUint32(sb[40:], 1)
	binary.LittleEndian.PutUint32(sb[80:], f.incompat)
	binary.LittleEndian.PutUint64(sb[0x60:], f.packed)
	if edit != nil {
		edit(sb)
	}
	return f.img
}

func deflated(t testing.TB, b []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, 9)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// microLZMAed makes MicroLZMA of what the xz tool writes: no header, the inverted properties for the first byte.
func microLZMAed(t testing.TB, b []byte) []byte {
	t.Helper()
	if _, err := exec.LookPath("xz"); err != nil {
		t.Skip("no xz")
	}
	cmd := exec.Command("xz", "--format=lzma", "-c")
	cmd.Stdin = bytes.NewReader(b)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	m := bytes.Clone(out[13:])
	m[0] = ^out[0]
	return m
}

func zstandarded(t testing.TB, b []byte) []byte {
	w, err := zstd.NewWriter(nil, zstd.WithWindowSize(64<<10), zstd.WithEncoderCRC(false))
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(b, nil)
}

func header(low uint32, advise uint16, high uint16) []byte {
	b := binary.LittleEndian.AppendUint32(nil, low)
	b = binary.LittleEndian.AppendUint16(b, advise)
	return binary.LittleEndian.AppendUint16(b, high)
}

// full makes a full index of clusters that each take two logical ones.
func full(advise, algorithms uint16, heads ...[2]uint32) []byte {
	b := append(header(0, advise, algorithms), make([]byte, 8)...)
	for _, h := range heads {
		b = binary.LittleEndian.AppendUint32(b, h[0])
		b = binary.LittleEndian.AppendUint32(b, h[1])
		b = append(b, nonHead, 0, 0, 0, 1, 0, 1, 0)
	}
	return b
}

func words(list ...uint32) (b []byte) {
	for _, w := range list {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

func openFixture(t testing.TB, img []byte) fs.FS {
	t.Helper()
	fsys, err := Format().Open(bytes.NewReader(img), int64(len(img)), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range fsys.(image.Gapper).Gaps() {
		t.Error(g)
	}
	return fsys
}

func expect(t *testing.T, fsys fs.FS, name string, want []byte) {
	t.Helper()
	got, err := fs.ReadFile(fsys, name)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes, %v; want %d", name, len(got), err, len(want))
	}
}

func TestAlgorithms(t *testing.T) {
	text := treetest.Prose(1, 4*fixtureBlock-100)
	a, b := text[:2*fixtureBlock], text[2*fixtureBlock:]
	f := newFixture(0x1 | incompatComprCfgs)
	blocks := []uint32{f.data(deflated(t, a), true), f.data(zstandarded(t, b), true), f.data(deflated(t, b), true), f.data(zstandarded(t, a), true)}
	micro := []uint32{f.data(microLZMAed(t, a), true), f.data(microLZMAed(t, b), true)}
	f.file("both", f.inode(compressedFull, typeRegular|0o644, len(text), 2, full(0, 3<<4|2, [2]uint32{head1, blocks[0]}, [2]uint32{head2, blocks[1]})))
	f.file("deflate", f.inode(compressedFull, typeRegular|0o644, len(text), 2, full(0, 2, [2]uint32{head1, blocks[0]}, [2]uint32{head1, blocks[2]})))
	f.file("lzma", f.inode(compressedFull, typeRegular|0o644, len(text), 2, full(0, 1, [2]uint32{head1, micro[0]}, [2]uint32{head1, micro[1]})))
	f.file("lzma-bad", f.inode(compressedFull, typeRegular|0o644, len(text), 2, full(0, 1, [2]uint32{head1, blocks[0]}, [2]uint32{head1, blocks[2]})))
	f.file("part", f.inode(compressedFull, typeRegular|0o644, 5000, 2, full(0, 3, [2]uint32{head1 | 1<<15, blocks[3]})))
	f.file("zstd", f.inode(compressedFull, typeRegular|0o644, len(text), 2, full(0, 3, [2]uint32{head1, blocks[3]}, [2]uint32{head1, blocks[1]})))
	fsys := openFixture(t, f.finish(nil))
	expect(t, fsys, "both", text)
	expect(t, fsys, "deflate", text)
	expect(t, fsys, "zstd", text)
	expect(t, fsys, "part", text[:5000])
	expect(t, fsys, "lzma", text)
	_, err := fs.ReadFile(fsys, "lzma-bad")
	if e := (*image.Error)(nil); !errors.As(err, &e) || e.Reason != image.Malformed || e.Offset != int64(blocks[0])*fixtureBlock {
		t.Errorf("lzma: %v", err)
	}
}

// TestRecords reads the four sizes of extent records.
func TestRecords(t *testing.T) {
	text := treetest.Prose(2, 6*fixtureBlock-50)
	f := newFixture(0x1 | incompatComprCfgs | incompat48bit | incompatFragments)
	z, d := zstandarded(t, text[:2*fixtureBlock]), deflated(t, text[2*fixtureBlock:4*fixtureBlock])
	tail := text[4*fixtureBlock:]
	at := f.data(append(append(bytes.Clone(z), d...), tail...), false) * fixtureBlock
	zl, dl := uint32(len(z)), uint32(len(d))
	packed := append(treetest.Noise(1, 1000), tail...)
	f.packed = f.inode(flatPlain, typeRegular, len(packed), f.data(packed, false), nil)
	const zf, df = 4 << recordFormat, 3 << recordFormat
	// Logical clusters of two blocks: bit 0 of h_clusterbits.
	regular := func(size uint16, count uint32, rest []byte) uint64 {
		high := uint16(1 << 8)
		if size > 1 {
			high = 0
		}
		return f.inode(compressedFull, typeRegular|0o644, len(text), 0, append(header(count, adviseExtents|size<<1, high), rest...))
	}
	f.file("16", regular(2, 3, append(make([]byte, 8), words(zl|zf, at, 0, 0, dl|df, at+zl, 0, 2*fixtureBlock, uint32(len(tail)), at+zl+dl, 0, 4*fixtureBlock)...)))
	pad := make([]byte, 12)
	wide := bytes.Join([][]byte{make([]byte, 24), words(zl|zf, at, 0, 0, 0), pad, words(dl|df, at+zl, 0, 2*fixtureBlock, 0), pad, words(1000, 0, 0, 4*fixtureBlock, 0), pad}, nil)
	f.file("32", f.inode(compressedFull, typeRegular|0o644, len(text), 0, append(header(3, adviseExtents|3<<1|adviseFragment, 0), wide...)))
	f.file("4", regular(0, 0, words(at, 0, zl|zf, dl|df, uint32(len(tail)))))
	f.file("8", regular(1, 0, words(zl|zf, at, dl|df, at+zl, uint32(len(tail)), at+zl+dl)))
	f.file("hole", regular(1, 0, words(0, 0, dl|df, at+zl, uint32(len(tail)), at+zl+dl)))
	// Offset of the header is 64 bytes behind a multiple of 512, so records of 16 begin 8 bytes behind it, of 32, 24.
	fsys := openFixture(t, f.finish(func(sb []byte) {
		binary.LittleEndian.PutUint64(sb[0x70:], uint64(binary.LittleEndian.Uint16(sb[14:])))
		binary.LittleEndian.PutUint16(sb[14:], 0) // in the 48-bit layout this is no inode number
	}))
	for _, name := range []string{"16", "32", "4", "8"} {
		expect(t, fsys, name, text)
	}
	expect(t, fsys, "hole", append(make([]byte, 2*fixtureBlock), text[2*fixtureBlock:]...))
}

// TestMetabox reads inodes that lie in an inode, which is compressed.
func TestMetabox(t *testing.T) {
	f := newFixture(0x1 | incompatComprCfgs | incompat48bit | incompatMetabox)
	// Two inodes in the box: made in the image, then cut out of it.
	f.inode(flatInline, typeRegular|0o600, 11, 0, []byte("in the box\n"))
	f.inode(flatInline, typeLink|0o777, 6, 0, []byte("target"))
	box := bytes.Clone(f.img[fixtureBlock : 3*fixtureBlock])
	clear(f.img[fixtureBlock : 3*fixtureBlock])
	nid := f.inode(compressedFull, typeRegular, len(box), 1, full(0, 2, [2]uint32{head1, f.data(deflated(t, box), true)}))
	f.file("file", inBox|16)
	f.file("link", inBox|32)
	fsys := openFixture(t, f.finish(func(sb []byte) {
		sb[13] = 1
		binary.LittleEndian.PutUint64(sb[0x80:], nid)
	}))
	expect(t, fsys, "file", []byte("in the box\n"))
	if link, err := fs.ReadLink(fsys, "link"); err != nil || link != "target" {
		t.Errorf("link: %q, %v", link, err)
	}
}

func TestUnknownFeatures(t *testing.T) {
	img := newFixture(0x1 | 0x40000000).finish(nil)
	_, err := Format().Open(bytes.NewReader(img), int64(len(img)), image.NewBudget(image.DefaultLimits()))
	if e := (*image.Error)(nil); !errors.As(err, &e) || e.Reason != image.Unsupported || !strings.Contains(e.Detail, "0x40000000") {
		t.Errorf("%v", err)
	}
}
