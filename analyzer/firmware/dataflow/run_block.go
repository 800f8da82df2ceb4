package dataflow

import (
	"slices"

	"romscan/analyzer/fact/dex"
)

// gate is the set of conditions that hold in a block.
func (f *frame) gate(b int32) condset {
	var ids []uint32
	for _, e := range f.g.doms[b] {
		if c := f.condition(e); c != 0 {
			ids = append(ids, c-1)
		}
	}
	if !f.plain {
		if d := f.g.idom[b]; b != 0 && d >= 0 {
			f.anyOf[b] = f.anyOf[d]
		}
		if c := f.joins(b); c != 0 {
			f.anyOf[b] = append(slices.Clip(f.anyOf[b]), c-1)
		}
		ids = append(ids, f.anyOf[b]...)
	}
	if len(ids) == 0 {
		return 0
	}
	return f.a.c.set(ids)
}

// runBlock interprets a block and hands its state on: to which block, by which way out of it, -1 for a handler.
func (f *frame) runBlock(b int32, in *state, pass func(to int32, way int, s *state)) {
	bl := &f.g.blocks[b]
	f.block, f.s = b, in.clone()
	f.visit[b]++
	f.gates[b], f.given = f.gate(b), f.givenIn(b)
	f.raised = nothing
	f.implied = f.implicit(b)
	if f.handlers[b] {
		f.implied = f.a.t.join(f.implied, f.chosen(f.s.caught()))
	}
	ways, chosen := [2]truth{maybe, maybe}, -1
	f.thrown = f.s.caught()
	var pre *state // before what can raise an exception
	f.over = false
	for i := bl.first; i < bl.last; i++ {
		in := &f.g.insns[i]
		f.addr, f.insn = in.Addr, i
		f.spent++
		f.a.steps++
		if in.Op >= dex.OpIfEq && in.Op <= dex.OpIfLez {
			ways = f.test(in)
			continue
		}
		if pre == nil && len(bl.catch) > 0 && !f.safe(in) {
			pre = f.s.clone()
		}
		if i == bl.asks-1 {
			f.asksFor(in)
		}
		f.step(in, i)
		if in.Op == dex.OpPackedSwitch || in.Op == dex.OpSparseSwitch {
			chosen = f.choice(in, len(bl.succ))
		}
		if f.over {
			break
		}
	}
	f.ways[b] = ways
	if f.plain && len(bl.succ) == 0 {
		f.outs[b] = slices.Clone(f.s.regs)
	}
	for w, to := range bl.succ {
		if f.over {
			break
		}
		if w < 2 && len(bl.succ) == 2 && chosen < 0 && ways[w] == never || chosen >= 0 && w != chosen {
			continue
		}
		pass(to, w, f.s)
	}
	switch {
	case pre != nil:
		f.catches(bl, pre, pass)
	case f.raised != nothing:
		f.throws = f.a.t.join(f.throws, f.raised)
	}
	if len(bl.succ) == 0 && f.g.insns[bl.last-1].Op == dex.OpThrow {
		if f.lost == nil {
			f.lost = f.s.clone()
			f.lost.regs = nil
		} else {
			regs := f.s.regs
			f.s.regs = nil
			f.a.merge(f.lost, f.s)
			f.s.regs = regs
		}
	}
}

// caughtSlot keeps, in the state, what is being thrown.
var caughtSlot = slot{anyAtom, "$caught"}

func (s *state) caught() value { return s.at(caughtSlot) }

func (s *state) catch(a *analysis, v value) {
	s.put(caughtSlot, a.t.join(v, s.at(caughtSlot)))
}
