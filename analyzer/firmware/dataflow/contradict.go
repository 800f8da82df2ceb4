package dataflow

import "romscan/analyzer/fact/dex"

// What a test on the only way to a block said of a value still holds at a second test of it, where nothing can have
// changed the value in between: one way out of the second is then never taken. The value is that of a register, or of a
// field that is read twice, of an object that only this method knows.

// Bounds on the search: blocks between two tests, and tests before one.
const (
	maxBetween = 40
	maxBefore  = 24
)

// comparison is the test at the end of a block: how register reg relates, on the first way out, to a number or a register.
type comparison struct {
	rel    relation
	known  bool // the number
	number int64
	made   bool
}

// place is an instruction: its block, and its number in the method.
type place struct{ block, insn int32 }

// compares notes the test at the end of the block being run.
func (f *frame) compares(rel relation, y value) {
	if f.compared == nil {
		f.compared = make([]comparison, len(f.g.blocks))
	}
	n, known := f.a.t.number(y)
	f.compared[f.block] = comparison{rel, known, n, true}
}

// answered says whether the test at the end of the block being run holds, after the tests that lead to it.
func (f *frame) answered(in *dex.Insn) truth {
	now := f.compared[f.block]
	doms := f.g.doms[f.block]
	for i := len(doms) - 1; i >= 0 && i >= len(doms)-maxBefore; i-- {
		e := doms[i]
		before := &f.g.insns[f.g.blocks[e.from].last-1]
		then, ok := f.said(e, before)
		if !ok || e.from == f.block {
			continue
		}
		t := maybe
		switch {
		case then.known && now.known:
			t = follows(then.rel, then.number, now.rel, now.number)
		case twoRegisters(before) && twoRegisters(in) && before.Reg(0) == in.Reg(0) && before.Reg(1) == in.Reg(1):
			t = follows(then.rel, 0, now.rel, 0)
			if !f.g.kept(e.from, f.block, in.Reg(1)) {
				continue
			}
		}
		if t != maybe && f.unchanged(e.from, before, in) {
			return t
		}
	}
	return maybe
}

// said is what an edge on the way to a block says.
func (f *frame) said(e edge, in *dex.Insn) (comparison, bool) {
	if in.Op == dex.OpPackedSwitch || in.Op == dex.OpSparseSwitch {
		succ := f.g.blocks[e.from].succ
		keys, _ := f.code.SwitchTargets(in.Addr + uint32(in.Target))
		if int(e.way) >= len(keys) || len(succ) != len(keys)+1 {
			return comparison{}, false
		}
		for w, to := range succ {
			if w != int(e.way) && to == succ[e.way] {
				return comparison{}, false
			}
		}
		return comparison{equal, true, int64(keys[e.way]), true}, true
	}
	q := f.compared[e.from]
	if !q.made || e.way > 1 {
		return comparison{}, false
	}
	if e.way == 1 {
		q.rel = negated[q.rel]
	}
	return q, true
}

func twoRegisters(in *dex.Insn) bool { return in.Op >= dex.OpIfEq && in.Op <= 0x37 }

// follows says whether a number that relates to n as r says relates to m as s says.
func follows(r relation, n int64, s relation, m int64) truth {
	can, cannot := false, false
	for _, x := range [...]int64{n - 1, n, n + 1, m - 1, m, m + 1} { // between those nothing changes
		switch {
		case !r.holds(x, n):
		case s.holds(x, m):
			can = true
		default:
			cannot = true
		}
	}
	return outcome(can, cannot)
}

// unchanged reports whether two tests, of which the first stands at the end of a block on the only way to the one being
// run, are about one value.
func (f *frame) unchanged(from int32, before, in *dex.Insn) bool {
	r, s := before.Reg(0), in.Reg(0)
	if r == s && f.g.kept(from, f.block, s) {
		return true
	}
	x, ok1 := f.g.fieldRead(from, r)
	y, ok2 := f.g.fieldRead(f.block, s)
	if !ok1 || !ok2 {
		return false
	}
	first, second := &f.g.insns[x.insn], &f.g.insns[y.insn]
	base := second.Reg(1)
	if entry := f.in[y.block]; first.Index != second.Index || first.Reg(1) != base || first.Reg(0) == base || entry == nil || int(base) >= len(entry.regs) {
		return false
	}
	same := func(i int32) bool { return !sets(&f.g.insns[i], base) && !f.g.mayStore(i, first.Index) }
	return f.private(f.in[y.block].regs[base]) && f.g.between(place{from, x.insn + 1}, from, y, same)
}

// kept reports whether a register keeps its value from the end of a block to the end of another, to which every way
// leads through it.
func (g *graph) kept(from, to int32, reg uint32) bool {
	return g.between(place{from, g.blocks[from].last}, from, place{to, g.blocks[to].last}, func(i int32) bool { return !sets(&g.insns[i], reg) })
}

// between reports whether a property holds of all instructions from one place, in block from or one that only leads
// there, to another; every way to that leads through block from.
func (g *graph) between(x place, from int32, y place, holds func(i int32) bool) bool {
	for i := x.insn; i < g.blocks[from].last; i++ {
		if !holds(i) {
			return false
		}
	}
	for i := g.blocks[y.block].first; i < y.insn; i++ {
		if !holds(i) {
			return false
		}
	}
	seen := map[int32]bool{from: true}
	todo := []int32{y.block}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, p := range g.blocks[b].pred {
			if seen[p] {
				continue
			}
			if len(seen) > maxBetween {
				return false
			}
			seen[p] = true
			for i := g.blocks[p].first; i < g.blocks[p].last; i++ {
				if !holds(i) {
					return false
				}
			}
			todo = append(todo, p)
		}
	}
	return true
}

// fieldRead finds the instruction that reads a field into the register that a block tests, on a straight way to its end.
// Between the two stands nothing that a caller of between would not look at: blocks of a try, which end at every read.
func (g *graph) fieldRead(b int32, reg uint32) (place, bool) {
	at := b
	for range 3 {
		bl := &g.blocks[at]
		for i := bl.last - 1; i >= bl.first; i-- {
			in := &g.insns[i]
			if in.Op >= 0x52 && in.Op <= 0x58 && in.Op != 0x53 && in.Reg(0) == reg {
				return place{at, i}, true
			}
			if sets(in, reg) || in.Op.Invoke() {
				return place{}, false
			}
		}
		if len(bl.pred) != 1 || len(g.blocks[bl.pred[0]].succ) != 1 || g.blocks[bl.pred[0]].last != bl.first {
			return place{}, false
		}
		at = bl.pred[0]
	}
	return place{}, false
}

// sets reports whether an instruction may give a register another value.
func sets(in *dex.Insn, reg uint32) bool {
	op := in.Op
	switch {
	case in.NRegs == 0, op.Invoke(), op >= dex.OpReturnVoid && op <= dex.OpReturnObject, op >= 0x1d && op <= 0x1f,
		op >= 0x24 && op <= 0x2c, op >= dex.OpIfEq && op <= dex.OpIfLez, op >= 0x4b && op <= 0x51, op >= 0x59 && op <= 0x5f, op >= 0x67 && op <= 0x6d:
		return false
	}
	return in.Reg(0) == reg || in.Reg(0)+1 == reg && !oneRegister(op)
}

// oneRegister reports whether what an instruction sets is surely one register, not a pair.
func oneRegister(op dex.Op) bool {
	switch op {
	case 0x04, 0x05, 0x06, 0x0b, 0x45, 0x53, 0x61:
		return false
	}
	return op <= 0x15 || op >= 0x1a && op <= 0x6d || op >= 0x90 && op <= 0x9a || op >= 0xb0 && op <= 0xba || op >= 0xd0 && op <= 0xe2
}

// mayStore reports whether an instruction may change a field: calls, locks and the making of objects run code of others.
func (g *graph) mayStore(i int32, field uint32) bool {
	in := &g.insns[i]
	op := in.Op
	switch {
	case op.Invoke(), op == 0x1d, op == 0x1e, op == 0x22, op >= 0x60 && op <= 0x6d, op >= 0xe3:
		return true
	}
	return op >= 0x59 && op <= 0x5f && in.Index == field
}

// private reports whether a value is one object that this method made and that nothing else holds.
func (f *frame) private(v value) bool {
	a := f.a
	at, one := a.t.single(v)
	if !one || a.t.node(at).kind != kObj {
		return false
	}
	if _, shared := f.s.get(slot{at, sharedField}); shared {
		return false
	}
	for _, b := range f.s.bases() {
		if a.t.node(b).kind == kObj && b != at {
			if _, shared := f.s.get(slot{b, sharedField}); !shared {
				continue
			}
		}
		for _, k := range a.slots(f.s, b) {
			if a.contains(f.s.at(k), at) {
				return false
			}
		}
	}
	return true
}
