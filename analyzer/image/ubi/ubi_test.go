package ubi

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/corpustest"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// ubifsLike begins as UBIFS does; what follows is any data.
func ubifsLike(n int) []byte { return slices.Concat([]byte(ubifsMagic), treetest.Noise(7, n)) }

// contents are the volumes of the images made here.
var contents = map[string][]byte{
	"rootfs.ubifs": ubifsLike(300 << 10), "data.img": treetest.Prose(1, 100<<10), "fixed.img": treetest.Noise(3, 200<<10+77), "tiny.img": []byte("tiny"),
}

// table is the description of an image for ubinize.
const table = `[a]
mode=ubi
image=%[1]s/rootfs.ubifs
vol_id=0
vol_size=600KiB
vol_type=dynamic
vol_name=rootfs
vol_flags=autoresize
[b]
mode=ubi
image=%[1]s/data.img
vol_id=3
vol_size=200KiB
vol_type=dynamic
vol_name=data
[c]
mode=ubi
image=%[1]s/fixed.img
vol_id=4
vol_type=static
vol_name=fixed
[d]
mode=ubi
image=%[1]s/tiny.img
vol_id=5
vol_type=static
vol_alignment=2048
vol_name=tiny
[e]
mode=ubi
vol_id=7
vol_size=1MiB
vol_type=dynamic
vol_name=empty
`

// ubinize makes an image.
func ubinize(t testing.TB, args ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	for name, data := range contents {
		treetest.Write(t, dir, name, data)
	}
	treetest.Write(t, dir, "table", fmt.Appendf(nil, table, dir))
	img := filepath.Join(dir, "image")
	treetest.Run(t, "ubinize", append(append([]string{"-o", img, "-Q", "77"}, args...), filepath.Join(dir, "table"))...)
	return treetest.BytesOf(t, img)
}

// features are the chips that a reader has to tell apart.
var features = [][]string{
	{"-p", "128KiB", "-m", "2048"},
	{"-p", "128KiB", "-m", "2048", "-s", "512"},
	{"-p", "16KiB", "-m", "512"},
	{"-p", "64KiB", "-m", "1"}, // NOR
	{"-p", "512KiB", "-m", "4096"},
	{"-p", "1MiB", "-m", "8192"},
	{"-p", "256KiB", "-m", "2048", "-O", "4096"},
}

// check compares all volumes. Dynamic ones end with their last block, behind the content.
func check(t *testing.T, fsys fs.FS) {
	t.Helper()
	for _, g := range fsys.(image.Gapper).Gaps() {
		t.Error(g)
	}
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil || len(entries) != len(contents)+1 {
		t.Errorf("%v, %v", entries, err)
	}
	for name, want := range contents {
		got, err := fs.ReadFile(fsys, name)
		if name != "fixed.img" && name != "tiny.img" && len(got) > len(want) {
			if len(bytes.Trim(got[len(want):], "\xFF")) > 0 {
				t.Errorf("%s: ends with something", name)
			}
			got = got[:len(want)]
		}
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func TestFeatures(t *testing.T) {
	for _, args := range features {
		t.Run(strings.Join(args, "_"), func(t *testing.T) {
			fsys := treetest.Load(t, Format(), ubinize(t, args...))
			check(t, fsys)
			if n, bad := treetest.Checks(t, fsys); n != 3 || len(bad) > 0 { // headers and two static volumes
				t.Errorf("%d checksums match, %v", n, bad)
			}
		})
	}
}

func TestFS(t *testing.T) {
	fsys := treetest.Load(t, Format(), ubinize(t, features[0]...))
	if err := fstest.TestFS(fsys, "rootfs.ubifs", "data.img", "fixed.img"); err != nil {
		t.Error(err)
	}
	raw := ubinize(t, features[0]...)
	info, err := fs.Lstat(treetest.Load(t, Format(), raw), "tiny.img")
	if err != nil {
		t.Fatal(err)
	}
	if at := info.Sys().(*image.Attr).Offset; at < 0 || string(raw[at:at+4]) != "tiny" {
		t.Errorf("offset %d", at)
	}
}

// TestSpare reads dumps with the spare bytes left between the pages.
func TestSpare(t *testing.T) {
	for k, l := range []layout{{2048, 64}, {4096, 224}, {512, 16}, {2048, 128}} {
		raw := ubinize(t, [][]string{features[0], features[4], features[2], features[1]}[k]...)
		var dump []byte
		for page := range slices.Chunk(raw, int(l.page)) {
			dump = append(append(dump, page...), bytes.Repeat([]byte{0xFF, 0xFF, 0x5A, 0xFF}, int(l.spare/4))...)
		}
		check(t, treetest.Load(t, Format(), dump))
	}
}

// TestSamples opens an image made by others, which holds UBIFS.
func TestSamples(t *testing.T) {
	dir := corpustest.Dir(t, "trees", "formats")
	fsys := treetest.Load(t, Format(), treetest.BytesOf(t, filepath.Join(dir, "ubi", "ubi.img")))
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil || len(entries) != 1 || !strings.HasSuffix(entries[0].Name(), ".ubifs") {
		t.Fatalf("%v, %v", entries, err)
	}
	if n, bad := treetest.Checks(t, fsys); n < 1 || len(bad) > 0 {
		t.Errorf("%d, %v", n, bad)
	}
	if gaps := fsys.(image.Gapper).Gaps(); len(gaps) > 0 {
		t.Error(gaps)
	}
}

// blocks are the parts of an image, for what a flash in use has.
type blocks struct {
	raw  []byte
	size int
}

func (b *blocks) at(k int) []byte { return b.raw[k*b.size:][:b.size] }

// add appends a copy of a block and returns it.
func (b *blocks) add(k int) []byte {
	b.raw = append(b.raw, bytes.Clone(b.at(k))...)
	return b.at(len(b.raw)/b.size - 1)
}

// find returns the block that holds a logical block.
func (b *blocks) find(t testing.TB, volume, lnum uint32) int {
	for k := range len(b.raw) / b.size {
		if h, ok := parseVID(b.at(k)[2048:]); ok && h.volume == volume && h.lnum == lnum {
			return k
		}
	}
	t.Fatalf("no block %d of volume %d", lnum, volume)
	return 0
}

// vid changes a word of the volume header of a block and makes its checksum.
func vid(block []byte, off int, value uint32) {
	h := block[2048 : 2048+headerSize]
	binary.BigEndian.PutUint32(h[off:], value)
	binary.BigEndian.PutUint32(h[60:], crc(h[:60]))
}

const (
	flagsWord  = 4
	volumeWord = 8
	lnumWord   = 12
	sqnumWord  = 44
)

// TestInUse reads a flash in use: bad and erased blocks, blocks of which there are several, copies begun and not finished.
func TestInUse(t *testing.T) {
	b := &blocks{ubinize(t, features[0]...), 128 << 10}
	old := b.find(t, 0, 1)
	was := bytes.Clone(b.at(old)[4096:])
	b.raw = slices.Concat(bytes.Repeat([]byte{0xFF}, b.size), b.raw) // a first block that is erased
	b.raw = append(b.raw, bytes.Repeat([]byte{0xFF}, b.size)...)
	old++
	next := b.add(old)
	vid(next, sqnumWord, 5)
	copy(next[4096:], "newer")
	torn := b.add(old)
	copy(torn[4096:], "torn") // its checksum is none of its data
	vid(torn, sqnumWord, 9)
	vid(torn, flagsWord, 0x01010100)
	vid(torn, 20, 1000)
	fsys := treetest.Load(t, Format(), b.raw)
	got, err := fs.ReadFile(fsys, "rootfs.ubifs")
	leb := b.size - 4096
	if err != nil || !bytes.HasPrefix(got[leb:], slices.Concat([]byte("newer"), was[5:])) {
		t.Errorf("%.9q, %v", got[leb:], err)
	}
	if gaps := fsys.(image.Gapper).Gaps(); len(gaps) != 0 {
		t.Error(gaps)
	}
}

// TestMissing loses blocks of a static and of a dynamic volume and both copies of a record.
func TestMissing(t *testing.T) {
	b := &blocks{ubinize(t, features[0]...), 128 << 10}
	erase := func(k int) { copy(b.at(k), bytes.Repeat([]byte{0xFF}, b.size)) }
	erase(b.find(t, 4, 0))
	erase(b.find(t, 0, 1))
	clear(b.at(b.find(t, 5, 0))) // of what was never UBI's
	b.at(0)[4096+3*recordSize] ^= 1
	b.at(1)[4096+3*recordSize] ^= 1
	fsys := treetest.Load(t, Format(), b.raw[:len(b.raw)-1000])
	if _, err := fs.ReadFile(fsys, "fixed.img"); err == nil {
		t.Error("a static volume is read without its first block")
	}
	if got, err := fs.ReadFile(fsys, "rootfs.ubifs"); err != nil || len(bytes.Trim(got[b.size-4096:][:b.size-4096], "\xFF")) > 0 {
		t.Errorf("%d, %v", len(got), err)
	}
	if got, err := fs.ReadFile(fsys, "volume-3.img"); err != nil || !bytes.HasPrefix(got, contents["data.img"]) {
		t.Errorf("%d, %v", len(got), err)
	}
	if got := treetest.Reasons(fsys); len(got) < 5 {
		t.Errorf("%v", fsys.(image.Gapper).Gaps())
	}
	_, bad := treetest.Checks(t, fsys)
	if len(bad) < 3 {
		t.Errorf("%v", bad)
	}
}

// TestHostile has blocks far behind the end of their volume, volumes that are in no table, and blocks of another image.
func TestHostile(t *testing.T) {
	b := &blocks{ubinize(t, features[0]...), 128 << 10}
	vid(b.add(b.find(t, 3, 0)), lnumWord, 1<<31)
	vid(b.add(b.find(t, 0, 0)), lnumWord, 1<<32-1)
	for k := range 300 {
		vid(b.add(b.find(t, 0, 0)), volumeWord, uint32(1000+k))
	}
	foreign := b.add(b.find(t, 0, 0))
	binary.BigEndian.PutUint32(foreign[24:], 78)
	binary.BigEndian.PutUint32(foreign[60:], crc(foreign[:60]))
	fsys := treetest.Load(t, Format(), b.raw)
	if got, err := fs.ReadFile(fsys, "data.img"); err != nil || !bytes.HasPrefix(got, contents["data.img"]) || len(got) > 1<<20 {
		t.Errorf("%d, %v", len(got), err)
	}
	if got := treetest.Reasons(fsys); len(got) < 303 {
		t.Errorf("%v", fsys.(image.Gapper).Gaps())
	}
}

// TestChanged has Verify find a changed byte of a static volume.
func TestChanged(t *testing.T) {
	b := &blocks{ubinize(t, features[0]...), 128 << 10}
	b.at(b.find(t, 4, 1))[5000] ^= 1
	if n, bad := treetest.Checks(t, treetest.Load(t, Format(), b.raw)); n != 2 || len(bad) != 1 || bad[0].Name != "fixed.img" || bad[0].Outcome != image.Mismatched {
		t.Errorf("%d, %v", n, bad)
	}
}

// refit gives headers their checksums back, so that changes come through.
func refit(raw []byte) {
	for at := 0; at+headerSize <= len(raw); at += 512 {
		if m := binary.BigEndian.Uint32(raw[at:]); m == ecMagic || m == vidMagic {
			binary.BigEndian.PutUint32(raw[at+60:], crc(raw[at:at+60]))
		}
		if binary.BigEndian.Uint32(raw[at:]) == vidMagic && binary.BigEndian.Uint32(raw[at+8:]) == layoutVolume {
			for r := at + 512; r+recordSize <= min(len(raw), at+512+10*recordSize); r += recordSize {
				binary.BigEndian.PutUint32(raw[r+recordSize-4:], crc(raw[r:r+recordSize-4]))
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	raw := ubinize(f, "-p", "16KiB", "-m", "512")
	short := raw[:8*16<<10]
	nor := ubinize(f, "-p", "16KiB", "-m", "512", "-O", "1024")
	treetest.Fuzz(f, Format(), refit, [][]byte{short, nor[:4*16<<10], raw})
}
