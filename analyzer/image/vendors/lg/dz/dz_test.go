package dz

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/md5"
	"encoding/binary"
	"hash/crc32"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image/treetest"

	"github.com/klauspost/compress/zstd"

	"romscan/analyzer/image"
)

// piece is a chunk to pack.
type piece struct {
	part, name string
	data       []byte
	sector     uint32
	erase      uint32
	device     uint32
}

func pad(s string, n int) []byte { return append([]byte(s), make([]byte, n-len(s))...) }

func deflate(b []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func zst(b []byte) []byte {
	w, _ := zstd.NewWriter(nil)
	return w.EncodeAll(b, nil)
}

func stored(b []byte) []byte { return b }

// pack writes a DZ 2.minor with all its checksums.
func pack(minor uint32, squeeze func([]byte) []byte, pieces ...piece) []byte {
	le := binary.LittleEndian
	headers := md5.New()
	var body []byte
	for _, p := range pieces {
		z := squeeze(p.data)
		sum := md5.Sum(p.data)
		h := append([]byte("\x30\x12\x95\x78"), pad(p.part, 32)...)
		h = append(h, pad(p.name, 64)...)
		h = le.AppendUint32(le.AppendUint32(h, uint32(len(p.data))), uint32(len(z)))
		h = append(h, sum[:]...)
		if minor > 0 {
			for _, v := range []uint32{p.sector, p.erase, p.device, crc32.ChecksumIEEE(p.data), 7, 0, 0, 0} {
				h = le.AppendUint32(h, v)
			}
			h = append(h, make([]byte, 512-len(h))...)
			h[511] = 0xA5 // fields that are zero today
		}
		headers.Write(h)
		body = append(append(body, h...), z...)
	}
	h := append([]byte("\x32\x96\x18\x74"), 2, 0, 0, 0)
	h = le.AppendUint32(h, minor)
	h = append(h, 9, 0, 0, 0) // reserved, and not zero
	h = append(append(h, pad("lgg8", 32)...), pad("LMG820N00-V10f", 128)...)
	h = append(h, make([]byte, 16)...)
	h = le.AppendUint32(h, uint32(len(pieces)))
	h = headers.Sum(h)
	h = append(h, make([]byte, 512-len(h))...)
	le.PutUint32(h[308:], crc32.ChecksumIEEE(h))
	copy(h[222:], bytes.Repeat([]byte{0xFF}, 16))
	all := md5.New()
	all.Write(h)
	all.Write(body)
	copy(h[222:], all.Sum(nil))
	return append(h, body...)
}

// table is a partition table for sectors of a size: name, first and last sector.
func table(sector int, parts ...any) []byte {
	le := binary.LittleEndian
	b := make([]byte, 6*sector)
	copy(b[sector:], "EFI PART")
	le.PutUint64(b[sector+72:], 2)
	le.PutUint32(b[sector+80:], uint32(len(parts)/3))
	le.PutUint32(b[sector+84:], 128)
	for i := 0; i < len(parts); i += 3 {
		e := b[2*sector+128*i/3:]
		e[0] = 1
		le.PutUint64(e[32:], uint64(parts[i+1].(int)))
		le.PutUint64(e[40:], uint64(parts[i+2].(int)))
		for j, c := range parts[i].(string) {
			e[56+2*j] = byte(c)
		}
	}
	return b
}

func noise(n int, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32()) & 0x1F
	}
	return b
}

func gaps(fsys fs.FS) []*image.Error { return fsys.(image.Gapper).Gaps() }

func checks(fsys fs.FS) map[string]image.Check {
	out := map[string]image.Check{}
	fsys.(image.Verifier).Verify(context.Background(), func(c image.Check) bool {
		out[c.Name+" "+c.What] = c
		return true
	})
	return out
}

// phone is a file for sectors of 4096 bytes: a system of two chunks with a hole between, in a partition that
// begins a sector before the first of them, and a device of its own with another partition table.
func phone(squeeze func([]byte) []byte) (img, system []byte) {
	a, c := noise(3*4096, 1), noise(5000, 2)
	system = make([]byte, 20*4096)
	copy(system[4096:], a)
	copy(system[10*4096:], c)
	img = pack(1, squeeze,
		piece{"PrimaryGPT", "PrimaryGPT_0.bin", table(4096, "system", 99, 118), 0, 6, 0},
		piece{"system", "system_100.bin", a, 100, 9, 0},
		piece{"system", "system_109.bin", c, 109, 40, 0}, // erases more than the partition has
		piece{"PrimaryGPT", "PrimaryGPT_0.bin", table(4096), 0, 6, 1},
		piece{"modem", "modem_6.bin", []byte("radio"), 6, 2, 1},
	)
	return img, system
}

func TestPartitions(t *testing.T) {
	for name, squeeze := range map[string]func([]byte) []byte{"zlib": deflate, "zstd": zst, "stored": stored} {
		img, system := phone(squeeze)
		fsys := treetest.Load(t, Format(), img)
		if err := fstest.TestFS(fsys, "PrimaryGPT.img", "PrimaryGPT.img.2", "system.img", "modem.img"); err != nil {
			t.Fatal(err)
		}
		got, err := fs.ReadFile(fsys, "system.img")
		if err != nil || !bytes.Equal(got, system) {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(system), err)
		}
		if got, err = fs.ReadFile(fsys, "modem.img"); err != nil || len(got) != 8192 || string(got[:6]) != "radio\x00" {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if g := gaps(fsys); len(g) != 0 {
			t.Errorf("%s: %v", name, g)
		}
		all := checks(fsys)
		for what, c := range all {
			if c.Outcome != image.Matched {
				t.Errorf("%s: %s: %+v", name, what, c)
			}
		}
		if len(all) != 11 {
			t.Errorf("%s: %d comparisons", name, len(all))
		}
	}
}

// TestWithoutTable: of 512 and 4096, the sector size is the one with which data does not reach behind what is
// erased; and the old version has no addresses at all.
func TestWithoutTable(t *testing.T) {
	a, b := noise(1024, 1), noise(700, 2)
	small := treetest.Load(t, Format(), pack(1, deflate, piece{"x", "x_8.bin", a, 8, 2, 0}, piece{"x", "x_16.bin", b, 16, 2, 0}))
	large := treetest.Load(t, Format(), pack(1, deflate, piece{"x", "x_8.bin", a, 8, 1, 0}, piece{"x", "x_16.bin", b, 16, 1, 0}))
	old := treetest.Load(t, Format(), pack(0, deflate, piece{"x", "x_8.bin", a, 8, 1, 0}, piece{"x", "x_16.bin", b, 16, 1, 0}))
	for i, c := range []struct {
		fsys       fs.FS
		size, next int
	}{{small, 10 * 512, 8 * 512}, {large, 9 * 4096, 8 * 4096}, {old, 1724, 1024}} {
		got, err := fs.ReadFile(c.fsys, "x.img")
		if err != nil || len(got) != c.size || !bytes.Equal(got[:1024], a) || !bytes.Equal(got[c.next:c.next+700], b) || len(gaps(c.fsys)) != 0 {
			t.Errorf("%d: %d bytes, %v, %v", i, len(got), err, gaps(c.fsys))
		}
		for what, k := range checks(c.fsys) {
			if k.Outcome != image.Matched {
				t.Errorf("%d: %s: %+v", i, what, k)
			}
		}
	}
}

func TestConcurrentReads(t *testing.T) {
	img, system := phone(zst)
	f, err := treetest.Load(t, Format(), img).Open("system.img")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			b := make([]byte, 9000)
			for off := int64(i * 100); off < int64(len(system)); off += 8999 {
				n, err := f.(io.ReaderAt).ReadAt(b, off)
				if err != nil && err != io.EOF || !bytes.Equal(b[:n], system[off:off+int64(n)]) {
					t.Errorf("%d bytes at %d: %v", n, off, err)
				}
			}
		})
	}
	wg.Wait()
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestDamage(t *testing.T) {
	img, _ := phone(stored)
	at := bytes.Index(img, noise(5000, 2))
	bad := bytes.Clone(img)
	bad[at+3] ^= 1
	fsys := treetest.Load(t, Format(), bad)
	all := checks(fsys)
	for what, want := range map[string]image.Outcome{
		"system.img chunk md5": image.Mismatched, "system.img chunk crc32": image.Unverified, "modem.img chunk md5": image.Matched,
		" data md5": image.Mismatched, " chunk headers md5": image.Matched,
	} {
		if all[what].Outcome != want {
			t.Errorf("%s: %+v", what, all[what])
		}
	}
	if !strings.Contains(all["system.img chunk md5"].Detail, "system_109.bin") {
		t.Error(all["system.img chunk md5"])
	}

	bad = bytes.Clone(img)
	bad[20] ^= 1 // the device
	bad[512+200] ^= 1
	if g := gaps(treetest.Load(t, Format(), bad)); len(g) != 2 || !strings.Contains(g[0].Detail, "CRC32 of the header") || !strings.Contains(g[1].Detail, "MD5 of the chunks' headers") {
		t.Error(g)
	}

	twice := treetest.Load(t, Format(), pack(1, deflate, piece{"x", "x_8.bin", noise(1024, 1), 8, 2, 0}, piece{"x", "x_9.bin", []byte("over"), 9, 1, 0}))
	if g := gaps(twice); len(g) != 1 || g[0].Reason != image.Malformed {
		t.Errorf("one chunk over another: %v", g)
	}
	if got, err := fs.ReadFile(twice, "x_9.bin"); string(got) != "over" {
		t.Errorf("one chunk over another: %q, %v", got, err)
	}
}

func TestCut(t *testing.T) {
	img, system := phone(deflate)
	second := bytes.Index(img, pad("system_109.bin", 64)) // in the header of the chunk that completes the system
	for n := 512; n < len(img); n += 301 {
		fsys := treetest.Load(t, Format(), img[:n])
		g := gaps(fsys)
		if len(g) == 0 || !slices.ContainsFunc(g, func(e *image.Error) bool { return e.Reason == image.Truncated }) {
			t.Fatalf("cut at %d: %v", n, g)
		}
		if got, err := fs.ReadFile(fsys, "modem.img"); err == nil {
			t.Fatalf("cut at %d: modem of %d bytes", n, len(got))
		}
		if f, err := fsys.Open("system.img"); err == nil && n > second-512 {
			b := make([]byte, 2*4096)
			if _, err := f.(io.ReaderAt).ReadAt(b, 4096); err != nil || !bytes.Equal(b, system[4096:3*4096]) {
				t.Fatalf("cut at %d: %v", n, err)
			}
			f.Close()
		}
		checks(fsys)
	}
}

func FuzzDZ(f *testing.F) {
	img, _ := phone(deflate)
	f.Add(img)
	f.Add(pack(0, zst, piece{"x", "x_8.bin", []byte("abc"), 8, 1, 0}))
	treetest.FuzzOpen(f, Format())
}
