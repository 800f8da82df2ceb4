package dataflow

import "slices"

// Of a method that runs for the user and without, such as a service that the start of the phone and a button both start, it
// is the single writes that count: each with the reasons it happens for, and with what stands before it for each of them. One
// that happens without the user switches the choice on, unless the choice was made already or another one stands before it.
// Where what it writes is not known, a condition may hold for it or not, and whether the user chose that is not known.

// byItself adds to who writes a value what such methods write without the user.
func (r *reachability) byItself(places []slot, c cond, compared bool, out *writing) {
	a := r.a
	tap := false
	for _, k := range places {
		for i := range a.kept[k] {
			w := &a.kept[k][i]
			if !compared && !r.mayHold(c, w.v) {
				continue
			}
			why, _ := r.whyOf(&w.settledEvent)
			tap = tap || why&byTap != 0
			if a.fromServer(w.v, 0) {
				out.remote = true
				continue
			}
			for _, s := range r.switching(k, c, w, automatic) {
				g, gate := r.before(s, cond{c.rel, w.v, c.y, c.site})
				switch {
				case g == guardOptIn:
				case !compared && !w.chosen && r.surelyHolds(c, w.v):
					if !out.auto || g < out.alone {
						out.auto, out.alone, out.gate = true, g, gate
					}
				default:
					out.unsure = true
				}
			}
		}
	}
	out.unsure = out.unsure || !tap || a.keptLost // or written in a way that was not seen
}

// before is what stands before a write, and before what it copies.
func (r *reachability) before(s condset, copies cond) (guard, Gate) {
	g, list := r.verdict(s)
	if v, gate := r.judge(copies, 2); v > g {
		return v, gate
	}
	if i := slices.IndexFunc(list, func(one Gate) bool { return one.Guard == g.String() }); i >= 0 {
		return g, list[i]
	}
	return g, Gate{}
}

// surelyHolds reports whether a condition holds for a value in the place of the one that it asks for, whatever else is known.
func (r *reachability) surelyHolds(c cond, v value) bool {
	a := r.a
	v = a.expand(v)
	if want, ok := a.t.text(c.y); ok {
		s, ok := a.t.text(v)
		return ok && (s == want) == (c.rel == equal)
	}
	return a.decide(c.rel, v, c.y) == always
}
