package dataflow

import "romscan/analyzer/fact/dex"

// Bounds on methods whose ways through are told apart: blocks, and ways.
const (
	maxPredicate = 48
	maxPaths     = 32
)

// predicate reports whether a method answers yes or no without loops, so that each way through it can be followed: what
// it returns then keeps the conditions of each way, "or" included.
func (f *frame) predicate() bool {
	if f.a.profile == "droidbench" || f.m.ret != "Z" || len(f.g.blocks) > maxPredicate || len(f.g.blocks) < 2 {
		return false
	}
	for _, l := range f.g.loops {
		if l {
			return false
		}
	}
	return true
}

// answers replaces what a predicate returns by its answer on every way through it.
func (f *frame) answersByPath() {
	a := f.a
	out := nothing
	paths, whole := 0, true
	var walk func(b int32, conds []uint32, consts map[uint32]int64)
	walk = func(b int32, conds []uint32, consts map[uint32]int64) {
		if f.in[b] == nil || !whole {
			return
		}
		if paths > maxPaths {
			whole = false
			return
		}
		bl := &f.g.blocks[b]
		regs := make(map[uint32]int64, len(consts))
		for k, v := range consts {
			regs[k] = v
		}
		for i := bl.first; i < bl.last; i++ {
			in := &f.g.insns[i]
			switch op := in.Op; {
			case op >= dex.OpConst4 && op <= dex.OpConst:
				regs[in.Reg(0)] = in.Lit
			case op >= 1 && op <= 3:
				if n, ok := regs[in.Reg(1)]; ok {
					regs[in.Reg(0)] = n
				} else {
					delete(regs, in.Reg(0))
				}
			case op == 0x0f:
				paths++
				if n, ok := regs[in.Reg(0)]; ok {
					out = a.t.join(out, f.when(n, conds))
				} else if s := f.outs[b]; s != nil {
					out = a.t.join(out, s[in.Reg(0)])
				}
				return
			case op == dex.OpThrow:
				return
			default:
				if in.NRegs > 0 && !op.Invoke() {
					delete(regs, in.Reg(0))
				}
			}
		}
		for _, h := range bl.catch {
			if bl.asks > 0 && h.block != b {
				next := conds
				if c := f.taken[b][1]; c != 0 && h.typ != dex.NoIndex && a.u.typ(f.f, h.typ) == missing {
					next = append(conds[:len(conds):len(conds)], c-1)
				}
				walk(h.block, next, regs)
			}
		}
		for w, to := range bl.succ {
			next := conds
			if c := f.taken[b][0]; bl.asks > 0 && c != 0 {
				next = append(conds[:len(conds):len(conds)], c-1)
			}
			if w < 2 && len(bl.succ) == 2 {
				if f.ways[b][w] == never {
					continue
				}
				if c := f.taken[b][w]; c != 0 {
					next = append(conds[:len(conds):len(conds)], c-1)
				}
			}
			walk(to, next, regs)
		}
	}
	walk(0, nil, map[uint32]int64{})
	if whole && paths > 0 && out != nothing {
		f.returns = out
	}
}

// when is a number under conditions.
func (f *frame) when(n int64, conds []uint32) value {
	if len(conds) == 0 {
		return f.a.t.num(n)
	}
	return f.a.t.of(node{kind: kWhen, n: n, b: uint32(f.a.c.set(conds))})
}
