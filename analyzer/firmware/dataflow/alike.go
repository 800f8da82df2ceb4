package dataflow

import "slices"

// An object is told apart by the instruction that makes it and by calls on the way to it. What runs later may have been
// scheduled in a method that knew fewer of those calls than another did: their homes stand for the same objects.

// homeKey is the instruction that makes an object.
type homeKey struct {
	site  uint32
	class string
}

// home returns the place of a shared object.
func (a *analysis) home(at atom) atom {
	n := *a.t.node(at)
	h := a.t.atom(node{kind: kHome, s: n.s, b: uint32(at) + 1})
	k := homeKey{n.a, n.s}
	if list := a.homes[k]; !slices.Contains(list, h) {
		a.homes[k] = append(list, h)
	}
	return h
}

// alike lists the homes that may stand for the same object as one of them, that one first.
func (a *analysis) alike(home atom) []atom {
	n := a.t.node(home)
	out := []atom{home}
	if n.kind != kHome || n.b == 0 {
		return out
	}
	return a.alikeTo(atom(n.b-1), out)
}

// alikeTo adds the homes of an object as other methods see it.
func (a *analysis) alikeTo(object atom, out []atom) []atom {
	x := *a.t.node(object)
	for _, h := range a.homes[homeKey{x.a, x.s}] {
		y := a.t.node(atom(a.t.node(h).b - 1))
		if !slices.Contains(out, h) && a.inside(x.b, y.b) {
			out = append(out, h)
		}
	}
	return out
}

// inside reports whether one chain of calls is the inner part of the other.
func (a *analysis) inside(x, y uint32) bool {
	if a.chains.nodes[x].n < a.chains.nodes[y].n {
		x, y = y, x
	}
	for a.chains.nodes[x].n > a.chains.nodes[y].n {
		x = a.chains.nodes[x].rest
	}
	return x == y
}

// sharedField marks an object that something running at the same time holds.
const sharedField = "$shared"

// concurrent marks what runs at the same time from now on and everything it holds: their fields may change under the
// eyes of the method.
func (f *frame) concurrent(v value, depth int) {
	a := f.a
	for _, at := range a.t.atomsOf(v) {
		if a.t.node(at).kind != kObj || depth > 3 {
			continue
		}
		if _, done := f.s.get(slot{at, sharedField}); done {
			continue
		}
		f.s.put(slot{at, sharedField}, a.t.num(1))
		for _, k := range a.slots(f.s, at) {
			f.concurrent(f.s.at(k), depth+1)
		}
	}
}

// sentField marks a message or an intent that was sent: who gets it may find in it what it held then, whatever is written
// to it later.
const sentField = "$sent"

// sends marks what is sent from here.
func (f *frame) sends(v value) {
	for _, at := range f.a.t.atomsOf(v) {
		switch n := f.a.t.node(at); {
		case n.kind == kObj && carriers[n.s], n.kind == kParam, n.kind == kLoad:
			f.s.put(slot{at, sentField}, f.a.t.num(1))
		}
	}
}

func (s *state) sent(at atom) bool {
	_, ok := s.heap[at].get(sentField)
	return ok
}

// changed is what others may write to a field of an object.
func (a *analysis) changed(at atom, field string) value {
	return a.t.of(node{kind: kCell, a: uint32(at), s: field})
}
