package dataflow

import (
	"slices"

	"romscan/analyzer/fact/dex"
)

// A yes or a no that is chosen by tests on the way to where it is written is two writes, each under the conditions of its ways: one
// may switch on what the other switches off, and not happen for the same reasons.

// noArgument stands for a value that a call is not given by itself.
const noArgument = -1

// recordKept notes a write of an argument of the call that is being interpreted: of one of several numbers, each with the
// conditions of its ways, where they are known.
func (f *frame) recordKept(e event, param int) {
	if reg, ok := f.argument(param); ok && f.reg(reg) == e.payload && f.eitherNumber(e.payload) {
		if own, ok := f.byWaysTo(reg); ok && f.a.underConditions(own) {
			e.payload = own
		}
	}
	f.record(e)
}

// underConditions reports whether a value is numbers under conditions, and nothing else.
func (a *analysis) underConditions(v value) bool {
	atoms := a.t.atomsOf(v)
	return len(atoms) > 0 && !slices.ContainsFunc(atoms, func(at atom) bool { n := a.t.node(at); return n.kind != kWhen || n.b == 0 })
}

// writes takes a write apart where it is known under which conditions it is of which number.
func (w kept) writes(a *analysis) []kept {
	if !a.underConditions(w.v) {
		return []kept{w}
	}
	var out []kept
	for _, at := range a.t.atomsOf(w.v) {
		n := *a.t.node(at)
		one := w
		one.v, one.conds, one.chosen = a.t.num(n.n), a.c.and(w.conds, condset(n.b)), true
		out = append(out, one)
	}
	return out
}

// argument is the register in which the call that is being interpreted gives a parameter, the object itself counted.
func (f *frame) argument(param int) (reg uint32, ok bool) {
	if param < 0 || f.m == nil || f.turn > 0 || f.split != nil || f.retries > 0 || int(f.insn) >= len(f.g.insns) {
		return 0, false
	}
	in := &f.g.insns[f.insn]
	if !in.Op.Invoke() || in.Op >= dex.OpInvokePolymorphic {
		return 0, false
	}
	ref := f.a.u.methodRef(f.f, in.Index)
	if ref == nil {
		return 0, false
	}
	at := 0
	if in.Op != dex.OpInvokeStatic && in.Op != dex.OpInvokeStatic+(dex.OpInvokeVirtualRange-dex.OpInvokeVirtual) {
		at, param = 1, param-1
	}
	if param < 0 || param >= len(ref.params) {
		return 0, false
	}
	for _, p := range ref.params[:param] {
		if at++; p == "J" || p == "D" {
			at++
		}
	}
	return in.Reg(at), at < int(in.NRegs)
}
