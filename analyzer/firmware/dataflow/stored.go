package dataflow

import "strings"

// maxJudge bounds fields whose values are read from fields.
const maxJudge = 4

// field judges a condition on a field in memory: what is written to it decides.
func (r *reachability) field(k slot, c cond, gate Gate) (guard, Gate) {
	a := r.a
	if r.depth > maxJudge {
		return guardUnknown, gate
	}
	r.depth++
	defer func() { r.depth-- }()
	ys, number := a.numbers(c.y)
	if number && anyHolds(c.rel, 0, ys) && len(a.cellLog[k]) == 0 {
		return guardNone, gate // what a field holds that nobody writes
	}
	if r.setBefore(k, c) {
		return guardNone, gate
	}
	if number && r.neverHolds(a.t.atom(node{kind: kCell, a: uint32(k.base), s: k.field}), c) {
		gate.Never = true
		return guardUnknown, gate
	}
	var init, auto, tap, stored, asked bool
	kept := guardOptIn // what a stored value that the field is a copy of is worth
	for _, w := range a.cellLog[k] {
		for _, at := range a.t.atomsOf(w.v) {
			n := a.t.node(at)
			if n.kind == kCell && a.plain(atom(n.a)) == k.base && n.s == k.field {
				continue // what it held before
			}
			if n.kind == kWhen && number && !anyHolds(c.rel, n.n, ys) {
				asked = asked || r.othersAsk(w.by)
				continue
			}
			if n.kind != kInt && n.kind != kStr && n.kind != kHome && n.kind != kClass {
				if g, ww := r.judge(cond{c.rel, a.t.one(at), c.y, c.site}, 1); g >= guardBuild {
					if !stored || gate.Off && !ww.Off || g < kept && gate.Off == ww.Off {
						if kept = g; ww.Reads != "" {
							gate = ww
						}
					}
					stored = true
				} else if r.othersAsk(w.by) {
					asked = true
				} else {
					auto = true
				}
				continue
			}
			if ns, ok := a.numbers(a.t.one(at)); !ok || number && !anyHolds(c.rel, ns[0], ys) {
				asked = asked || ok && r.othersAsk(w.by)
				continue
			}
			switch why := r.why[w.by]; {
			case w.by == nil || strings.HasPrefix(w.by.Name, "<"):
				init = true
			case why&byTap != 0 && why&automatic == 0:
				tap = true
			default:
				auto = true
			}
		}
	}
	switch {
	case stored && (auto || tap || init):
		gate.Off = false
		return min(kept, guardUnknown), gate
	case stored:
		gate.Off = gate.Off && !asked
		return kept, gate
	case init && asked && !auto:
		gate.Default = "on"
		return guardUnknown, gate // another app may switch it off, and nothing else switches it on again
	case init || auto:
		return guardNone, gate
	case tap || asked:
		return guardUnknown, gate // a choice of the moment
	}
	gate.Never = true // nothing that was seen would let it through
	return guardUnknown, gate
}

// othersAsk reports whether a method runs for nothing but what other apps ask for.
func (r *reachability) othersAsk(m *Method) bool {
	return m != nil && r.why[m] == byOtherApp
}

// excluded reports whether a number that is kept with a message or asked for with a start, and of which all writes are
// known, never lets a condition hold.
func (r *reachability) excluded(at atom, base, n *node, c cond) bool {
	a := r.a
	switch {
	case base.kind == kStore && strings.HasPrefix(base.s, "request:"):
	case base.kind == kHome && base.b != 0 && base.s == "Landroid/os/Message;" && strings.HasSuffix(n.s, ":I"):
	default:
		return false
	}
	xs, ok := a.numbers(a.expand(a.t.one(at)))
	ys, ok2 := a.numbers(c.y)
	if !ok || !ok2 {
		return false
	}
	for _, x := range xs {
		if anyHolds(c.rel, x, ys) {
			return false
		}
	}
	return true
}

// byDefault says whether a condition holds for what was never written.
func (r *reachability) byDefault(n *node, key string, c cond) (on, known bool) {
	a := r.a
	if want, ok := a.t.text(c.y); ok {
		if n.b == 0 {
			known := strings.HasPrefix(a.t.node(atom(n.a)).s, "settings:") // what was never written reads as null
			return known && c.rel == unequal, known
		}
		def, ok := a.t.text(a.expand(value(n.b)))
		if !ok {
			if zero, isNull := a.t.number(a.expand(value(n.b))); isNull && zero == 0 {
				return c.rel == unequal, true
			}
			return false, false
		}
		return (def == want) == (c.rel == equal), true
	}
	def, known := r.defaultOf(n, key)
	want, number := a.numbers(c.y)
	if !known || !number {
		return false, false
	}
	return anyHolds(c.rel, def, want), true
}

// member judges a condition on a field of whatever a cell holds.
func (r *reachability) member(n *node, c cond) (guard, Gate) {
	a := r.a
	worst, gate, first := guardUnknown, Gate{Reads: "field " + n.s, Default: "unknown"}, true
	if strings.HasPrefix(n.s, caseField) || n.s == ordinalField {
		gate.Reads = "which constant of an enumeration"
	}
	switch holds, alone := r.ever(n, c); {
	case holds == never:
		gate.Never = true // nothing that was seen would let it through
		return guardUnknown, gate
	case holds == always || alone:
		return guardNone, Gate{}
	}
	if transient(a.rootOf(atom(n.a))) || r.platformParam(atom(n.a), c) {
		return guardNone, Gate{}
	}
	if v, ok := a.selected(n, c); ok { // as which constant it is
		return r.judge(cond{equal, a.t.one(atom(n.a)), v, c.site}, 3)
	}
	for _, b := range a.t.atomsOf(a.expand(a.t.one(atom(n.a)))) {
		if bn := a.t.node(b); bn.kind == kStore && transient(bn.s) {
			return guardNone, Gate{}
		} else if bn.kind != kHome {
			continue
		}
		g, w := r.cell(a.t.atom(node{kind: kCell, a: uint32(b), s: n.s}), c, false)
		if first || g < worst {
			worst, gate, first = g, w, false
		}
	}
	return worst, gate
}

// defaultOf is the number a stored value has before anybody wrote it.
func (r *reachability) defaultOf(n *node, key string) (int64, bool) {
	a := r.a
	if s, ok := a.app.Settings[key]; ok && s != "" {
		switch s {
		case "true", "-1", "1", "0xffffffff":
			return 1, true
		case "false", "0", "0x0":
			return 0, true
		}
	}
	if n.b != 0 {
		if v, ok := a.t.number(a.expand(value(n.b))); ok {
			return v, true
		}
		return 0, false
	}
	if base := a.t.node(atom(n.a)); base.kind == kStore && n.s == "exists" && laidThere(base.s) && len(a.cellsOf[atom(n.a)]) == 0 {
		return 0, true
	}
	if a.t.node(atom(n.a)).kind == kHome {
		for _, w := range a.cellLog[slot{atom(n.a), n.s}] {
			if w.by != nil && w.by.Name == "<clinit>" { // before that nobody sees the field
				return a.t.number(w.v)
			}
		}
		return 0, true
	}
	return 0, false
}

// laidThere reports whether a file is on the data partition, which is empty at first, and not in the folder of an app, where the app
// may have put it by other ways.
func laidThere(place string) bool {
	path, ok := strings.CutPrefix(place, "file:/data/")
	return ok && !strings.HasPrefix(path, "data/") && !strings.HasPrefix(path, "user/")
}
