package dataflow

import "strings"

// column judges a condition on a column of the app's own tables. Most rows are data and no choice. But where nothing that
// needs no user ever fills the column, what waits for it to be filled goes on with what somebody began.
func (r *reachability) column(k slot, c cond, gate Gate) (guard, Gate) {
	a := r.a
	ys, ok := a.numbers(c.y)
	if !ok || anyHolds(c.rel, 0, ys) || len(a.kept[k]) == 0 || len(a.cellLog[slot{k.base, "[?]"}]) > 0 {
		return guardNone, gate
	}
	for _, w := range a.cellLog[k] {
		if !r.explained(k, c, w.v) {
			return guardNone, gate
		}
	}
	begun := false
	for i := range a.kept[k] {
		w := &a.kept[k][i]
		if !r.mayHold(c, w.v) || a.copied(w.v) {
			continue // or of what the same table held before
		}
		for range r.switching(k, c, w, automatic) {
			return guardNone, gate
		}
		why, _ := r.whyOf(&w.settledEvent)
		begun = begun || why&^automatic != 0
	}
	if !begun {
		return guardNone, gate
	}
	gate.Default, gate.SetBy = "off", r.setters(k, c, false)
	return guardUnknown, gate
}

// copied reports whether a value is what another table holds, be it the app's own or another app's.
func (a *analysis) copied(v value) bool {
	for _, at := range a.t.atomsOf(v) {
		n := a.t.node(a.core(at))
		if n.kind == kInt && n.n == 0 {
			continue
		}
		if base := a.t.node(atom(n.a)); n.kind != kCell || base.kind != kStore || !strings.HasPrefix(base.s, "provider:") && !strings.HasPrefix(base.s, "db:") {
			return false
		}
	}
	return v != nothing
}
