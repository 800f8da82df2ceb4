package huawei

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
)

// item is an entry to pack.
type item struct {
	name  string
	block uint16
	data  []byte
}

// x25 is the checksum bit by bit, as the reader does not compute it.
func x25(p []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, b := range p {
		for i := range 8 {
			bit := (crc ^ uint16(b)>>i) & 1
			crc >>= 1
			if bit == 1 {
				crc ^= 0x8408
			}
		}
	}
	return crc ^ 0xFFFF
}

func packEntry(it item) []byte {
	var table []byte
	for p := range slices.Chunk(it.data, int(it.block)) {
		table = binary.LittleEndian.AppendUint16(table, x25(p))
	}
	h := append([]byte{0x55, 0xAA, 0x5A, 0xA5}, binary.LittleEndian.AppendUint32(nil, uint32(98+len(table)))...)
	h = append(h, 1, 0, 0, 0)
	h = append(h, "HW7x27\xFF\xFF\x01\x02\x03\x04"...)
	h = binary.LittleEndian.AppendUint32(h, uint32(len(it.data)))
	for _, s := range []string{"2024.06.08", "01.38.19", it.name, ""} {
		h = append(h, append([]byte(s), make([]byte, 16-len(s))...)...)
	}
	h = append(h, 0, 0, byte(it.block), byte(it.block>>8), 0, 0)
	binary.LittleEndian.PutUint16(h[92:], x25(h))
	out := append(append(h, table...), it.data...)
	for len(out)%4 != 0 {
		out = append(out, 0)
	}
	return out
}

func pack(preamble int, items ...item) []byte {
	out := make([]byte, preamble)
	for _, it := range items {
		out = append(out, packEntry(it)...)
	}
	return out
}

func noise(n int, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func mount(t *testing.T, img []byte) fs.FS {
	t.Helper()
	r := bytes.NewReader(img)
	if !sniff(r, int64(len(img))) {
		t.Fatal("not recognised")
	}
	fsys, err := open(r, int64(len(img)), image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

func gaps(fsys fs.FS) []*image.Error { return fsys.(image.Gapper).Gaps() }

func names(t *testing.T, fsys fs.FS) []string {
	t.Helper()
	list, err := fs.ReadDir(fsys, ".")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range list {
		out = append(out, d.Name())
	}
	return out
}

func checks(fsys fs.FS) map[string]image.Check {
	out := map[string]image.Check{}
	fsys.(image.Verifier).Verify(context.Background(), func(c image.Check) bool {
		out[c.Name+" "+c.What] = c
		return true
	})
	return out
}

func TestEntries(t *testing.T) {
	system, boot := noise(10001, 1), noise(4096, 2)
	for _, preamble := range []int{92, 0, 1000} {
		fsys := mount(t, pack(preamble, item{"SYSTEM", 4096, system}, item{"BOOT", 4096, boot}, item{"hw_product", 512, noise(700, 3)}, item{"EMPTY", 4096, nil}))
		if err := fstest.TestFS(fsys, "system.img", "boot.img", "hw_product.img", "empty.img"); err != nil {
			t.Fatal(err)
		}
		got, err := fs.ReadFile(fsys, "system.img")
		if err != nil || !bytes.Equal(got, system) {
			t.Errorf("system: %d bytes, %v", len(got), err)
		}
		if g := gaps(fsys); len(g) != 0 {
			t.Error(g)
		}
		all := checks(fsys)
		if len(all) != 7 {
			t.Errorf("%d comparisons: %v", len(all), all)
		}
		for name, c := range all {
			if c.Outcome != image.Matched {
				t.Errorf("%s: %+v", name, c)
			}
		}
	}
}

// TestPublishedHeader reads the header of a T-Mobile Pulse, as a forum prints it, and the checksum of its blocks
// of zeros.
func TestPublishedHeader(t *testing.T) {
	raw, err := hex.DecodeString("55aa5aa5f800000001000000" + "48575538323230ff" + "000000f2" + "00b00400" +
		"323031302e30342e3139000000000000" + "31342e35302e35300000000000000000" +
		"494e5055540000000000000000000000" + strings.Repeat("00", 16) + "d2b7" + "0010" + "0000")
	if err != nil {
		t.Fatal(err)
	}
	e := parse(raw, 0)
	if e.stated != e.found || e.name != "input" || e.size != 0x4b000 || e.block != 4096 || e.header != headerSize+2*e.blocks() {
		t.Errorf("%+v", e)
	}
	var sum crc16
	sum.Write(make([]byte, 4096))
	if sum.value() != 0x0408 {
		t.Errorf("4096 zeros: %04x", sum.value())
	}
}

// TestOneNameTwice: a continuation is numbered for the sparse format, an image of its own is kept apart.
func TestOneNameTwice(t *testing.T) {
	super, sparse, rest := noise(2<<20, 1), noise(2<<20, 2), noise(1<<20, 3)
	copy(super[4096:], "gDla")
	copy(sparse, "\x3A\xFF\x26\xED")
	for _, c := range []struct {
		title string
		items []item
		want  []string
	}{
		{"raw and its continuation", []item{{"SUPER", 4096, super}, {"SUPER", 4096, rest}, {"X", 4096, nil}}, []string{"super.img.0", "super.img.1", "x.img"}},
		{"two sparse pieces", []item{{"SUPER", 4096, sparse}, {"SUPER", 4096, sparse}}, []string{"super.img.0", "super.img.1"}},
		{"two images", []item{{"SUPER", 4096, super}, {"SUPER", 4096, super}}, []string{"super.img", "super.img.2"}},
		{"sparse and raw", []item{{"SUPER", 4096, sparse}, {"SUPER", 4096, super}}, []string{"super.img", "super.img.2"}},
		{"small ones", []item{{"CRC", 512, rest[:5]}, {"CRC", 512, rest[:6]}}, []string{"crc.img", "crc.img.2"}},
		{"2009", []item{{"INPUT", 4096, rest}, {"INPUT", 4096, rest}}, []string{"input.img", "input.img.2"}},
	} {
		if got := names(t, mount(t, pack(92, c.items...))); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", c.title, got)
		}
	}
}

func TestDamage(t *testing.T) {
	system := noise(3*4096+5, 1)
	img := pack(92, item{"BOOT", 4096, noise(100, 2)}, item{"SYSTEM", 4096, system})
	at := bytes.Index(img, system)

	bad := bytes.Clone(img)
	bad[at+5000] ^= 1
	if c := checks(mount(t, bad))["system.img block crc16"]; c.Outcome != image.Mismatched || c.Offset != int64(at+4096) || !strings.Contains(c.Detail, "1 of 4 blocks") {
		t.Errorf("a flipped bit: %+v", c)
	}

	bad = bytes.Clone(img)
	bad[92+28]++ // the date
	fsys := mount(t, bad)
	if g := gaps(fsys); len(g) != 1 || g[0].Reason != image.Malformed || g[0].Offset != 92+92 {
		t.Errorf("a changed header: %v", g)
	}
	if c := checks(fsys)["boot.img header crc16"]; c.Outcome != image.Mismatched {
		t.Errorf("a changed header: %+v", c)
	}

	between := slices.Concat(img[:92], packEntry(item{"A", 512, noise(9, 1)}), []byte("extra---"), packEntry(item{"B", 512, noise(9, 1)}), make([]byte, 50))
	fsys = mount(t, between)
	if got := names(t, fsys); !slices.Equal(got, []string{"a.img", "b.img"}) {
		t.Errorf("bytes between: %v", got)
	}
	if g := gaps(fsys); len(g) != 1 || !strings.Contains(g[0].Detail, "8 bytes between") {
		t.Errorf("bytes between: %v", g)
	}
}

// TestCut: what lies before the cut is read, and the cut is told.
func TestCut(t *testing.T) {
	boot, system := noise(4096, 2), noise(10000, 1)
	img := pack(92, item{"BOOT", 4096, boot}, item{"SYSTEM", 4096, system})
	for n := 92 + headerSize + 2 + 1; n < len(img); n += 97 {
		fsys := mount(t, img[:n])
		g := gaps(fsys)
		whole := 92 + headerSize + 2 + len(boot) // ends a multiple of four
		if n == whole && len(g) == 0 {
			continue
		}
		if len(g) != 1 || g[0].Reason != image.Truncated {
			t.Fatalf("cut at %d: %v", n, g)
		}
		got, err := fs.ReadFile(fsys, "boot.img")
		if n >= whole && (err != nil || !bytes.Equal(got, boot)) || n < whole && err == nil {
			t.Fatalf("cut at %d: boot of %d bytes, %v", n, len(got), err)
		}
	}
}

func FuzzHuawei(f *testing.F) {
	f.Add(pack(92, item{"BOOT", 512, noise(700, 1)}, item{"SYSTEM", 4096, noise(100, 1)}))
	f.Add(pack(92, item{"A", 1, []byte("abc")}))
	f.Fuzz(func(t *testing.T, img []byte) {
		fsys, err := open(bytes.NewReader(img), int64(len(img)), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			return
		}
		exercise(t, fsys)
	})
}

// exercise reads a little of every file and makes all comparisons.
func exercise(t *testing.T, fsys fs.FS) {
	buf := make([]byte, 4096)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		h, err := fsys.Open(name)
		if err == nil {
			h.(io.ReaderAt).ReadAt(buf, 1)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	checks(fsys)
}
