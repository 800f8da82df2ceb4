package dataflow

// dominate finds for every block the conditional edges that each path to it takes: what gates it. Immediate dominators
// are found as in Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001).
func (g *graph) dominate(missed func(from, b int32) bool) {
	n := len(g.blocks)
	idom := make([]int32, n)
	for i := range idom {
		idom[i] = -1
	}
	idom[0] = 0
	meet := func(a, b int32) int32 {
		for a != b {
			for g.rank[a] > g.rank[b] {
				a = idom[a]
			}
			for g.rank[b] > g.rank[a] {
				b = idom[b]
			}
		}
		return a
	}
	for changed := true; changed; {
		changed = false
		for _, b := range g.order[min(1, len(g.order)):] {
			d := int32(-1)
			for _, p := range g.blocks[b].pred {
				switch {
				case idom[p] < 0:
				case d < 0:
					d = p
				default:
					d = meet(d, p)
				}
			}
			if d >= 0 && idom[b] != d {
				idom[b], changed = d, true
			}
		}
	}
	below := func(b, of int32) bool { // of dominates b
		for b != of {
			if b == 0 || idom[b] < 0 {
				return false
			}
			b = idom[b]
		}
		return true
	}
	g.doms, g.controls, g.idom = make([][]edge, n), make([][]int32, n), idom
	for _, b := range g.order {
		if b == 0 {
			continue
		}
		own := g.entry(b, below, missed)
		g.controls[b] = g.controls[idom[b]]
		if from := g.onlyWay(b, below); from >= 0 && len(g.blocks[from].succ) > 1 {
			g.controls[b] = append(g.controls[b][:len(g.controls[b]):len(g.controls[b])], from)
		}
		up := g.doms[idom[b]]
		g.doms[b] = up
		if own.from >= 0 {
			g.doms[b] = append(up[:len(up):len(up)], own)
		}
	}
}

// entry returns the conditional edge that is the only way into a block, besides the block's own loop.
func (g *graph) entry(b int32, below, missed func(b, of int32) bool) edge {
	none := edge{-1, 0}
	from := g.onlyWay(b, below)
	if from >= 0 && g.blocks[from].asks > 0 { // the only way out that no handler takes, or the one that a handler does
		switch {
		case missed(from, b):
			return edge{from, 1}
		case len(g.blocks[from].succ) == 1 && g.blocks[from].succ[0] == b:
			return edge{from, 0}
		}
	}
	if from < 0 || len(g.blocks[from].succ) < 2 {
		return none
	}
	if g.heads[from] && g.loops[b] {
		return none // whether there is one more to go is no choice
	}
	for _, h := range g.blocks[from].catch {
		if h.block == b {
			return none
		}
	}
	for w, s := range g.blocks[from].succ {
		if s == b {
			return edge{from, int32(w)}
		}
	}
	return none
}

// onlyWay returns the only block that leads to b from outside b's own loop, -1 where there are several ways.
func (g *graph) onlyWay(b int32, below func(b, of int32) bool) int32 {
	from := int32(-1)
	for _, p := range g.blocks[b].pred {
		if p != 0 && below(p, b) {
			continue
		}
		if from >= 0 && (from != p || len(g.blocks[p].succ) < 3) {
			return -1 // a branch with both ways here lists its block twice; cases of a switch may share a block
		}
		from = p
	}
	return from
}
