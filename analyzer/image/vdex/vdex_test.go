package vdex

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/adler32"
	"io"
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"

	"romscan/analyzer/image"
)

func le16(b []byte, list ...uint16) []byte {
	for _, v := range list {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	return b
}

func le32(b []byte, list ...uint32) []byte {
	for _, v := range list {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

// The two methods of the DEX that the tests make, as they were and as the compiler leaves them: a field access, a cast, a
// nop, a return; a call, a switch and its payload.
var (
	bodyA      = []uint16{0x1052, 5, 0x021f, 9, 0, 0x000e}
	bodyAQuick = []uint16{0x10e3, 8, 0, 0, 0, 0x0073}
	bodyB      = []uint16{0x106e, 3, 1, 0x002b, 3, 0, 0x0100, 0, 0, 0, 0x000e}
	bodyBQuick = []uint16{0x10e9, 0x44, 1, 0x002b, 3, 0, 0x0100, 0, 0, 0, 0x000e}
)

const itemA, itemB = 0xa0, 0xbc

// dexOf is a DEX of one class with two methods.
func dexOf(a, b []uint16) []byte {
	d := make([]byte, 0x90)
	copy(d, "dex\n037\x00")
	binary.LittleEndian.PutUint32(d[96:], 1)
	binary.LittleEndian.PutUint32(d[100:], 0x70)
	binary.LittleEndian.PutUint32(d[0x70+24:], 0x90)
	// a static field, a direct method 0 and a virtual method 17
	d = append(d, 1, 0, 1, 1, 0, 0, 0, 0, 0xa0, 0x01, 17, 0, 0xbc, 0x01)
	for i, units := range [][]uint16{a, b} {
		d = append(d, make([]byte, []int{itemA, itemB}[i]-len(d))...)
		d = append(d, make([]byte, 12)...)
		d = le16(le32(d, uint32(len(units))), units...)
	}
	d = append(d, 0, 0) // to four bytes
	binary.LittleEndian.PutUint32(d[32:], uint32(len(d)))
	return d
}

// pairOf returns the original and the rewritten DEX, which keeps the checksum.
func pairOf() (plain, quick []byte) {
	plain, quick = dexOf(bodyA, bodyB), dexOf(bodyAQuick, bodyBQuick)
	binary.LittleEndian.PutUint32(plain[8:], adler32.Checksum(plain[12:]))
	copy(quick[8:12], plain[8:12])
	return plain, quick
}

func quick006() []byte {
	b := append(le32(nil, 6), 0, 5, 2, 2, 2, 9) // address and index of each, the cast twice
	return append(le32(b, 2), 0, 3)
}

var (
	indicesA = []uint16{5, 2, 9, noIndex} // the nop that was one
	indicesB = []uint16{3, noIndex}       // the payload of the switch
)

// made is a vdex of a version with the rewritten DEX twice.
func made(version int) []byte {
	_, quick := pairOf()
	size := uint32(len(quick))
	switch version {
	case 6:
		q := append(quick006(), quick006()...)
		b := le32([]byte("vdex006\x00"), 2, 2*size, 4, uint32(len(q)), 77, 78)
		return slices.Concat(b, quick, quick, []byte("deps"), q)
	case 10:
		q := le16(le32(nil, 8), indicesA...)
		at := uint32(len(q))
		q = le16(le32(q, 4), indicesB...)
		table := uint32(len(q))
		for range 2 {
			q = le32(q, itemA, 0, itemB, at)
		}
		q = le32(q, table, table+16)
		b := le32([]byte("vdex010\x00"), 2, 2*size, 4, uint32(len(q)), 77, 78)
		return slices.Concat(b, quick, quick, []byte("deps"), q)
	case 19, 21:
		q := le16([]byte{4}, indicesA...)     // at 0, which the table calls 1
		q = le16(append(q, 2), indicesB...)   // at 9
		q = append(q, 0)                      // to align
		from := uint32(len(q))                // the compact table: least offset, where the blocks are named
		q = le32(q, 1, 8)                     // then blocks of sixteen methods
		q = append(q, 0, 1, 0, 0, 2, 9, 0, 0) // method 0: 1+0; method 17: 1+9
		q = le32(q, 0, 3)                     // where the blocks are
		b := []byte("vdex019\x00002\x00")
		head := []uint32{2, 4}
		if version == 21 {
			copy(b[5:], "21")
			head = append(head, 3, 5)
		}
		b = le32(b, append(head, 77, 78, 2*(size+4), 0, uint32(len(q)))...)
		return slices.Concat(b, le32(nil, from), quick, le32(nil, from), quick, []byte("deps"), q)
	}
	plain, _ := pairOf() // sections: nothing is rewritten
	const from = 12 + 12*2
	b := le32([]byte("vdex027\x00"), 2, kindChecksums, from, 8, kindDex, from+8, 2*size, 77, 78)
	return slices.Concat(b, plain, plain)
}

func load(raw []byte) (fs.FS, error) {
	return Format().Open(bytes.NewReader(raw), int64(len(raw)), image.NewBudget(image.DefaultLimits()))
}

func gaps(fsys fs.FS) []*image.Error { return fsys.(image.Gapper).Gaps() }

// TestMade: whatever the version, both DEX files are shown as they were before the compiler rewrote them.
func TestMade(t *testing.T) {
	plain, _ := pairOf()
	for _, version := range []int{6, 10, 19, 21, 27} {
		raw := made(version)
		if !Format().Sniff(bytes.NewReader(raw), int64(len(raw))) {
			t.Errorf("%03d is not recognised", version)
		}
		fsys, err := load(raw)
		if err != nil {
			t.Fatal(err)
		}
		if len(gaps(fsys)) > 0 {
			t.Errorf("%03d: %v", version, gaps(fsys))
		}
		if err := fstest.TestFS(fsys, "classes.dex", "classes2.dex"); err != nil {
			t.Error(err)
		}
		for _, name := range []string{"classes.dex", "classes2.dex"} {
			got, err := fs.ReadFile(fsys, name)
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%03d %s: %v\n%x, want\n%x", version, name, err, got[itemA:], plain[itemA:])
			}
		}
		n := 0
		fsys.(image.Verifier).Verify(context.Background(), func(c image.Check) bool {
			if n++; c.Outcome != image.Matched {
				t.Errorf("%03d: %+v", version, c)
			}
			return true
		})
		f, err := Parse(bytes.NewReader(raw), int64(len(raw)))
		if n != 2 || err != nil || !f.HasDex || f.Dex[1].Checksum != 78 {
			t.Errorf("%03d: %d checks, %+v, %v", version, n, f, err)
		}
	}
}

// TestReads: every read shows the same bytes, wherever it begins and ends.
func TestReads(t *testing.T) {
	plain, _ := pairOf()
	fsys, err := load(made(10))
	if err != nil {
		t.Fatal(err)
	}
	h, err := fsys.Open("classes2.dex")
	if err != nil {
		t.Fatal(err)
	}
	r := h.(io.ReaderAt)
	for from := range len(plain) {
		for _, n := range []int{1, 2, 3, 7, 400} {
			b := make([]byte, n)
			got, err := r.ReadAt(b, int64(from))
			want := plain[from:min(from+n, len(plain))]
			if !bytes.Equal(b[:got], want) || (err == io.EOF) != (got < n) {
				t.Fatalf("%d bytes at %d: %x, want %x, %v", n, from, b[:got], want, err)
			}
		}
	}
}

// TestCompactContent: a compact DEX is shown with its data behind it, and its header says where.
func TestCompactContent(t *testing.T) {
	raw := bytes.Repeat([]byte{1}, 0x300)
	d := Dex{Offset: 0x10, Size: cdexHeader + 1, Compact: true, Data: Range{0x200, 0x40}}
	c := newContent(bytes.NewReader(raw), d)
	got := make([]byte, c.size)
	if n, err := c.ReadAt(got, 0); int64(n) != c.size || err != nil {
		t.Fatal(n, err)
	}
	want := bytes.Repeat([]byte{1}, cdexHeader+1)
	binary.LittleEndian.PutUint32(want[108:], 0x90)
	want = append(append(want, make([]byte, 7)...), raw[:0x40]...)
	if !bytes.Equal(got, want) {
		t.Errorf("%x\n%x", got, want)
	}
}

// TestWithoutDex: where the DEX lie in the app nothing is listed and nothing is missing.
func TestWithoutDex(t *testing.T) {
	for _, raw := range [][]byte{
		append(le32([]byte("vdex019\x00000\x00"), 1, 4, 77), "deps"...),
		append(le32([]byte("vdex021\x00000\x00"), 1, 4, 0, 0, 77), "deps"...),
		le32([]byte("vdex027\x00"), 2, kindChecksums, 36, 4, kindDex, 0, 0, 77),
	} {
		fsys, err := load(raw)
		if err != nil {
			t.Fatal(err)
		}
		if list, _ := fs.ReadDir(fsys, "."); len(list) > 0 || len(gaps(fsys)) > 0 {
			t.Errorf("%v %v", list, gaps(fsys))
		}
	}
}

// TestSharedBody: of two methods with one body, the second has the indices.
func TestSharedBody(t *testing.T) {
	plain, quick := pairOf()
	share := func(d []byte) []byte {
		d = bytes.Clone(d)
		d[0x90+12] = itemA // of the second method, two bytes of a LEB128 number
		return d
	}
	q := append(le32(nil, 0, 6), 0, 5, 2, 2, 2, 9)
	raw := slices.Concat(le32([]byte("vdex006\x00"), 1, uint32(len(quick)), 0, uint32(len(q)), 77), share(quick), q)
	fsys, err := load(raw)
	if err != nil {
		t.Fatal(err)
	}
	got, err := fs.ReadFile(fsys, "classes.dex")
	if err != nil || len(gaps(fsys)) > 0 || !bytes.Equal(got[itemA:itemB], plain[itemA:itemB]) {
		t.Errorf("%x, %v, gaps %v", got, err, gaps(fsys))
	}
}

// TestDamage: tables that are cut, or do not fit the code, cost the instructions they are about and nothing else.
func TestDamage(t *testing.T) {
	plain, quick := pairOf()
	for _, version := range []int{6, 10, 19} {
		raw := made(version)
		fsys, err := load(raw[:len(raw)-1])
		if err != nil {
			t.Fatal(err)
		}
		if got, err := fs.ReadFile(fsys, "classes.dex"); err != nil || len(got) != len(quick) || len(gaps(fsys)) == 0 {
			t.Errorf("%03d without the end: %v, gaps %v", version, err, gaps(fsys))
		}
		whole := bytes.Index(raw, quick[:0x70])
		if fsys, err = load(raw[:whole+0xb0]); err != nil {
			t.Fatal(err)
		}
		if len(gaps(fsys)) == 0 {
			t.Errorf("%03d: half a DEX and no gap", version)
		}
	}
	raw := made(10)
	at := bytes.Index(raw, le16(le32(nil, 8), indicesA...))
	raw[at] = 2 // one index for method A, where four are to be
	fsys, err := load(raw)
	if err != nil {
		t.Fatal(err)
	}
	got, err := fs.ReadFile(fsys, "classes.dex")
	if err != nil || len(gaps(fsys)) != 2 || gaps(fsys)[0].Reason != image.Malformed {
		t.Errorf("%v, gaps %v", err, gaps(fsys))
	}
	if !bytes.Equal(got[itemB:], plain[itemB:]) {
		t.Error("the other method is not turned back")
	}
	for _, bad := range []string{"vdex000\x00", "vdex015\x00", "vdexabc\x00"} {
		if _, err := load(append([]byte(bad), make([]byte, 64)...)); err == nil {
			t.Errorf("%q opens", bad)
		}
	}
}

func FuzzVdex(f *testing.F) {
	for _, version := range []int{6, 10, 19, 21, 27} {
		f.Add(made(version))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if !Format().Sniff(bytes.NewReader(raw), int64(len(raw))) {
			return
		}
		fsys, err := load(raw)
		if err != nil {
			return
		}
		entries, _ := fs.ReadDir(fsys, ".")
		for _, e := range entries[:min(len(entries), 8)] {
			if h, err := fsys.Open(e.Name()); err == nil {
				_, _ = io.Copy(io.Discard, h)
			}
		}
		n := 0
		fsys.(image.Verifier).Verify(context.Background(), func(image.Check) bool { n++; return n < 8 })
	})
}
