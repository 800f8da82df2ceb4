package dataflow

import (
	"maps"
	"slices"
)

// A loop that surely runs a known number of times is run that often, one round after the other: what it puts together is
// then known as a whole. Every other loop is run until nothing changes.

// Bounds on loops that are run round by round.
const (
	maxTurns = 16
	maxBody  = 24 // blocks
	maxLoops = 32 // of a method
	maxNew   = 24 // events of one loop
)

// loop is a loop with one way in, and no loop in or around it.
type loop struct {
	body map[int32]bool
	gone bool // how often it runs is not known
}

// innermost finds the loops of a method that may be run round by round.
func (g *graph) innermost() map[int32]*loop {
	out := map[int32]*loop{}
	for h, head := range g.heads {
		if len(out) > maxLoops {
			return nil
		}
		if !head {
			continue
		}
		l := &loop{body: map[int32]bool{int32(h): true}}
		var todo []int32
		for _, p := range g.blocks[h].pred {
			if g.rank[p] >= g.rank[h] {
				todo = append(todo, p)
			}
		}
		for len(todo) > 0 && len(l.body) <= maxBody {
			b := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if !l.body[b] {
				l.body[b] = true
				todo = append(todo, g.blocks[b].pred...)
			}
		}
		if len(l.body) <= maxBody && !l.body[0] {
			out[int32(h)] = l
		}
	}
	for h, l := range out {
		l.gone = true
		for b := range l.body {
			for _, to := range g.blocks[b].succ {
				l.gone = l.gone && l.body[to] // without an end
			}
		}
		for b := range l.body {
			single := b == h || !g.heads[b]
			for other, k := range out {
				single = single && (other == h || !k.body[b])
			}
			for _, p := range g.blocks[b].pred {
				single = single && (b == h || l.body[p])
			}
			if !single {
				l.gone = true
			}
		}
	}
	// a loop that is too long to be here may be around one that is
	for h, head := range g.heads {
		if head && out[int32(h)] == nil {
			return nil
		}
	}
	return out
}

// turns runs the loop that a block is the head of; false where how often it runs is not known. Ways out go to pass.
func (f *frame) turns(h int32, pass func(to int32, way int, s *state)) bool {
	l := f.loops[h]
	if l == nil || l.gone {
		return false
	}
	old, index, visit := *f, maps.Clone(f.index), slices.Clone(f.visit)
	old.events, old.registered = slices.Clone(f.events), slices.Clone(f.registered)
	type out struct {
		to  int32
		way int
		s   *state
	}
	var outs []out
	fail := func() bool {
		loops, spent := f.loops, f.spent
		*f = old
		f.index, f.visit, f.loops, f.spent = index, visit, loops, spent
		l.gone = true
		return false
	}
	for in := f.in[h]; in != nil; {
		if f.turn++; f.turn > maxTurns {
			return fail()
		}
		states := map[int32]*state{h: in}
		var next *state
		left := false
		for _, b := range f.g.order {
			if !l.body[b] || states[b] == nil {
				continue
			}
			f.runBlock(b, states[b], func(to int32, way int, s *state) {
				at := &next
				switch {
				case !l.body[to]:
					left = left || way >= 0
					outs = append(outs, out{to, way, s.clone()})
					return
				case to != h:
					old := states[to]
					at = &old
				}
				if *at == nil {
					*at = s.clone()
				} else {
					f.a.merge(*at, s)
				}
				if to != h {
					states[to] = *at
				}
			})
		}
		if next != nil && left || f.spent > f.a.limits.MethodSteps || len(f.events) > len(old.events)+maxNew {
			return fail()
		}
		in = next
	}
	f.turn = 0
	for _, o := range outs {
		pass(o.to, o.way, o.s)
	}
	return true
}

// looping reports whether this block may run more than once in what is being run now.
func (f *frame) looping() bool { return f.turn == 0 && f.g.loops[f.block] }

// siteN numbers this instruction, in each round of a loop anew: what it makes is another object then.
func (f *frame) siteN(seq uint32) uint32 {
	if f.turn > 1 {
		seq |= uint32(f.turn-1) << 27
	}
	return f.a.siteN(f.m, f.addr, seq)
}
