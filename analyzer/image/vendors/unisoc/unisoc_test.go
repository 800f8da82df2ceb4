package unisoc

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf16"

	"romscan/analyzer/image/treetest"

	"romscan/analyzer/image"
)

type item struct {
	id, file string
	data     []byte
}

// utf16le pads to n units.
func utf16le(s string, n int) []byte {
	b := make([]byte, 2*n)
	for i, u := range utf16.Encode([]rune(s)) {
		binary.LittleEndian.PutUint16(b[2*i:], u)
	}
	return b
}

// arc is the checksum bit by bit, most significant bit first on mirrored bytes, as the reader does not compute it.
func arc(p []byte) uint16 {
	mirror := func(v uint32, n int) (m uint32) {
		for i := range n {
			m |= v >> i & 1 << (n - 1 - i)
		}
		return m
	}
	var crc uint32
	for _, b := range p {
		crc ^= mirror(uint32(b), 8) << 8
		for range 8 {
			if crc <<= 1; crc&0x10000 != 0 {
				crc ^= 0x18005
			}
		}
	}
	return uint16(mirror(crc, 16))
}

// pack lays the container out as SPD's packer does: header, entries, data. Data of entries at far lie that
// much further than where they are.
func pack(version string, items ...item) []byte {
	le := binary.LittleEndian
	off := 2124 + 2580*len(items)
	var table, data []byte
	for _, it := range items {
		at := off + len(data)
		if it.data == nil {
			at = 0
		}
		e := le.AppendUint32(nil, 2580)
		e = append(e, utf16le(it.id, 256)...)
		e = append(e, utf16le(it.file, 256)...)
		e = append(e, utf16le("", 252)...)
		for _, v := range []int{0, 0, len(it.data), 1, 1, at, 0, 1, 0x80000000, 0, 0, 0, 0} {
			e = le.AppendUint32(e, uint32(v))
		}
		table = append(append(table, e...), make([]byte, 2580-len(e))...)
		data = append(data, it.data...)
	}
	body := append(table, data...)
	h := utf16le(version, 22)
	h = le.AppendUint32(h, 0)
	h = le.AppendUint32(h, uint32(2124+len(body)))
	h = append(h, utf16le("ums9230_1h10", 256)...)
	h = append(h, utf16le("MOCORTM_22A", 256)...)
	h = le.AppendUint32(h, uint32(len(items)))
	h = le.AppendUint32(h, 2124)
	h = append(h, make([]byte, 20+200+12+800)...)
	h = le.AppendUint32(h, 0xFFFAFFFA)
	h = le.AppendUint16(h, arc(h))
	h = le.AppendUint16(h, arc(body))
	return append(h, body...)
}

func noise(n int, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func sample(version string) ([]byte, []byte) {
	system := noise(5000, 1)
	return pack(version, item{"FDL", "fdl1-sign.bin", noise(100, 2)}, item{"System", "system.img", system},
		item{"FLASH", "", nil}, item{"NV", "Größe.bin", noise(10, 3)}, item{"NV2", "system.img", noise(11, 3)}, item{"PARTITIONS", "", []byte("<x/>")}), system
}

func gaps(fsys fs.FS) []*image.Error { return fsys.(image.Gapper).Gaps() }

func checksOf(fsys fs.FS) map[string]image.Check {
	out := map[string]image.Check{}
	fsys.(image.Verifier).Verify(context.Background(), func(c image.Check) bool {
		out[c.Name+c.What] = c
		return true
	})
	return out
}

func TestKnownSum(t *testing.T) {
	c := new(crc16)
	c.Write([]byte("123456789"))
	if *c != 0xBB3D || arc([]byte("123456789")) != 0xBB3D { // the check value of CRC-16/ARC
		t.Errorf("%04x", *c)
	}
}

func TestBothVersions(t *testing.T) {
	for _, version := range []string{"BP_R1.0.0", "BP_R2.0.1", ""} {
		img, system := sample(version)
		fsys := treetest.Load(t, Format(), img)
		if err := fstest.TestFS(fsys, "fdl1-sign.bin", "system.img", "system.img.2", "Größe.bin", "PARTITIONS"); err != nil {
			t.Fatal(err)
		}
		got, err := fs.ReadFile(fsys, "system.img")
		if err != nil || !bytes.Equal(got, system) {
			t.Errorf("%s: %d bytes, %v", version, len(got), err)
		}
		if g := gaps(fsys); len(g) != 0 {
			t.Errorf("%s: %v", version, g)
		}
		all := checksOf(fsys)
		for name, c := range all {
			if c.Outcome != image.Matched {
				t.Errorf("%s: %s: %+v", version, name, c)
			}
		}
		if len(all) != 2 {
			t.Errorf("%s: %v", version, all)
		}
	}
}

// far is an image of which only the beginning is kept; the rest reads as the byte of its offset in GiB.
type far struct {
	head []byte
	size int64
}

func (f far) ReadAt(p []byte, off int64) (int, error) {
	for i := range p {
		at := off + int64(i)
		switch {
		case at >= f.size:
			return i, io.EOF
		case at < int64(len(f.head)):
			p[i] = f.head[at]
		default:
			p[i] = byte(at >> 30)
		}
	}
	return len(p), nil
}

// TestAbove4GiB: a partition of 5 GiB that begins behind 4 GiB, as only BP_R2.0.1 can say.
func TestAbove4GiB(t *testing.T) {
	img := pack("BP_R2.0.1", item{"Super", "super.img", noise(4, 1)})
	le := binary.LittleEndian
	const off, length = 9 << 29, 5 << 30
	total := int64(off + length)
	e := img[2124:]
	le.PutUint32(e[1532:], uint32(length>>32))
	le.PutUint32(e[1536:], uint32(int64(off)>>32))
	le.PutUint32(e[1540:], uint32(length&0xFFFFFFFF))
	le.PutUint32(e[1552:], uint32(off&0xFFFFFFFF))
	le.PutUint32(img[44:], uint32(total>>32))
	le.PutUint32(img[48:], uint32(total))
	le.PutUint16(img[2120:], arc(img[:2120]))
	r := far{img[:2124+2580], total}
	fsys, err := open(r, total, image.NewBudget(image.DefaultLimits()))
	if err != nil {
		t.Fatal(err)
	}
	if g := gaps(fsys); len(g) != 0 {
		t.Error(g)
	}
	f, err := fsys.Open("super.img")
	if err != nil {
		t.Fatal(err)
	}
	info, _ := f.Stat()
	b := make([]byte, 1)
	if _, err := f.(io.ReaderAt).ReadAt(b, length-1); err != nil || info.Size() != length || b[0] != byte((total-1)>>30) {
		t.Errorf("%d bytes, the last %d, %v", info.Size(), b[0], err)
	}
}

func TestDamage(t *testing.T) {
	img, system := sample("BP_R1.0.0")
	bad := bytes.Clone(img)
	bad[bytes.Index(img, system)] ^= 1
	fsys := treetest.Load(t, Format(), bad)
	if c := checksOf(fsys)["data crc16"]; c.Outcome != image.Mismatched || len(gaps(fsys)) != 0 {
		t.Errorf("data: %+v", c)
	}
	bad = bytes.Clone(img)
	bad[60] ^= 1
	fsys = treetest.Load(t, Format(), bad)
	if g := gaps(fsys); len(g) != 1 || !strings.Contains(g[0].Detail, "CRC16") {
		t.Errorf("header: %v", g)
	}
	if c := checksOf(fsys)["header crc16"]; c.Outcome != image.Mismatched {
		t.Errorf("header: %+v", c)
	}
}

func TestCut(t *testing.T) {
	img, system := sample("BP_R1.0.0")
	end := bytes.Index(img, system) + len(system)
	for n := headerSize; n < len(img); n += 101 {
		fsys := treetest.Load(t, Format(), img[:n])
		g := gaps(fsys)
		if len(g) == 0 || g[0].Reason != image.Truncated {
			t.Fatalf("cut at %d: %v", n, g)
		}
		if got, err := fs.ReadFile(fsys, "system.img"); (err == nil) != (n >= end) || err == nil && !bytes.Equal(got, system) {
			t.Fatalf("cut at %d: %d bytes, %v", n, len(got), err)
		}
	}
}

func FuzzUnisoc(f *testing.F) {
	img, _ := sample("BP_R2.0.1")
	f.Add(img)
	f.Add(pack("BP_R1.0.0", item{"a", "b", []byte{1}}))
	treetest.FuzzOpen(f, Format())
}
