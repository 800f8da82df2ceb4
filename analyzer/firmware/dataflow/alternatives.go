package dataflow

import "slices"

// Where several ways lead to a place, each under conditions of its own, one of these holds there: a choice, or what does
// without it. Such a condition is a number that is not 0, which is 1 where the conditions of one way hold. That it is such a
// number, a 0 under no condition says.

// otherwise is what is 0 where none of several ways is open.
func (a *analysis) otherwise() atom { return a.t.atom(node{kind: kWhen}) }

// Bounds on ways that count as one condition, and on the conditions kept of each.
const (
	maxAlternatives = 4
	maxOfWay        = 4
)

// anyOf returns the number of the condition that one of several sets of conditions holds; false where that says nothing.
func (a *analysis) anyOf(ways [][]uint32, site uint32) (uint32, bool) {
	ways, ok := a.c.alternatives(ways)
	if !ok || len(ways) < 2 {
		return 0, false
	}
	list := []atom{a.otherwise()}
	for _, w := range ways {
		list = append(list, a.t.atom(node{kind: kWhen, n: 1, b: uint32(a.c.set(w))}))
	}
	return a.c.cond(cond{unequal, a.t.make(list), a.t.num(0), site}), true
}

// alternatives leaves out of several ways what does not matter: ways that others contain, and conditions that can only fail
// where another way is open. It returns false where one way is always open, or there are too many.
func (t *condTable) alternatives(ways [][]uint32) ([][]uint32, bool) {
	for changed := true; changed; {
		changed = false
		for i, w := range ways {
			for j, o := range ways {
				if i == j {
					continue
				}
				if subset(w, o) { // a way within another
					ways = slices.Delete(slices.Clone(ways), j, j+1)
					changed = true
					break
				}
				if rest, ok := t.without(o, w); ok {
					ways = slices.Clone(ways)
					ways[j] = rest
					changed = true
					break
				}
			}
			if changed {
				break
			}
		}
	}
	for _, w := range ways {
		if len(w) == 0 {
			return nil, false
		}
	}
	return ways, len(ways) <= maxAlternatives
}

// without leaves out of a way the condition that must hold where another way is not open.
func (t *condTable) without(way, other []uint32) ([]uint32, bool) {
	for i, id := range way {
		for j, o := range other {
			if t.opposite(id, o) && subset(slices.Delete(slices.Clone(other), j, j+1), way) {
				return slices.Delete(slices.Clone(way), i, i+1), true
			}
		}
	}
	return nil, false
}

// opposite reports whether of two conditions one holds where the other does not.
func (t *condTable) opposite(x, y uint32) bool {
	c, d := t.conds[x], t.conds[y]
	return c.x == d.x && c.y == d.y && c.rel == negated[d.rel]
}

func subset(x, of []uint32) bool {
	for _, id := range x {
		if !slices.Contains(of, id) {
			return false
		}
	}
	return true
}

// waysOf takes apart what anyOf made: the sets of conditions of which one holds. It returns false of other conditions, and
// open where one way is under no condition.
func (a *analysis) waysOf(c cond) (ways []condset, open, ok bool) {
	if c.rel != unequal || c.y != a.t.num(0) {
		return nil, false, false
	}
	marked := false
	for _, at := range a.t.atomsOf(c.x) {
		switch n := a.t.node(at); {
		case *n == node{kind: kWhen}:
			marked = true
		case n.kind == kInt && n.n == 1:
			open = true
		case n.kind == kWhen && n.n == 1:
			ways = append(ways, condset(n.b))
		default:
			return nil, false, false
		}
	}
	return ways, open, marked && (open || len(ways) > 0)
}

// simpler adds a condition to others: of alternatives of which one is left, that one's conditions, and nothing where one is
// open.
func (a *analysis) simpler(out []uint32, c cond) []uint32 {
	ways, open, ok := a.waysOf(c)
	switch {
	case ok && open:
		return out
	case ok && len(ways) == 1:
		return append(out, a.c.sets[ways[0]]...)
	}
	return append(out, a.c.cond(c))
}

// oneWay is the condition that holds of two sets besides what they share: that what is left of one holds, or of the other. It
// returns false where that says nothing.
func (a *analysis) oneWay(shared []uint32, x, y condset) (uint32, bool) {
	old, site := a.rest(shared, x)
	more, at := a.rest(shared, y)
	if len(old) == 0 || len(more) == 0 {
		return 0, false
	}
	if site == 0 {
		site = at
	}
	return a.anyOf(append(old, more...), site)
}

// rest takes apart what is left of a set: into the ways of alternatives, or else the conditions without such. site is where
// the alternatives met.
func (a *analysis) rest(shared []uint32, s condset) (ways [][]uint32, site uint32) {
	var left []uint32
	for _, id := range a.c.sets[s] {
		if slices.Contains(shared, id) {
			continue
		}
		c := a.c.conds[id]
		if sets, _, ok := a.waysOf(c); ok {
			if ways == nil {
				for _, w := range sets {
					ways = append(ways, a.c.sets[w])
				}
				site = c.site
			}
			continue
		}
		left = append(left, id)
	}
	if len(left) > 0 {
		return [][]uint32{left[:min(len(left), maxOfWay)]}, 0
	}
	return ways, site
}

// joins is the condition that one of the ways holds on which a block is reached, 0 where that says nothing, or else its
// number and one.
func (f *frame) joins(b int32) uint32 {
	g := f.g
	bl := &g.blocks[b]
	d := g.idom[b]
	if len(bl.pred) < 2 || len(bl.pred) > 2*maxAlternatives || b == 0 || d < 0 {
		return 0
	}
	known := f.a.c.sets[f.gates[d]]
	var ways [][]uint32
	for _, p := range bl.pred {
		if f.in[p] == nil || g.rank[p] >= g.rank[b] {
			continue // no way, or round a loop
		}
		w := slices.DeleteFunc(slices.Clone(f.a.c.sets[f.gates[p]]), func(id uint32) bool { return slices.Contains(known, id) })
		for way, to := range g.blocks[p].succ {
			if to != b {
				continue
			}
			own := w
			if way < 2 && len(g.blocks[p].succ) == 2 {
				if f.ways[p][way] == never {
					continue
				}
				if c := f.taken[p][way]; c != 0 && !g.heads[p] {
					own = append(slices.Clone(w), c-1)
				}
			}
			if len(own) == 0 {
				return 0
			}
			ways = append(ways, own[:min(len(own), maxOfWay)])
		}
		if slices.ContainsFunc(g.blocks[p].catch, func(h handler) bool { return h.block == b }) {
			if len(w) == 0 {
				return 0
			}
			ways = append(ways, w[:min(len(w), maxOfWay)])
		}
	}
	if id, ok := f.a.anyOf(ways, f.a.site(f.m, g.insns[bl.first].Addr)); ok {
		return id + 1
	}
	return 0
}
