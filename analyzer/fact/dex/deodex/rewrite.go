package deodex

import (
	"romscan/analyzer/fact/dex"
	"romscan/analyzer/image"
)

// Bounds on the code of one file: methods may share bodies, honestly few do.
const (
	workFactor = 16
	workFloor  = 1 << 20
)

// Rewrite finds out what the optimised instructions of f stand for. f.Set must be its dialect; f may be a file of the class
// path. The error says where the file is out of proportion; what was found before is in the result. It is safe for
// concurrent use.
func (cp *ClassPath) Rewrite(f *dex.File) (*Result, error) {
	out := &Result{index: map[string]uint32{}}
	if f.Set == dex.Standard {
		return out, nil
	}
	t := artEffects
	if f.Set == dex.Dalvik {
		t = dalvikEffects
	}
	v := cp.view(f)
	left := workFactor*int64(len(f.Data)) + workFloor
	var d dex.ClassData
	seen := make([]bool, f.NumMethods())
	for i := range f.NumClasses() {
		c, _ := f.Class(i)
		_ = f.ReadClassData(c.Data, &d) // members before a fault still count
		for _, list := range [][]dex.EncodedMethod{d.DirectMethods, d.VirtualMethods} {
			for _, e := range list {
				if e.Code == 0 || uint64(e.Method) >= uint64(len(seen)) || seen[e.Method] {
					continue
				}
				seen[e.Method] = true
				code, _ := f.Code(e.Code) // what lies before a fault still counts
				if left -= int64(len(code.Bytes)) + 16; left < 0 {
					out.finish()
					return out, image.Errorf(image.OverBudget, int64(e.Code), "overlapping code: more than %d times the file's size", workFactor)
				}
				v.rewrite(t, c, e, &code, out)
			}
		}
	}
	out.finish()
	return out, nil
}

// rewrite handles one method.
func (v *view) rewrite(t *effects, c dex.ClassDef, e dex.EncodedMethod, code *dex.Code, out *Result) {
	n, typed := census(t, code)
	if n == 0 {
		return
	}
	out.Optimised += n
	m := &walk{t: t, method: e.Method, owner: v.typeOf(c.Class), above: plain, out: out}
	if c.Super != dex.NoIndex {
		m.above = v.typeOf(c.Super)
	}
	m.entry = v.arguments(m.owner, e, code)
	var b *body
	ok := true
	if typed {
		if b, ok = v.split(t, code); ok {
			ok = v.infer(m, b)
		}
	}
	if !typed || !ok {
		v.straight(m, code, ok)
		return
	}
	before := out.Resolved + out.unresolved()
	state := make([]typ, len(m.entry))
	for i := range b.leaders {
		if b.states[i] != nil {
			copy(state, b.states[i])
			v.through(m, b, i, state, true)
		}
	}
	v.unreached(m, b)
	// what no block covers: code behind a jump into the middle of an instruction
	if rest := n - (out.Resolved + out.unresolved() - before); rest > 0 {
		out.Left[Unreachable] += rest
	}
}

func (r *Result) unresolved() (n int) {
	for _, k := range r.Left {
		n += k
	}
	return n
}

// census counts the optimised instructions; typed tells whether one needs to know its receiver.
func census(t *effects, code *dex.Code) (n int, typed bool) {
	if code.Set == nil {
		return 0, false
	}
	for it := code.Insns(); it.Next(); {
		switch e := t.does[it.Op()]; {
		case e < quickGet:
		case e <= quickCall:
			typed = true
			n++
		default:
			n++
		}
	}
	return n, typed
}

// arguments returns the registers as they are when the method begins.
func (v *view) arguments(owner typ, e dex.EncodedMethod, code *dex.Code) []typ {
	state := make([]typ, int(code.Registers)+1)
	for i := range state {
		state[i] = plain
	}
	at := int(code.Registers) - int(code.Ins)
	put := func(t typ) {
		if at >= 0 && at < int(code.Registers) {
			state[at] = t
		}
		at++
	}
	if e.Access&dex.AccStatic == 0 {
		put(owner)
	}
	id, _ := v.f.Method(e.Method)
	p, _ := v.f.Proto(id.Proto)
	for list := p.Params; len(list) >= 2; list = list[2:] {
		i := uint32(list[0]) | uint32(list[1])<<8
		put(v.typeOf(i))
		if name := v.f.Type(i); name == "J" || name == "D" {
			put(plain)
		}
	}
	return state
}

// straight settles what needs no receiver; whole is false where the method is too large for more.
func (v *view) straight(m *walk, code *dex.Code, whole bool) {
	b := &body{code: code}
	state := make([]typ, len(m.entry))
	for it := code.Insns(); it.Next(); {
		switch e := m.t.does[it.Op()]; {
		case e < quickGet:
		case e <= quickCall:
			if !whole {
				m.out.Left[TooLarge]++
			}
		default:
			v.optimised(m, b, &it, it.Addr(), state, true, e)
		}
	}
}

// unreached settles the instructions of blocks that no path reaches.
func (v *view) unreached(m *walk, b *body) {
	state := make([]typ, len(m.entry))
	block := 0
	for it := b.code.Insns(); it.Next(); {
		for block+1 < len(b.leaders) && b.leaders[block+1] <= it.Addr() {
			block++
		}
		if b.states[block] != nil {
			continue
		}
		switch e := m.t.does[it.Op()]; {
		case e < quickGet:
		case e <= quickCall:
			m.out.Left[Unreachable]++
		default:
			v.optimised(m, b, &it, it.Addr(), state, true, e)
		}
	}
}
