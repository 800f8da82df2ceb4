package dataflow

import "slices"

// Whether an object is there that a caller gives says nothing of a choice, and is no condition of what happens. But a caller that surely
// gives none, or surely gives one, takes one way of such a test: what lies on the other is none of its doing.

// maxGiven bounds the tests of given objects that are kept of one event.
const maxGiven = 8

// ofGiven reports whether a value is an object, and nothing else, that the caller gives. What lies in a field of one may have been
// written by what is not followed.
func (f *frame) ofGiven(v value) bool {
	at, one := f.a.t.single(v)
	return one && f.m != nil && f.a.t.node(at).kind == kParam && !f.a.flag(f.m, at)
}

// asksGiven notes, of the block being run, the test that it ends in where that is whether a given object is there.
func (f *frame) asksGiven(rel relation, x, y value, site uint32) {
	f.objectTests[f.block] = [2]uint32{}
	if n, null := f.a.t.number(y); null && n == 0 && (rel == equal || rel == unequal) && f.ofGiven(x) {
		f.objectTests[f.block] = [2]uint32{f.a.c.cond(cond{rel, x, y, site}) + 1, f.a.c.cond(cond{negated[rel], x, y, site}) + 1}
	}
}

// givenIn is the set of such tests, each with its outcome, that a block lies behind.
func (f *frame) givenIn(b int32) condset {
	var ids []uint32
	for _, e := range f.g.doms[b] {
		if e.way < 2 && len(ids) < maxGiven {
			if c := f.objectTests[e.from][e.way]; c != 0 {
				ids = append(ids, c-1)
			}
		}
	}
	if len(ids) == 0 {
		return 0
	}
	return f.a.c.set(ids)
}

// givenHere maps such tests to what the caller gives; false where one comes out otherwise. What the caller leaves to its own callers
// stays.
func (p *mapping) givenHere(s condset) (condset, bool) {
	f, a := p.f, p.f.a
	if s == 0 || f.m == nil { // what the platform gives may be missing
		return 0, true
	}
	var out []uint32
	for _, id := range a.c.sets[s] {
		c := a.c.conds[id]
		x := p.whole(c.x)
		way := a.decide(c.rel, x, c.y)
		if way == maybe && a.madeObject(x) {
			way = outcome(c.rel == unequal, c.rel == equal)
		}
		switch way {
		case never:
			return 0, false
		case always:
			continue
		}
		if f.ofGiven(x) && len(out) < maxGiven {
			out = append(out, a.c.cond(cond{c.rel, x, c.y, c.site}))
		}
	}
	return a.c.set(out), true
}

// madeObject reports whether a value is what encoding, hashing or joining something made, which is never null.
func (a *analysis) madeObject(v value) bool {
	list := a.t.atomsOf(v)
	return len(list) > 0 && !slices.ContainsFunc(list, func(at atom) bool {
		n := a.t.node(at)
		made := n.kind == kConcat || (n.kind == kDerived || n.kind == kSource) && n.b&(asHashed|asEncrypted|asEncoded|asCompressed) != 0
		return !made
	})
}

// common keeps the tests that two ways share.
func (t *condTable) common(x, y condset) condset {
	if x == y || x == 0 || y == 0 {
		return min(x, y)
	}
	return t.set(slices.DeleteFunc(slices.Clone(t.sets[x]), func(id uint32) bool { return !slices.Contains(t.sets[y], id) }))
}
