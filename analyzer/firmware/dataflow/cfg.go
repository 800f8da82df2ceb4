package dataflow

import (
	"romscan/analyzer/fact/dex"
)

// graph is the control flow of one method: blocks in the order of their addresses.
type graph struct {
	insns  []dex.Insn
	blocks []block
	order  []int32 // reverse post-order of reachable blocks
	rank   []int32 // position in order, -1 for unreachable
	loops  []bool  // the block lies on a cycle
	heads  []bool  // a cycle is entered here
	// conds of a block: edges that every path to it takes, as (block, successor) pairs
	doms [][]edge
	// controls of a block: blocks whose last test decides whether it runs
	controls [][]int32
	// idom of a block: the last block that each path to it takes, -1 of one that is not reached
	idom []int32
}

type block struct {
	first, last int32 // instructions [first, last)
	succ        []int32
	catch       []handler // handlers of exceptions thrown inside
	pred        []int32
	asks        int32 // the instruction that asks for a package, plus one; 0 for none
}

type handler struct {
	block int32
	typ   uint32 // type index, NoIndex for everything
}

// edge is one way out of a block that ends in a condition.
type edge struct {
	from int32 // block
	way  int32 // index into succ
}

const (
	maxInsns  = 40_000
	maxBlocks = 6_000
)

// endsBlock reports what follows an instruction: a branch target, and whether the next instruction is reached.
func flowOf(in *dex.Insn) (branch, falls bool) {
	op := in.Op
	switch {
	case op >= dex.OpGoto && op <= dex.OpGoto32:
		return true, false
	case op >= dex.OpIfEq && op <= dex.OpIfLez:
		return true, true
	case op >= dex.OpReturnVoid && op <= dex.OpReturnObject, op == dex.OpThrow:
		return false, false
	}
	return false, true
}

// throws reports whether an instruction can raise an exception that matters here.
func throws(op dex.Op) bool {
	return op.Invoke() || op == dex.OpThrow || op == 0x1f || op >= 0x21 && op <= 0x27 || op >= 0x44 && op <= 0x6d ||
		op == 0x93 || op == 0x94 || op == 0x9e || op == 0x9f
}

// newGraph reads the code of a method; nil where it is too long to follow.
func newGraph(u *universe, f *dex.File, code *dex.Code, restore func(*graph)) *graph {
	g := &graph{}
	at := make([]int32, code.Units()+1)
	for i := range at {
		at[i] = -1
	}
	for it := code.Insns(); it.Next(); {
		if len(g.insns) == maxInsns {
			return nil
		}
		at[it.Addr()] = int32(len(g.insns))
		g.insns = append(g.insns, it.Insn(code.Set))
	}
	if len(g.insns) == 0 {
		return nil
	}
	restore(g)
	insn := func(addr int64) int32 {
		if addr < 0 || addr >= int64(len(at)) {
			return -1
		}
		return at[addr]
	}
	lead := make([]bool, len(g.insns)+1)
	lead[0] = true
	targets := make(map[int32][]int32) // instruction -> targets of its branch
	for i := range g.insns {
		in := &g.insns[i]
		branch, falls := flowOf(in)
		if branch {
			if t := insn(int64(in.Addr) + int64(in.Target)); t >= 0 {
				targets[int32(i)] = []int32{t}
				lead[t] = true
			}
		}
		if in.Op == dex.OpPackedSwitch || in.Op == dex.OpSparseSwitch {
			_, list := code.SwitchTargets(in.Addr + uint32(in.Target))
			for _, off := range list {
				if t := insn(int64(in.Addr) + int64(off)); t >= 0 {
					targets[int32(i)] = append(targets[int32(i)], t)
					lead[t] = true
				}
			}
			branch = true
		}
		if branch || !falls {
			lead[i+1] = true
		}
	}
	type guarded struct {
		from, to int32
		list     []handler
	}
	var tries []guarded
	for _, t := range f.Tries(code) {
		from, to := insn(int64(t.Start)), int32(len(g.insns))
		if end := int64(t.Start) + int64(t.Count); end < int64(len(at)) {
			for end < int64(len(at)) && at[end] < 0 {
				end++
			}
			if end < int64(len(at)) {
				to = at[end]
			}
		}
		if from < 0 || to < from {
			continue
		}
		gd := guarded{from: from, to: to}
		for _, c := range t.Catches {
			if h := insn(int64(c.Addr)); h >= 0 {
				lead[h] = true
				gd.list = append(gd.list, handler{h, c.Type})
			}
		}
		lead[from], lead[to] = true, true
		tries = append(tries, gd)
	}
	// inside a guarded range a block ends after what can throw, so that a handler sees the state of that moment
	for _, t := range tries {
		for i := t.from; i < t.to; i++ {
			if throws(g.insns[i].Op) {
				lead[i+1] = true
				if int(i)+1 < len(g.insns) { // the result belongs to the call
					if op := g.insns[i+1].Op; op >= dex.OpMoveResult && op <= dex.OpMoveResultObject {
						lead[i+1] = false
						lead[i+2] = true
					}
				}
			}
		}
	}
	of := make([]int32, len(g.insns)+1)
	for i := range g.insns {
		if lead[i] {
			g.blocks = append(g.blocks, block{first: int32(i)})
			if len(g.blocks) > maxBlocks {
				return nil
			}
		}
		of[i] = int32(len(g.blocks) - 1)
		g.blocks[len(g.blocks)-1].last = int32(i) + 1
	}
	for b := range g.blocks {
		bl := &g.blocks[b]
		i := bl.last - 1
		in := &g.insns[i]
		_, falls := flowOf(in)
		for _, t := range targets[i] {
			bl.succ = append(bl.succ, of[t])
		}
		if falls && int(bl.last) < len(g.insns) {
			bl.succ = append(bl.succ, of[bl.last])
		}
		for _, t := range tries {
			if bl.first >= t.from && bl.first < t.to && blockThrows(g, bl) {
				list := make([]handler, len(t.list))
				for i, h := range t.list {
					list[i] = handler{of[h.block], h.typ}
				}
				g.guard(u, f, bl, list)
			}
		}
	}
	g.sort()
	g.dominate(func(from, b int32) bool { return g.missed(u, f, from, b) })
	return g
}

func blockThrows(g *graph, b *block) bool {
	for i := b.first; i < b.last; i++ {
		if throws(g.insns[i].Op) {
			return true
		}
	}
	return false
}

// next calls yield with every block that may follow b.
func (b *block) next(yield func(int32)) {
	for _, s := range b.succ {
		yield(s)
	}
	for _, h := range b.catch {
		yield(h.block)
	}
}
