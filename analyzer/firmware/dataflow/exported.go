package dataflow

import "slices"

// What an app writes where others read it is judged by those others, who know nothing of its code. What is handed to them are therefore
// the writes, each with what it happens for once all that stands before it was asked: what runs by itself writes what the user
// chose where only that stands before it.

// exported lists what an app writes to a place that others read, under the channel they know it by.
func (r *reachability) exported(ch string, k slot) (out []Write) {
	a := r.a
	add := func(v value, why Why) {
		w := a.writeOf(ch, v, why)
		if !slices.ContainsFunc(out, w.same) {
			out = append(out, w)
		}
	}
	single := !a.keptLost
	for _, w := range a.cellLog[k] {
		single = single && (w.by == nil || r.why[w.by]&automatic == 0 || a.takenApart(k, w.v))
	}
	for _, w := range a.cellLog[k] {
		if w.by == nil || r.why[w.by] == 0 || single && r.why[w.by]&automatic != 0 {
			continue
		}
		why := whyOf(r.why[w.by])
		for _, n := range r.shownIn(k, w) {
			why.Shown = true
			add(a.t.num(n), why)
		}
		why.Shown = false
		if why.Automatic && why.Tap {
			why.Automatic, why.Either = false, true
		}
		add(a.newIn(k, w.v), why)
	}
	if !single {
		return out
	}
	for i := range a.kept[k] {
		w := &a.kept[k][i]
		if l, where := r.whyOf(&w.settledEvent); l != 0 {
			add(w.v, r.chosen(w, l, where))
		}
	}
	return out
}

// takenApart reports whether all that a cell was written to comes from writes that are known one by one.
func (a *analysis) takenApart(k slot, v value) bool {
	return !slices.ContainsFunc(a.t.atomsOf(a.newIn(k, v)), func(at atom) bool {
		from := a.core(at)
		return !slices.ContainsFunc(a.kept[k], func(w kept) bool {
			return slices.ContainsFunc(a.t.atomsOf(w.v), func(o atom) bool { return a.core(o) == from })
		})
	})
}

// chosen says what a write happens for: what runs by itself, behind a choice, does it for who chose.
func (r *reachability) chosen(w *kept, l label, where []*contextNode) Why {
	why := whyOf(l)
	if !why.Automatic {
		return why
	}
	least := guardOptIn
	for bit := range labels {
		if l&automatic&(1<<bit) != 0 {
			g, _ := r.verdict(r.gatesOf(&w.settledEvent, where, bit))
			least = min(least, g)
		}
	}
	_, number := r.a.numbers(r.a.expand(w.v))
	switch {
	case least == guardOptIn:
		why.Automatic, why.Tap = false, true
	case least == guardUnknown, why.Tap && (w.chosen || !number):
		why.Automatic, why.Either = false, true
	case least == guardNotice:
		why.Automatic, why.User = false, true
	case least == guardRemote:
		why.Automatic, why.Remote = false, true
	default:
		why.Tap = false
	}
	return why
}

// same reports whether another write says the same.
func (w *Write) same(o Write) bool {
	return w.Channel == o.Channel && w.Open == o.Open && w.Why == o.Why && slices.Equal(w.Numbers, o.Numbers) && slices.Equal(w.Texts, o.Texts)
}
