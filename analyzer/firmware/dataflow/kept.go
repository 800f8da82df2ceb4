package dataflow

import "slices"

// kept is one write of a setting, with the conditions under which it happens: what switches a choice on may itself stand
// behind a choice.
type kept struct {
	settledEvent
	v value
}

// maxKept bounds the writes that one method hands to its callers, among its events.
const maxKept = 32

// keep notes that a setting is written here.
func (f *frame) keep(place value, key string, v value, site uint32) {
	n := 0
	for _, at := range f.a.t.atomsOf(place) {
		switch f.a.t.node(at).kind {
		case kStore, kParam, kLoad, kResult:
			n++
		}
	}
	if n == 0 || key == "[?]" || len(f.events) >= maxKept {
		return
	}
	f.record(event{kind: evKept, ref: &methodRef{class: "kept", name: key}, payload: v, to: place, conds: f.gates[f.block], site: site})
}

// settleKept sorts a write by the place it is to.
func (a *analysis) settleKept(f *frame, e *event) {
	for _, at := range a.t.atomsOf(e.to) {
		if a.t.node(at).kind != kStore {
			continue
		}
		k := slot{at, e.ref.name}
		w := kept{settledEvent{event: *e, in: f.m, root: a.inRoot}, e.payload}
		same := func(o kept) bool {
			return o.in == w.in && o.root == w.root && o.site == w.site && o.chain == w.chain && o.v == w.v && o.conds == w.conds
		}
		if !slices.ContainsFunc(a.kept[k], same) {
			a.kept[k] = append(a.kept[k], w)
		}
	}
}

// explained reports whether all that a write leaves in a cell comes from writes whose conditions are known.
func (a *analysis) explained(k slot, v value) bool {
	for _, at := range a.t.atomsOf(v) {
		if n := a.t.node(at); n.kind == kCell && a.plain(atom(n.a)) == k.base && n.s == k.field {
			continue // what it held before
		}
		if !slices.ContainsFunc(a.kept[k], func(w kept) bool { return slices.Contains(a.t.atomsOf(w.v), at) }) {
			return false
		}
	}
	return true
}

// switchedOn is what it takes until something that needs no user writes a setting so that a condition on it holds: the
// least that stands before such a write, or before what it copies. A write behind the condition itself switches nothing
// on that was not on.
func (r *reachability) switchedOn(k slot, c cond) (guard, Gate) {
	worst, gate, first := guardOptIn, Gate{}, true
	for i := range r.a.kept[k] {
		w := &r.a.kept[k][i]
		if !r.mayHold(c, w.v) {
			continue
		}
		why, where := r.whyOf(&w.settledEvent)
		for bit := range labels {
			if why&automatic&(1<<bit) == 0 {
				continue
			}
			s := r.a.c.and(r.gatesOf(where, bit), w.conds)
			if r.renews(k, c, s) {
				continue
			}
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

// SwitchedOnBy lists for what reasons code runs that may switch the gate on, in the order of the activations.
func (g Gate) SwitchedOnBy() []string {
	var out []string
	for _, name := range labelNames {
		if slices.ContainsFunc(g.SetBy, func(s Setter) bool { return slices.Contains(s.Activation, name) }) {
			out = append(out, name)
		}
	}
	return out
}

// maxSetters bounds the calls that are told of who may switch something on.
const maxSetters = 8

// bridge marks methods that only call another of the same name (Dalvik executable format, access_flags).
const bridge = 0x40

// setters lists what writes a setting so that a condition on it holds, but what does so behind that condition. Of a write
// that is known only as what a method leaves behind, the method is told.
func (r *reachability) setters(k slot, c cond, compared bool) []Setter {
	a := r.a
	var out []Setter
	add := func(s Site, why label) {
		if why.settled() == 0 || s.Method == nil {
			return
		}
		i := slices.IndexFunc(out, func(o Setter) bool { return o.Site == s })
		if i < 0 && len(out) < maxSetters {
			out = append(out, Setter{s, why.names()})
		} else if i >= 0 {
			for _, name := range why.names() {
				if !slices.Contains(out[i].Activation, name) {
					out[i].Activation = append(out[i].Activation, name)
				}
			}
		}
	}
	for i := range a.kept[k] {
		w := &a.kept[k][i]
		if !compared && !r.mayHold(c, w.v) || r.renews(k, c, w.conds) {
			continue
		}
		why, _ := r.whyOf(&w.settledEvent)
		at := w.site
		if calls := a.chains.list(w.chain); len(calls) > 0 {
			at = calls[0] // not in a method that writes whatever it is given
		}
		add(a.sites[at], why)
	}
	for _, w := range a.cellLog[k] {
		if w.by != nil && w.by.Access&bridge == 0 && !a.explained(k, w.v) && (compared || r.mayHold(c, a.local(a.expand(w.v)))) {
			add(Site{Method: w.by}, r.why[w.by])
		}
	}
	slices.SortStableFunc(out, func(x, y Setter) int { return rank(x) - rank(y) })
	return out
}

// rank puts what needs no user first, then what others ask for.
func rank(s Setter) int {
	switch {
	case (&Flow{Activation: s.Activation}).automatic():
		return 0
	case slices.Contains(s.Activation, "other-app"):
		return 1
	}
	return 2
}
