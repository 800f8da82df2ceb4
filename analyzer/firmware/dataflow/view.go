package dataflow

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"romscan/analyzer/fact/dex"
)

// view is the digest of all that an analysis can see of one class: what it is below, its members, their code and constants,
// and what optimised instructions mean. It does not depend on the numbers that names have in the file, nor on where in the
// file anything lies.
type view = [sha256.Size]byte

// maxView bounds what a digest is taken of, in bytes: names that share their bytes have no end.
const maxView = 32 << 20

// viewOf takes the digest of a class of p that is loaded; false where it would take too much.
func (p *Program) viewOf(c *Class) (view, bool) {
	w := viewWriter{p: p, c: c, met: map[[3]uint32]int{}}
	w.text(c.Name, c.Super)
	w.number(uint64(c.Access), uint64(len(c.Interfaces)))
	w.text(c.Interfaces...)
	for _, key := range slices.Sorted(maps.Keys(c.fields)) {
		w.text(key)
		w.number(uint64(c.fields[key]))
	}
	w.number(uint64(len(c.fields)), uint64(len(c.statics)))
	for _, f := range c.statics {
		w.b = c.File.AppendField(w.b, f.Field)
		w.number(uint64(f.Access))
	}
	values, _ := c.File.ReadArray(c.def.StaticValues)
	w.number(uint64(len(values)))
	for _, v := range values {
		w.value(v)
	}
	for _, m := range c.order {
		if len(w.b) > maxView {
			return view{}, false
		}
		w.text(m.Name, m.Proto, m.ret)
		w.number(uint64(m.Access), uint64(len(m.params)))
		w.text(m.params...)
		w.code(m)
	}
	return sha256.Sum256(w.b), len(w.b) <= maxView
}

type viewWriter struct {
	p   *Program
	c   *Class
	b   []byte
	met map[[3]uint32]int // indices by kind, each spelled out where it is met first
}

func (w *viewWriter) text(list ...string) {
	for _, s := range list {
		w.number(uint64(len(s)))
		w.b = append(w.b, s...)
	}
}

func (w *viewWriter) number(list ...uint64) {
	for _, n := range list {
		w.b = binary.LittleEndian.AppendUint64(w.b, n)
	}
}

// value writes a constant of a field. Of those that nothing looks into their type is enough.
func (w *viewWriter) value(v dex.Value) {
	w.number(uint64(v.Type), uint64(v.Int))
	switch v.Type {
	case dex.ValueString:
		w.text(w.c.File.String(v.Index))
	case dex.ValueTypeRef:
		w.text(w.c.File.Type(v.Index))
	}
}

// code writes a method's body.
func (w *viewWriter) code(m *Method) {
	if m.Code == 0 {
		w.number(0)
		return
	}
	f := w.c.File
	code, err := f.Code(m.Code)
	w.text(code.Set.Name, fmt.Sprint(err != nil))
	w.number(1, uint64(code.Registers), uint64(code.Ins), uint64(code.Units()))
	r := w.p.names[f]
	for it := code.Insns(); it.Next() && len(w.b) <= maxView; {
		in := it.Insn(code.Set)
		w.b = code.AppendInsn(w.b, &in)
		k := [3]uint32{uint32(in.Kind), in.Index, in.Proto}
		n, known := w.met[k]
		if !known {
			n = len(w.met)
			w.met[k] = n
		}
		if w.number(uint64(n)); !known {
			w.b = f.AppendOperand(w.b, &code, &in)
		}
		if r == nil {
			continue
		}
		if op, ref, ok := r.At(m.Index, in.Addr); ok {
			w.number(uint64(op))
			w.text(ref)
		}
	}
	for _, t := range f.Tries(&code) {
		w.number(uint64(t.Start), uint64(t.Count), uint64(len(t.Catches)))
		for _, c := range t.Catches {
			w.number(uint64(c.Addr))
			if c.Type == dex.NoIndex {
				w.text("*")
				continue
			}
			w.text(f.Type(c.Type))
		}
	}
}
