package dataflow

import (
	"maps"
	"slices"
)

// A loop that surely runs a known number of times is run that often, one round after the other: what it puts together is
// then known as a whole. Every other loop is run until nothing changes.

// Bounds on loops that are run round by round.
const (
	maxTurns = 16 // rounds of one loop
	maxSum   = 63 // rounds of a loop and of all loops in it
	maxBody  = 24 // blocks
	maxLoops = 32 // of a method
	maxNew   = 24 // events of one loop
)

// loop is a loop with one way in.
type loop struct {
	body  map[int32]bool
	gone  bool // how often it runs is not known
	inner bool // it is in another
	sure  bool // it runs at least once
	entry *state
}

// enter notes what is known where a loop is entered. One that runs at least once is tried again where that is more than before: what it
// was told by is not all.
func (f *frame) enter(l *loop, s *state) {
	if l.inner || l.gone && !l.sure {
		return
	}
	if l.entry == nil {
		l.entry = s.clone()
	} else if f.a.merge(l.entry, s) && l.sure {
		l.sure, l.gone = false, false
	}
}

// nest finds the loops of a method that may be run round by round: those whose parts, and the loops in them, have one way in.
func (g *graph) nest() map[int32]*loop {
	out := map[int32]*loop{}
	for h, head := range g.heads {
		if !head {
			continue
		}
		if len(out) == maxLoops {
			return nil
		}
		out[int32(h)] = &loop{body: g.bodyOf(int32(h))}
	}
	for h, l := range out {
		l.gone = len(l.body) > maxBody || l.body[0] || !g.ends(l) || !g.entered(h, l)
		for other, k := range out {
			if other == h || !k.body[h] {
				continue
			}
			l.inner = true
			for b := range l.body { // one that only lies across another
				l.gone = l.gone || !k.body[b]
			}
		}
	}
	for h, l := range out { // a loop in one that is not run so is not either, and one around it
		for other, k := range out {
			if other != h && (k.body[h] || l.body[other]) && k.tangled(g, other) {
				l.gone = true
			}
		}
	}
	return out
}

// bodyOf gathers the blocks of a loop.
func (g *graph) bodyOf(h int32) map[int32]bool {
	body := map[int32]bool{h: true}
	var todo []int32
	for _, p := range g.blocks[h].pred {
		if g.rank[p] >= g.rank[h] {
			todo = append(todo, p)
		}
	}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !body[b] {
			body[b] = true
			todo = append(todo, g.blocks[b].pred...)
		}
	}
	return body
}

// ends reports whether a way leads out of a loop.
func (g *graph) ends(l *loop) bool {
	for b := range l.body {
		for _, to := range g.blocks[b].succ {
			if !l.body[to] {
				return true
			}
		}
	}
	return false
}

// entered reports whether a loop is entered at its head only.
func (g *graph) entered(h int32, l *loop) bool {
	for b := range l.body {
		for _, p := range g.blocks[b].pred {
			if b != h && !l.body[p] {
				return false
			}
		}
	}
	return true
}

// tangled reports whether a loop is none that can be run by itself: it is too long, or entered elsewhere.
func (l *loop) tangled(g *graph, h int32) bool {
	return len(l.body) > maxBody || l.body[0] || !g.ends(l) || !g.entered(h, l)
}

// runs runs the loop that a block is the head of, and what is in it, round by round; false where how often it runs is not known. Ways
// out go to pass.
func (f *frame) runs(h int32, pass func(to int32, way int, s *state)) bool {
	l := f.loops[h]
	if l == nil || l.gone || l.inner || l.entry == nil {
		return false
	}
	old, index, visit := *f, maps.Clone(f.index), slices.Clone(f.visit)
	old.events, old.registered = slices.Clone(f.events), slices.Clone(f.registered)
	var outs []wayOut
	if f.turns(h, l.entry, len(old.events)-old.writes+maxNew, func(to int32, way int, s *state) { outs = append(outs, wayOut{to, way, s.clone()}) }) {
		f.turn = 0
		for _, o := range outs {
			pass(o.to, o.way, o.s)
		}
		return true
	}
	loops, spent := f.loops, f.spent
	*f = old
	f.index, f.visit, f.loops, f.spent = index, visit, loops, spent
	l.gone = true
	return false
}

// wayOut is a way out of a loop and what is known there.
type wayOut struct {
	to  int32
	way int
	s   *state
}

// turns runs a loop from a state, and the loops in it.
func (f *frame) turns(h int32, in *state, events int, pass func(to int32, way int, s *state)) bool {
	l, most := f.loops[h], maxTurns
	if f.closed { // once for each key
		most = maxKeys + 2
	}
	for round := 1; in != nil; round++ {
		if f.turn++; round > most || f.turn > maxSum {
			return false
		}
		states := map[int32]*state{h: in}
		var next *state
		left := false
		for _, b := range f.g.order {
			if !l.body[b] || states[b] == nil {
				continue
			}
			on := func(to int32, way int, s *state) {
				switch {
				case !l.body[to]:
					left = left || way >= 0
					pass(to, way, s)
				case to == h:
					next = f.met(next, s)
				default:
					states[to] = f.met(states[to], s)
				}
			}
			if k := f.loops[b]; b != h && k != nil {
				if k.gone || !f.turns(b, states[b], events, on) {
					return false
				}
			} else {
				f.runBlock(b, states[b], on)
			}
		}
		l.sure = l.sure || round == 1 && next != nil && !left
		if next != nil && left || f.spent > f.a.limits.MethodSteps || len(f.events)-f.writes > events {
			return false
		}
		in = next
	}
	return true
}

// met joins a state to another, which may be nil.
func (f *frame) met(to, s *state) *state {
	if to == nil {
		return s.clone()
	}
	f.a.merge(to, s)
	return to
}

// looping reports whether this block may run more than once in what is being run now.
func (f *frame) looping() bool { return f.turn == 0 && f.g.loops[f.block] }

// siteN numbers this instruction, in each round of a loop anew: what it makes is another object then.
func (f *frame) siteN(seq uint32) uint32 {
	if f.turn > 1 {
		seq |= uint32(f.turn-1) << 26
	}
	return f.a.siteN(f.m, f.addr, seq)
}
