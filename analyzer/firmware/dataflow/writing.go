package dataflow

// writing is who writes a value under which a condition holds: a user's action, something that runs by itself, a server's
// answer, others; off is that a user's action writes one under which it fails. Of what runs by itself, alone says what it
// takes, and where it reads that. unsure is that what runs by itself may write one as well as the user does; carried, that the others
// only carry over what the user chose there.
type writing struct {
	user, auto, remote, others, off, unsure, carried bool

	alone guard
	gate  Gate
}

// writers says who writes a value under which the condition holds.
func (r *reachability) writers(k slot, c cond, compared bool) writing {
	a := r.a
	out := writing{alone: guardOptIn}
	places := r.placesOf(k)
	var list []cellWrite
	for _, p := range places {
		list = append(list, a.cellLog[p]...)
	}
	both, carried := false, !compared
	for _, w := range list {
		v := a.expand(w.v)
		if own := a.local(v); own == nothing && v != nothing && r.why[w.by]&automatic == 0 {
			continue // another app's: see asks
		} else {
			v = own
		}
		if want, ok := a.t.text(c.y); ok && !compared {
			if s, ok := a.t.text(v); ok && (s == want) != (c.rel == equal) {
				out.off = out.off || w.by != nil && r.why[w.by]&byTap != 0
				continue
			}
		} else if ns, ok := a.numbers(v); ok && !compared {
			can := false
			for _, n := range ns {
				if ys, ok := a.numbers(c.y); !ok || anyHolds(c.rel, n, ys) {
					can = true
				}
			}
			if !can {
				if w.by != nil && r.why[w.by]&byTap != 0 && len(ns) > 0 {
					out.off = true // the user can switch it the other way
				}
				continue
			}
		}
		out.remote = out.remote || a.fromServer(v, 0)
		if w.by == nil {
			continue
		}
		switch why := r.why[w.by]; {
		case why&automatic != 0 && why&byTap == 0:
			if out.auto = true; compared || !r.explained(k, c, w.v) {
				out.alone = guardNone
			}
		case why&byTap != 0:
			out.user = true
			both = both || why&automatic != 0
		case why&byUser != 0:
			out.others = true
			carried = carried && r.explained(k, c, w.v)
		}
	}
	if out.auto && out.alone != guardNone {
		out.alone, out.gate = r.switchedOn(k, c, automatic)
	}
	if both && !out.auto {
		r.byItself(places, c, compared, &out)
	}
	if out.others && carried && !out.user && !out.auto && !out.remote {
		g, gate := r.switchedOn(k, c, byUser)
		out.carried, out.gate = g == guardOptIn && gate.Reads != "", gate
	}
	out.auto = out.auto && !out.remote
	return out
}

// placesOf lists a place in the store and those that may be the same: what is written under a name that is not known, or to
// preferences of which the file is not.
func (r *reachability) placesOf(k slot) []slot {
	a := r.a
	out := []slot{k, {k.base, "[?]"}}
	if n := a.t.node(k.base); n.kind == kStore && isPreference(n.s) {
		for _, b := range a.stores() {
			if o := a.t.node(b); b != k.base && isPreference(o.s) && (o.s == "pref:*" || n.s == "pref:*") {
				out = append(out, slot{b, k.field})
			}
		}
	}
	return out
}

// fromServer reports whether a value is, or is decided by, the answer of a server.
func (a *analysis) fromServer(v value, depth int) bool {
	for _, at := range a.t.atomsOf(a.expand(v)) {
		n := a.t.node(at)
		switch {
		case n.kind == kApi && n.s == "remote":
			return true
		case n.kind == kCompare && depth < 4:
			if a.fromServer(value(n.a), depth+1) || a.fromServer(value(n.b), depth+1) {
				return true
			}
		case n.kind == kConcat && depth < 4 && a.fromServer(a.t.make(n.parts()), depth+1):
			return true
		}
	}
	return false
}
