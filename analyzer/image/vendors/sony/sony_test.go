package sony

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image/treetest"

	"github.com/pierrec/lz4/v4"

	"romscan/analyzer/image"
)

// block is a piece of an image at an address.
type block struct {
	at   int
	data []byte
	lz4  bool
}

var be = binary.BigEndian

// packOld writes version 1 or 2, with partition information in front as it is for most partitions.
func packOld(version, payload byte, blocks ...block) []byte {
	blocks = append([]block{{0, []byte("partition info  "), false}}, blocks...)
	var hashes, data []byte
	for _, b := range blocks {
		hashes = be.AppendUint32(hashes, uint32(b.at))
		hashes = be.AppendUint32(hashes, uint32(len(b.data)))
		if version == 1 {
			s := sha1.Sum(b.data)
			hashes = append(append(hashes, 20), s[:]...)
		} else {
			s := sha256.Sum256(b.data)
			hashes = append(append(hashes, 32), s[:]...)
		}
		data = append(data, b.data...)
	}
	h := []byte{version, 0}
	h = be.AppendUint32(h, uint32(15+len(hashes)+4+100))
	h = append(h, payload, 0x12, 0x34, 3, 0)
	h = be.AppendUint32(h, uint32(len(hashes)))
	h = append(h, hashes...)
	h = be.AppendUint32(h, 100)
	return append(append(h, make([]byte, 100)...), data...)
}

// packNew writes version 3 with a table of addresses.
func packNew(blocks ...block) []byte {
	table := append([]byte("GPTP"), 0, 0, 0, 24)
	table = append(table, make([]byte, 16)...)
	var data []byte
	for _, b := range blocks {
		sum := sha256.Sum256(b.data)
		if b.lz4 {
			z := make([]byte, lz4.CompressBlockBound(len(b.data)))
			var c lz4.Compressor
			n, err := c.CompressBlock(b.data, z)
			if err != nil || n == 0 {
				panic("does not compress")
			}
			table = append(table, "LZ4A"...)
			table = be.AppendUint32(table, 0x54)
			for _, v := range []int{len(data), len(b.data), n, b.at, len(b.data)} {
				table = be.AppendUint64(table, uint64(v))
			}
			data = append(data, z[:n]...)
		} else {
			table = append(table, "ADDR"...)
			table = be.AppendUint32(table, 0x44)
			for _, v := range []int{len(data), len(b.data), b.at} {
				table = be.AppendUint64(table, uint64(v))
			}
			data = append(data, b.data...)
		}
		table = append(be.AppendUint32(table, 2), sum[:]...)
	}
	return sign(append(be.AppendUint32([]byte("MMCF"), uint32(len(table))), table...), data)
}

// sign puts the header of version 3 in front of stretches of payload.
func sign(payload ...[]byte) []byte {
	var hashes []byte
	for _, p := range payload {
		s := sha256.Sum256(p)
		hashes = append(be.AppendUint32(hashes, uint32(len(p))), s[:]...)
	}
	h := []byte("\x03SIN")
	for _, v := range []int{24 + len(hashes) + 4 + 256, 0x27, 2, 0, len(hashes)} {
		h = be.AppendUint32(h, uint32(v))
	}
	h = append(h, hashes...)
	h = be.AppendUint32(h, 256)
	return append(append(h, make([]byte, 256)...), slices.Concat(payload...)...)
}

func noise(n int, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32()) & 0x10
	}
	return b
}

// flash writes blocks where they belong on erased flash.
func flash(blocks ...block) []byte {
	var out []byte
	for _, b := range blocks {
		for len(out) < b.at+len(b.data) {
			out = append(out, 0xFF)
		}
		copy(out[b.at:], b.data)
	}
	return out
}

func gaps(fsys fs.FS) []*image.Error { return fsys.(image.Gapper).Gaps() }

func checks(fsys fs.FS) map[string]image.Check {
	out := map[string]image.Check{}
	fsys.(image.Verifier).Verify(context.Background(), func(c image.Check) bool {
		out[c.What] = c
		return true
	})
	return out
}

var pieces = []block{{0, noise(70000, 1), true}, {200000, noise(131072, 2), false}, {331072, noise(50000, 3), true}}

func TestVersions(t *testing.T) {
	stored := slices.Clone(pieces)
	for name, c := range map[string]struct {
		img, want []byte
		checks    int
	}{
		"version 1":               {packOld(1, 9, stored...), flash(pieces...), 1},
		"version 2":               {packOld(2, 9, stored...), flash(pieces...), 1},
		"version 3":               {packNew(pieces...), flash(pieces...), 2},
		"version 3 out of order":  {packNew(pieces[2], pieces[0], pieces[1]), flash(pieces...), 2},
		"version 3 without table": {sign([]byte("\x7FELF and so on"), []byte("more")), []byte("\x7FELF and so onmore"), 1},
	} {
		fsys := treetest.Load(t, Format(), c.img)
		if err := fstest.TestFS(fsys, "image"); err != nil {
			t.Fatal(err)
		}
		got, err := fs.ReadFile(fsys, "image")
		if err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(c.want), err)
		}
		if g := gaps(fsys); len(g) != 0 {
			t.Errorf("%s: %v", name, g)
		}
		all := checks(fsys)
		for what, k := range all {
			if k.Outcome != image.Matched {
				t.Errorf("%s: %s: %+v", name, what, k)
			}
		}
		if len(all) != c.checks {
			t.Errorf("%s: %v", name, all)
		}
	}
}

// TestSpare: blocks of version 1 for NAND hold spare bytes that their addresses do not count.
func TestSpare(t *testing.T) {
	a, b := noise(131072+4096, 1), noise(131072+4096, 2)
	got, err := fs.ReadFile(treetest.Load(t, Format(), packOld(1, 0x0A, block{0, a, false}, block{131072, b, false})), "image")
	if err != nil || !bytes.Equal(got, append(slices.Clone(a), b...)) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestDamage(t *testing.T) {
	img := packNew(pieces...)
	at := bytes.Index(img, pieces[1].data)
	img[at+5] ^= 1
	all := checks(treetest.Load(t, Format(), img))
	if all["block sha256"].Outcome != image.Mismatched || all["header sha256"].Outcome != image.Mismatched {
		t.Error(all)
	}
	two := treetest.Load(t, Format(), packNew(pieces[0], block{10, []byte("over it"), false}))
	if g := gaps(two); len(g) != 1 || g[0].Reason != image.Malformed {
		t.Errorf("a block on another: %v", g)
	}
	if got, err := fs.ReadFile(two, "image"); err != nil || !bytes.Equal(got, pieces[0].data) {
		t.Errorf("a block on another: %d bytes, %v", len(got), err)
	}
}

func TestCut(t *testing.T) {
	for _, img := range [][]byte{packNew(pieces...), packOld(2, 9, pieces...)} {
		first := int64(bytes.Index(img, pieces[1].data)) // all of the first block lies before
		for n := len(img) - 1; n > 2000; n -= 4999 {
			fsys := treetest.Load(t, Format(), img[:n])
			if g := gaps(fsys); len(g) == 0 || g[0].Reason != image.Truncated {
				t.Fatalf("cut at %d: %v", n, g)
			}
			b := make([]byte, len(pieces[0].data))
			f, _ := fsys.Open("image")
			_, err := f.(io.ReaderAt).ReadAt(b, 0)
			if (err == nil) != (int64(n) >= first) || err == nil && !bytes.Equal(b, pieces[0].data) {
				t.Fatalf("cut at %d: %v", n, err)
			}
			if _, err := fs.ReadFile(fsys, "image"); err == nil {
				t.Fatalf("cut at %d: all is read", n)
			}
		}
	}
}

func FuzzSIN(f *testing.F) {
	f.Add(packNew(block{0, noise(500, 1), true}, block{800, noise(30, 2), false}))
	f.Add(packOld(1, 0x0A, block{0, noise(50, 1), false}))
	f.Add(packOld(2, 9, block{0, noise(50, 1), false}, block{70, noise(50, 1), false}))
	limits := image.DefaultLimits()
	limits.Memory = 16 << 20
	f.Fuzz(func(t *testing.T, img []byte) {
		sniff(bytes.NewReader(img), int64(len(img)))
		fsys, err := open(bytes.NewReader(img), int64(len(img)), image.NewBudget(limits))
		if err != nil {
			return
		}
		h, err := fsys.Open("image")
		if err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 5000)
		h.(io.ReaderAt).ReadAt(buf, 1)
		if info, _ := h.Stat(); info.Size() < 64<<20 {
			checks(fsys)
		}
	})
}
