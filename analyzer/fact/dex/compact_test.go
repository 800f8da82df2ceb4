package dex

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// compacted makes a compact DEX of a standard one: header and tables again, then as its data all of the original, whose
// code items are rewritten in their places.
func compacted(t testing.TB, standard []byte) []byte {
	t.Helper()
	files, err := Open(standard)
	if err != nil {
		t.Fatal(err)
	}
	f := files[0]
	data := slices.Clone(standard)
	var d ClassData
	for i := range f.NumClasses() {
		def, _ := f.Class(i)
		if err := f.ReadClassData(def.Data, &d); err != nil {
			t.Fatal(err)
		}
		for _, m := range append(slices.Clone(d.DirectMethods), d.VirtualMethods...) {
			if m.Code == 0 {
				continue
			}
			c, err := f.Code(m.Code)
			if err != nil || c.Registers-c.Ins > 15 || c.Units() >= 1<<11 || len(c.tries) > 8 {
				t.Fatalf("a body that does not fit: %v", err)
			}
			binary.LittleEndian.PutUint16(data[m.Code:], (c.Registers-c.Ins)<<12|c.Ins<<8|c.Outs<<4|uint16(len(c.tries)/8))
			binary.LittleEndian.PutUint16(data[m.Code+2:], uint16(c.Units())<<compactFlags)
			end := c.Offset + uint32(len(c.Bytes))
			if len(c.tries) > 0 {
				end = c.handlers + 12 // more than one handler takes; its new end is not behind its old start
			}
			copy(data[m.Code+4:], standard[c.Offset:end])
		}
	}
	tables := binary.LittleEndian.Uint32(standard[108:]) // where the data begin
	out := append(make([]byte, headerCompact), standard[headerSize:tables]...)
	copy(out, standard[:headerSize])
	copy(out, compactMagic)
	word := func(off int, v uint32) { binary.LittleEndian.PutUint32(out[off:], v) }
	for off := 60; off <= 100; off += 8 {
		if v := binary.LittleEndian.Uint32(out[off:]); v != 0 {
			word(off, v+headerCompact-headerSize)
		}
	}
	word(32, uint32(len(out)))
	word(36, headerCompact)
	word(104, uint32(len(data)))
	word(108, uint32(len(out)))
	g := &File{Data: data, Size: uint32(len(out))}
	word(8, g.compactSum(append(slices.Clone(out), data...)))
	return append(out, data...)
}

// TestCompact: the same code gives the same facts, whichever way it is written.
func TestCompact(t *testing.T) {
	for _, name := range []string{"calls", "arrays"} {
		raw := compacted(t, testDex(t, name))
		if !IsDex(raw) {
			t.Error("not recognised")
		}
		want, got := analyze(testDex(t, name)), analyze(raw)
		if len(got.Gaps) > 0 || got.Facts[0].Fields.Get("note") != "" || got.Facts[0].Fields.Get("version") != "cdex001" {
			t.Errorf("%s: gaps %v, fact %v", name, got.Gaps, got.Facts[0].Fields)
		}
		if len(want.Tables) != len(got.Tables) {
			t.Fatalf("%s: %d tables, want %d", name, len(got.Tables), len(want.Tables))
		}
		for i := range want.Tables {
			if d := cmp.Diff(rows(want.Tables[i]), rows(got.Tables[i])); d != "" {
				t.Errorf("%s %s: %s", name, want.Tables[i].Kind, d)
			}
			for k, s := range got.Tables[i].Sites {
				// an instruction is where the site says
				if u := want.Tables[i].Sites[k].Code[0]; u != 0 && binary.LittleEndian.Uint16(raw[s.Offset:]) != u {
					t.Errorf("%s: nothing at 0x%x", name, s.Offset)
				}
			}
		}
		files, err := Open(raw)
		if err != nil {
			t.Fatal(err)
		}
		plain, _ := Open(testDex(t, name))
		if d := cmp.Diff(counted(t, plain[0]), counted(t, files[0])); d != "" {
			t.Error(d)
		}
		wantText, _ := Listing(testDex(t, name), "")
		gotText, _ := Listing(raw, "") // with guarded ranges
		if d := cmp.Diff(wantText, gotText); d != "" {
			t.Error(d)
		}
	}
}

// TestCompactSizes reads an item all of whose sizes go on before it.
func TestCompactSizes(t *testing.T) {
	f := &File{Compact: true, Set: Standard}
	for _, v := range []uint16{
		0,              // the item is not at offset 0
		16, 32, 48, 64, // tries, outs, ins, registers, the last nearest
		1, 2048, // code units, high and low
		0x1234, 31 | 2<<5, // one register, two ins, three outs, four tries; two code units
	} {
		f.Data = binary.LittleEndian.AppendUint16(f.Data, v)
	}
	off := uint32(len(f.Data) - 4)
	units := 2 + 2048 + 1<<16
	f.Data = append(f.Data, make([]byte, 2*units+4+20*8)...)
	c, err := f.Code(off)
	if err != nil || c.Registers != 1+64+2+48 || c.Ins != 2+48 || c.Outs != 3+32 || len(c.tries) != 20*8 || c.Units() != uint32(units) {
		t.Errorf("%d registers, %d ins, %d outs, %d tries, %d units, %v", c.Registers, c.Ins, c.Outs, len(c.tries)/8, c.Units(), err)
	}
	// the code ends two bytes before a multiple of four
	if want := off + 4 + uint32(2*units) + 2 + 20*8; want%4 != 0 || c.handlers != want {
		t.Errorf("handlers at %d, want %d", c.handlers, want)
	}
}

// TestCompactCut: a compact DEX without all of its data says so and keeps the rest.
func TestCompactCut(t *testing.T) {
	raw := compacted(t, testDex(t, "calls"))
	for n := 8; n < len(raw); n += 7 {
		for _, g := range analyze(raw[:n]).Gaps {
			if g.Reason == "panic" {
				t.Fatalf("%d bytes: %s", n, g.Detail)
			}
		}
	}
	if out := analyze(raw[:100]); len(out.Gaps) == 0 {
		t.Error("half a header gives no gap")
	}
}
