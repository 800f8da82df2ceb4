package dex

import (
	"testing"
)

// BenchmarkWalk measures the bare walk over all instructions of the corpus; the figure is insns/s.
func BenchmarkWalk(b *testing.B) {
	var bodies []Code
	for _, s := range samples(b, 16<<20, 60<<20, "miui", "trees/trees") {
		files, err := Open(s.data)
		if err != nil {
			continue
		}
		var d ClassData
		for i := range files[0].NumClasses() {
			c, _ := files[0].Class(i)
			_ = files[0].ReadClassData(c.Data, &d)
			for _, m := range append(append([]EncodedMethod(nil), d.DirectMethods...), d.VirtualMethods...) {
				if code, err := files[0].Code(m.Code); m.Code != 0 && err == nil {
					bodies = append(bodies, code)
				}
			}
		}
	}
	n := 0
	b.ResetTimer()
	for b.Loop() {
		for i := range bodies {
			for it := bodies[i].Insns(); it.Next(); {
				n++
			}
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "insns/s")
}

// BenchmarkDecode measures taking every instruction apart.
func BenchmarkDecode(b *testing.B) {
	list := samples(b, 16<<20, 20<<20, "miui")
	n := 0
	var sum uint32
	for b.Loop() {
		for _, s := range list {
			files, _ := Open(s.data)
			f := files[0]
			var d ClassData
			for i := range f.NumClasses() {
				c, _ := f.Class(i)
				_ = f.ReadClassData(c.Data, &d)
				for _, m := range append(d.DirectMethods, d.VirtualMethods...) {
					code, err := f.Code(m.Code)
					if err != nil {
						continue
					}
					for it := code.Insns(); it.Next(); n++ {
						in := it.Insn(f.Set)
						sum += in.Index
					}
				}
			}
		}
	}
	_ = sum
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "insns/s")
}

// BenchmarkAnalyzer measures the whole analyzer; the second figure is the size of its tables by that of the dex.
func BenchmarkAnalyzer(b *testing.B) {
	list := samples(b, 16<<20, 40<<20, "miui")
	var size, tables int64
	for _, s := range list {
		size += int64(len(s.data))
		for _, t := range analyze(s.data).Tables {
			tables += 16*int64(len(t.Values)+len(t.Members)) + 4*int64(len(t.Starts)) + 20*int64(len(t.Sites))
			for _, l := range [][]string{t.Values, t.Members} {
				for _, v := range l {
					tables += int64(len(v))
				}
			}
		}
	}
	b.SetBytes(size)
	for b.Loop() {
		for _, s := range list {
			analyze(s.data)
		}
	}
	b.ReportMetric(float64(tables)/float64(size), "tables/dex")
}
