package dataflow

import (
	"iter"
	"slices"
)

// kept is one write of a setting, with the conditions under which it happens: what switches a choice on may itself stand
// behind a choice.
type kept struct {
	settledEvent
	v      value
	chosen bool // tests on the way decide that it is this number, and not another
}

// maxKept bounds the writes of settings that are events of one method; of others their conditions are not known.
const maxKept = 48

// keep notes that a setting is written here, with an argument of the call.
func (f *frame) keep(place value, key string, v value, param int, site uint32) {
	n := 0
	for _, at := range f.a.t.atomsOf(place) {
		switch f.a.t.node(at).kind {
		case kStore, kParam, kLoad, kResult:
			n++
		}
	}
	if n == 0 || key == "[?]" {
		return
	}
	f.recordKept(event{kind: evKept, ref: &methodRef{class: "kept", name: key}, payload: v, to: place, conds: f.gates[f.block], site: site}, param)
}

// settleKept sorts a write by the place it is to.
func (a *analysis) settleKept(f *frame, e *event) {
	for _, at := range a.t.atomsOf(e.to) {
		if a.t.node(at).kind != kStore {
			continue
		}
		k := slot{at, e.ref.name}
		w := kept{settledEvent: settledEvent{event: *e, in: f.m, root: a.inRoot}, v: e.payload}
		if w.v == nothing {
			w.v = a.any()
		}
		for _, w := range w.writes(a) {
			same := func(o kept) bool {
				return o.in == w.in && o.root == w.root && o.site == w.site && o.chain == w.chain && o.v == w.v && o.conds == w.conds
			}
			if !slices.ContainsFunc(a.kept[k], same) {
				a.kept[k] = append(a.kept[k], w)
			}
		}
	}
}

// explained reports whether all that a write leaves in a cell, and for which a condition may hold, comes from writes whose
// own conditions are known.
func (r *reachability) explained(k slot, c cond, v value) bool {
	a := r.a
	if a.keptLost {
		return false
	}
	for _, at := range a.t.atomsOf(v) {
		if !r.mayHold(c, a.t.one(at)) {
			continue
		}
		from := a.core(at)
		if n := a.t.node(from); n.kind == kCell && a.plain(atom(n.a)) == k.base && n.s == k.field {
			continue // what it held before
		}
		if !slices.ContainsFunc(a.kept[k], func(w kept) bool {
			return slices.ContainsFunc(a.t.atomsOf(w.v), func(o atom) bool { return a.core(o) == from })
		}) {
			return false
		}
	}
	return true
}

// core is what a value was made of in one step after another, of nothing else.
func (a *analysis) core(at atom) atom {
	for range 2 * maxDepth {
		n := a.t.node(at)
		if n.kind != kDerived && n.kind != kAllOf {
			break
		}
		at = atom(n.a)
	}
	return at
}

// switchedOn is what it takes until something that happens for one of some reasons writes a setting so that a condition on it
// holds: the least that stands before such a write, or before what it copies. A write behind the condition itself switches
// nothing on that was not on.
func (r *reachability) switchedOn(k slot, c cond, of label) (guard, Gate) {
	worst, gate, first := guardOptIn, Gate{}, true
	for i := range r.a.kept[k] {
		w := &r.a.kept[k][i]
		if !r.mayHold(c, w.v) {
			continue
		}
		for _, s := range r.switching(k, c, w, of) {
			g, list := r.verdict(s)
			if v, copied := r.judge(cond{c.rel, w.v, c.y, c.site}, 2); v > g {
				g, list = v, []Gate{copied}
			}
			if first || g < worst {
				worst, gate, first = g, Gate{}, false
				for _, one := range list {
					if one.Guard == g.String() || len(list) == 1 {
						gate = one
						break
					}
				}
			}
		}
	}
	return worst, gate
}

// switching goes through the reasons, of some, for which a write happens where its place did not hold already what makes a
// condition hold, each with what stands before the write then.
func (r *reachability) switching(k slot, c cond, w *kept, of label) iter.Seq2[label, condset] {
	return func(yield func(label, condset) bool) {
		why, where := r.whyOf(&w.settledEvent)
		for bit := range labels {
			if why&of&(1<<bit) == 0 {
				continue
			}
			if s := r.gatesOf(&w.settledEvent, where, bit); !r.renews(k, c, s) && !yield(1<<bit, s) {
				return
			}
		}
	}
}

// mayHold reports whether a condition may hold for a value in the place of the one that it asks for.
func (r *reachability) mayHold(c cond, v value) bool {
	a := r.a
	v = a.expand(v)
	if want, ok := a.t.text(c.y); ok {
		s, ok := a.t.text(v)
		return !ok || (s == want) == (c.rel == equal)
	}
	return a.decide(c.rel, v, c.y) != never
}

// renews reports whether conditions hold only where another one on the same place holds already.
func (r *reachability) renews(k slot, c cond, s condset) bool {
	a := r.a
	for _, id := range a.c.sets[s] {
		o := a.c.conds[id]
		if o.rel != c.rel || o.y != c.y {
			continue
		}
		at, one := a.t.single(o.x)
		if n := a.t.node(at); one && n.kind == kCell && a.plain(atom(n.a)) == k.base && n.s == k.field {
			return true
		}
	}
	return false
}
