package dataflow

import "romscan/analyzer/fact/dex"

// A truth value that an initialiser puts together - this build and not that one - keeps what it was put together of: each way to it with
// its conditions. Whoever reads the field later depends on them.

// chosenFlag is what is written to a static field: of a truth value in an initialiser, each number with the conditions of its ways.
func (f *frame) chosenFlag(r *fieldRef, reg uint32) value {
	v := f.reg(reg)
	if r.typ != "Z" || f.m == nil || f.m.Name != "<clinit>" || f.turn > 0 || f.split != nil || !f.eitherNumber(v) {
		return v
	}
	if own, ok := f.byWaysTo(reg); ok {
		return own
	}
	return v
}

// eitherNumber reports whether a value is one of several numbers and nothing else.
func (f *frame) eitherNumber(v value) bool {
	atoms := f.a.t.atomsOf(v)
	for _, at := range atoms {
		if f.a.t.node(at).kind != kInt {
			return false
		}
	}
	return len(atoms) > 1
}

// byWaysTo follows the ways from the last block that all of them take to this one, and gathers the number that each leaves in a
// register, with its conditions; false where one is not known or they are too many.
func (f *frame) byWaysTo(reg uint32) (value, bool) {
	from := f.g.idom[f.block]
	if f.g.loops[f.block] || from < 0 || from == f.block || f.in[from] == nil || f.written(f.block, reg) {
		return nothing, false
	}
	w := waysTo{f: f, to: f.block, reg: reg, whole: true}
	w.walk(from, f.in[from].regs, nil, 0)
	return w.out, w.whole && w.out != nothing
}

// written reports whether a block writes a register before the instruction that is run.
func (f *frame) written(b int32, reg uint32) bool {
	for i := f.g.blocks[b].first; i < f.insn; i++ {
		if in := &f.g.insns[i]; writes(in.Op) && in.NRegs > 0 && in.Reg(0) == reg {
			return true
		}
	}
	return false
}

type waysTo struct {
	f     *frame
	to    int32
	reg   uint32
	out   value
	paths int
	whole bool
}

func (w *waysTo) walk(b int32, regs []value, conds []uint32, depth int) {
	f := w.f
	if b == w.to {
		n, ok := f.a.t.number(regs[w.reg])
		if w.paths++; !ok || w.paths > maxPaths {
			w.whole = false
			return
		}
		w.out = f.a.t.join(w.out, f.when(n, conds))
		return
	}
	if !w.whole || depth > maxPredicate || f.g.loops[b] || len(f.g.blocks[b].catch) > 0 {
		w.whole = false
		return
	}
	bl := &f.g.blocks[b]
	own := append([]value(nil), regs...)
	for i := bl.first; i < bl.last; i++ {
		in := &f.g.insns[i]
		switch op := in.Op; {
		case in.NRegs == 0 || !writes(op) || int(in.Reg(0)) >= len(own):
		case op >= dex.OpConst4 && op <= dex.OpConst:
			own[in.Reg(0)] = f.a.t.num(in.Lit)
		case op >= 1 && op <= 3 && int(in.Reg(1)) < len(own):
			own[in.Reg(0)] = own[in.Reg(1)]
		default:
			own[in.Reg(0)] = f.a.any()
		}
	}
	for i, to := range bl.succ {
		next := conds
		if len(bl.succ) > 2 {
			w.whole = false
			return
		}
		if len(bl.succ) == 2 {
			if f.ways[b][i] == never {
				continue
			}
			if c := f.taken[b][i]; c != 0 {
				next = append(conds[:len(conds):len(conds)], c-1)
			}
		}
		w.walk(to, own, next, depth+1)
	}
}
