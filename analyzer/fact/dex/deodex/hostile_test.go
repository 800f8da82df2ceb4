package deodex

import (
	"fmt"
	"testing"

	"romscan/analyzer/fact/dex"
)

// TestHostileHierarchies: what no compiler writes ends, and takes nothing that grows with the square of it.
func TestHostileHierarchies(t *testing.T) {
	use := []uint16{0x10f2, 8, 0x10f8, 20, 0x0001, 0x000e}
	method := func(n int) (out []body1) {
		for i := range n {
			out = append(out, body1{sig: fmt.Sprintf("m%d()V", i), registers: 2, units: use})
		}
		return out
	}
	var chain, tall []made
	for i := range 2000 {
		super := objectName
		if i > 0 {
			super = fmt.Sprintf("Lc%d;", i-1)
		}
		chain = append(chain, made{name: fmt.Sprintf("Lc%d;", i), super: super, methods: method(1)[:1]})
	}
	for i := range 300 { // each adds slots to all above: a table of 30,000 at the end
		super := objectName
		if i > 0 {
			super = fmt.Sprintf("Lt%d;", i-1)
		}
		c := made{name: fmt.Sprintf("Lt%d;", i), super: super}
		for k := range 100 {
			c.methods = append(c.methods, body1{sig: fmt.Sprintf("m%d_%d()V", i, k)})
		}
		tall = append(tall, c)
	}
	circle := []made{{name: "La;", super: "Lb;", methods: method(2)}, {name: "Lb;", super: "La;", methods: method(2)}}
	itself := []made{{name: "La;", super: "La;", interfaces: []string{"La;"}, methods: method(2)}}
	around := []made{
		{name: "Li;", super: objectName, access: dex.AccInterface, interfaces: []string{"Lj;"}, methods: method(1)},
		{name: "Lj;", super: objectName, access: dex.AccInterface, interfaces: []string{"Li;"}, methods: method(1)},
		{name: "Lk;", super: objectName, interfaces: []string{"Li;", "Lj;"}, methods: method(1)},
	}
	orphan := []made{{name: "La;", super: "Lnone;", interfaces: []string{"Lnothing;"}, methods: method(3)}}
	object := []made{{name: objectName, super: objectName, methods: method(2)}}
	wide := []made{{name: "La;", super: objectName, methods: method(15000)}, {name: "Lb;", super: "La;", methods: method(10)}}
	for name, classes := range map[string][]made{
		"chain": chain, "tall": tall, "circle": circle, "itself": itself, "around": around, "orphan": orphan, "object": object, "wide": wide,
	} {
		data := encode(classes)
		for _, rt := range []*Runtime{ForOdex(15, 27), ForOAT(45), ForOAT(64)} {
			boot := open(t, dex.Dalvik, data)
			for _, path := range [][]*dex.File{nil, {boot}} {
				r, err := NewClassPath(rt, path).Rewrite(open(t, dex.Dalvik, data))
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				check(t, r)
			}
		}
	}
}

// check holds a result against what it promises.
func check(t *testing.T, r *Result) {
	t.Helper()
	left := 0
	for _, n := range r.Left {
		left += n
	}
	if r.Resolved+left != r.Optimised || r.Unresolved() != left {
		t.Errorf("%d resolved and %d left of %d", r.Resolved, left, r.Optimised)
	}
	n, last := 0, int64(-1)
	r.All(func(method, addr uint32, _ dex.Op, _ string) bool {
		at := int64(method)<<32 | int64(addr)
		if at <= last {
			t.Errorf("%d:%d is not behind the entry before it", method, addr)
		}
		last = at
		n++
		return true
	})
	if n != r.Resolved {
		t.Errorf("%d entries, %d resolved", n, r.Resolved)
	}
}

func FuzzRewrite(f *testing.F) {
	for _, classes := range [][]made{framework(), app(6, 0x50f2, 12, 0x10f8, 2, 0x0005, 0x000c, 0x000e), app(6, 0x0012, 0x0438, 4, 0x0022, 1, 0x10f8, 2, 0x0000, 0x000e)} {
		f.Add(encode(classes), uint8(0))
		f.Add(encode(append(framework(), classes...)), uint8(3))
	}
	runtimes := []*Runtime{ForOdex(15, 27), ForOdex(19, 19), ForOAT(39), ForOAT(45), ForOAT(64), ForOAT(88)}
	boot := open(f, dex.Dalvik, encode(framework()))
	f.Fuzz(func(t *testing.T, data []byte, which uint8) {
		files, _ := dex.Open(data)
		rt := runtimes[int(which)%len(runtimes)]
		paths := []*ClassPath{NewClassPath(rt, []*dex.File{boot}), NewClassPath(rt, files)}
		for _, file := range files {
			for _, set := range []*dex.Set{dex.Dalvik, dex.ART} {
				file.Set = set
				for _, cp := range paths {
					if r, err := cp.Rewrite(file); err == nil {
						check(t, r)
					}
				}
			}
		}
	})
}

func BenchmarkRewrite(b *testing.B) {
	var classes []made
	classes = append(classes, framework()...)
	for i := range 200 {
		c := made{name: fmt.Sprintf("Lb/App%d;", i), super: "La/Sub;"}
		for k := range 20 {
			var units []uint16
			for range 10 {
				units = append(units, 0x30f2, 24, 0x10f8, 2, 0x0003, 0x020c, 0x0238, 2)
			}
			c.methods = append(c.methods, body1{sig: fmt.Sprintf("m%d()V", k), registers: 4, units: append(units, 0x000e)})
		}
		classes = append(classes, c)
	}
	f := open(b, dex.Dalvik, encode(classes))
	cp := NewClassPath(ForOdex(15, 27), nil)
	n := 0
	for b.Loop() {
		r, err := cp.Rewrite(f)
		if err != nil || r.Lost() > 0 {
			b.Fatal(r, err)
		}
		n += 200 * 20 * 41
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Minsns/s")
}
