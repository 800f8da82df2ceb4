package dex

import (
	"slices"
	"testing"
)

// TestStringPool takes the instructions away that load a string: it stands in the pool alone, and is no row of the facts.
func TestStringPool(t *testing.T) {
	data := slices.Clone(testDex(t, "calls"))
	files, err := Open(data)
	if err != nil {
		t.Fatal(err)
	}
	f := files[0]
	want := ""
	var d ClassData
	for i := range f.NumClasses() {
		c, _ := f.Class(i)
		if err := f.ReadClassData(c.Data, &d); err != nil {
			t.Fatal(err)
		}
		for _, m := range slices.Concat(d.DirectMethods, d.VirtualMethods) {
			code, err := f.Code(m.Code)
			if m.Code == 0 || err != nil {
				continue
			}
			for it := code.Insns(); it.Next(); {
				b, _ := f.MUTF8(uint32(it.Unit(1)))
				if it.Op() != OpConstString || len(b) < 4 {
					continue
				}
				if want == "" {
					for i := range b {
						b[i] = 'a'
					}
					b[1] = '.'
					want = string(b)
				}
				code.Bytes[2*it.Addr()+2], code.Bytes[2*it.Addr()+3] = 0, 0 // string 0 instead
			}
		}
	}
	if want == "" {
		t.Fatal("no string to take away")
	}
	s := newScan(f)
	s.walk()
	pool := s.poolTable()
	if pool == nil || !slices.Contains(pool.Values, want) {
		t.Fatalf("%q is not in the pool: %+v", want, pool)
	}
	row := slices.Index(pool.Values, want)
	if p := pool.Row(row); !pool.Unused(row) || p.At.Member != StringPool || p.At.Offset <= 0 {
		t.Errorf("%+v", p)
	}
	for _, table := range s.stringTables() {
		if slices.Contains(table.Values, want) {
			t.Errorf("%q is used by something", want)
		}
	}
}
