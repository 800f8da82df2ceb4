package dataflow

import (
	"math/bits"
	"slices"
)

// What a screen writes when it comes up, nobody chose there: it is written whatever the user does then.

// shows are the methods of a screen that run when it comes up, before the user does anything there.
var shows = map[string]bool{"onCreate": true, "onStart": true, "onResume": true, "onCreateView": true, "onActivityCreated": true}

// shown reports whether it is enough for a condition on something stored that a screen of the app comes up.
func (r *reachability) shown(k slot, c cond) bool {
	ys, ok := r.a.numbers(c.y)
	return ok && slices.ContainsFunc(r.a.cellLog[k], func(w cellWrite) bool {
		return slices.ContainsFunc(r.shownIn(k, w), func(n int64) bool { return anyHolds(c.rel, n, ys) })
	})
}

// shownIn lists the numbers that a screen writes to a place when it comes up, behind no choice: none where w is by what runs for
// something else as well.
func (r *reachability) shownIn(k slot, w cellWrite) (out []int64) {
	a := r.a
	if w.by == nil || !shows[w.by.Name] || !onlyShown(r.why[w.by]) {
		return nil
	}
	taken := false
	for i := range a.kept[k] {
		one := &a.kept[k][i]
		n, ok := a.t.number(one.v)
		if why, where := r.whyOf(&one.settledEvent); ok && !one.chosen && onlyShown(why) && slices.Contains(a.t.atomsOf(w.v), a.t.atomsOf(one.v)[0]) {
			taken = true
			if g, _ := r.verdict(r.gatesOf(&one.settledEvent, where, bits.TrailingZeros32(uint32(byUser)))); g < guardUnknown {
				out = append(out, n)
			}
		}
	}
	if n, ok := a.t.number(a.newIn(k, w.v)); ok && !taken {
		out = append(out, n)
	}
	return out
}

// onlyShown reports whether something runs because a screen comes up, and for nothing else.
func onlyShown(why label) bool { return why&(byUser|byTap|automatic) == byUser }

// newIn is what of a value that is written to a place it did not hold before.
func (a *analysis) newIn(k slot, v value) value {
	return a.t.make(slices.DeleteFunc(slices.Clone(a.t.atomsOf(v)), func(at atom) bool {
		n := a.t.node(a.core(at))
		return n.kind == kCell && a.plain(atom(n.a)) == k.base && n.s == k.field
	}))
}
