package dataflow

import "strings"

// guard is how much a condition says of the user's consent, weakest first.
type guard uint8

const (
	guardNone guard = iota
	guardPermission
	guardBuild
	guardRemote
	guardOptOut
	guardNotice
	guardUnknown // something that may be a choice and could not be resolved
	guardOptIn
)

var guardNames = [...]string{"none", "permission-only", "build", "remote", "opt-out", "notice", "unknown", "opt-in"}

func (g guard) String() string { return guardNames[g] }

// Gate is a condition that stands before a flow.
type Gate struct {
	Guard   string
	Reads   string // what is read: "pref:main [enabled]", "prop [ro.region]"
	Default string // on, off, unknown
	Site    Site   // the test
	Never   bool   // nothing ever lets it through: the code is switched off for good
	Off     bool   // by the properties of this image it does not hold
}

// verdict judges a set of conditions that all hold: the strongest counts.
func (r *reachability) verdict(s condset) (guard, []Gate) {
	best := guardNone
	var gates []Gate
	for _, id := range r.a.c.sets[s] {
		c := r.a.c.conds[id]
		g, what := r.judge(c, 0)
		if g == guardNone {
			continue
		}
		what.Guard, what.Site = g.String(), r.a.sites[c.site]
		gates = append(gates, what)
		best = max(best, g)
	}
	return best, gates
}

// judged is what was said of a condition.
type judged struct {
	guard guard
	gate  Gate
}

// judge says what one condition means. Of a condition that rests on itself nothing can be said.
func (r *reachability) judge(c cond, depth int) (guard, Gate) {
	key := cond{rel: c.rel, x: c.x, y: c.y}
	if j, ok := r.known[key]; ok {
		return j.guard, j.gate
	}
	if depth > 6 {
		return guardUnknown, Gate{}
	}
	r.known[key] = judged{guardUnknown, Gate{}}
	g, w := r.decide(c, depth)
	r.known[key] = judged{g, w}
	return g, w
}

func (r *reachability) decide(c cond, depth int) (guard, Gate) {
	a := r.a
	// each thing the tested value may be is a way to pass: the weakest way counts
	weakest, first := guardOptIn, true
	var gate Gate
	consider := func(g guard, w Gate) {
		if first || g < weakest {
			weakest, gate, first = g, w, false
		}
	}
	for _, at := range a.t.atomsOf(c.x) {
		n := a.t.node(at)
		switch n.kind {
		case kWhen:
			if ys, ok := a.numbers(c.y); ok && !anyHolds(c.rel, n.n, ys) {
				continue
			}
			all := guardNone
			var w Gate
			for _, id := range a.c.sets[n.b] {
				if g, ww := r.judge(a.c.conds[id], depth+1); g > all {
					all, w = g, ww
				}
			}
			consider(all, w)
		case kInt:
			if ys, ok := a.numbers(c.y); ok && !anyHolds(c.rel, n.n, ys) {
				continue
			}
			consider(guardNone, Gate{})
		case kCompare:
			same := cond{equal, value(n.a), value(n.b), c.site}
			if ys, ok := a.numbers(c.y); ok && !anyHolds(c.rel, 1, ys) {
				same.rel = unequal
			}
			if _, known := a.t.text(same.x); known {
				same.x, same.y = same.y, same.x
			}
			g, w := r.judge(same, depth+1)
			consider(g, w)
		case kAllOf:
		case kDerived:
			if a.t.node(atom(n.a)).kind == kAllOf {
				continue // the same as what stands beside it
			}
			g, w := r.source(at, c)
			consider(g, w)
		default:
			g, w := r.source(at, c)
			consider(g, w)
		}
	}
	if first {
		return guardNone, gate
	}
	if weakest == guardNone {
		for _, at := range a.t.atomsOf(c.y) {
			if g, w := r.source(at, cond{c.rel, c.y, c.x, c.site}); g > weakest {
				weakest, gate = g, w
			}
		}
	}
	return weakest, gate
}

func anyHolds(rel relation, n int64, ys []int64) bool {
	for _, y := range ys {
		if rel.holds(n, y) {
			return true
		}
	}
	return false
}

// source judges what a condition reads.
func (r *reachability) source(at atom, c cond) (guard, Gate) {
	a := r.a
	n := a.t.node(at)
	switch n.kind {
	case kCell:
		return r.cell(at, c, false)
	case kDerived:
		if inner := a.t.node(atom(n.a)); inner.kind == kCell {
			return r.cell(atom(n.a), c, true)
		}
		return guardNone, Gate{}
	case kLoad:
		return r.member(n, c)
	case kSource:
		if a.types[n.a] == "operator.name" || a.types[n.a] == "device.imsi" {
			return guardBuild, Gate{Reads: a.types[n.a], Default: "unknown"}
		}
	case kApi:
		switch {
		case n.s == "remote":
			return guardRemote, Gate{Reads: "answer of a server", Default: "unknown"}
		case strings.Contains(n.s, "checkPermission") || strings.Contains(n.s, "checkCallingOrSelfPermission"):
			return guardPermission, Gate{Reads: n.s, Default: "unknown"}
		case strings.Contains(n.s, "Landroid/accounts/"), n.s == "number of account":
			return guardUnknown, Gate{Reads: n.s, Default: "unknown"}
		}
	case kParam:
		if m := a.sites[c.site].Method; m != nil {
			if list := a.passed[m]; int(n.a) < len(list) && list[n.a] != nothing && a.t.one(at) != list[n.a] {
				return r.judge(cond{c.rel, list[n.a], c.y, 0}, 2)
			}
		}
		return guardUnknown, Gate{Reads: "a parameter", Default: "unknown"}
	}
	return guardNone, Gate{}
}

// cell judges a condition on something that is stored.
func (r *reachability) cell(at atom, c cond, compared bool) (guard, Gate) {
	a := r.a
	n := a.t.node(at)
	base := a.t.node(atom(n.a))
	gate := Gate{Reads: strings.TrimSpace(base.s + " " + n.s), Default: "unknown"}
	key := strings.Trim(n.s, "[]")
	if base.kind == kStore {
		switch {
		case base.s == "permission":
			return guardPermission, gate
		case base.s == "prop" || base.s == "jprop":
			return r.property(key, c, compared, gate)
		case transient(base.s):
			return guardNone, gate
		}
	} else if base.kind != kHome || a.u.class(base.s) == nil {
		return guardNone, gate // fields of the platform's objects are no choices
	}
	onByDefault, known := r.byDefault(n, key, c)
	if compared {
		onByDefault, known = false, false
	}
	if known {
		gate.Default = map[bool]string{true: "on", false: "off"}[onByDefault]
	}
	user, auto, remote, others := r.writers(slot{atom(n.a), n.s}, c, compared)
	if _, screen := a.app.Settings[key]; screen && base.kind == kStore {
		user = true
	}
	if base.kind == kHome {
		return r.field(slot{atom(n.a), n.s}, c, gate)
	}
	switch {
	case onByDefault && (user || others):
		return guardOptOut, gate
	case onByDefault && strings.HasPrefix(base.s, "settings:"):
		return guardOptOut, gate // others can write it
	case onByDefault:
		return guardNone, gate
	case auto:
		return guardNone, gate
	case remote:
		return guardRemote, gate
	case user && (known || compared):
		return guardOptIn, gate
	case user:
		return guardUnknown, gate
	case others:
		return guardNotice, gate
	}
	return guardUnknown, gate
}

// platformParam reports whether a chain of fields begins at a parameter of a platform's type: an intent, a message.
func (r *reachability) platformParam(at atom, c cond) bool {
	a := r.a
	for range 2 * maxDepth {
		n := a.t.node(at)
		if n.kind == kParam {
			m := a.sites[c.site].Method
			if m == nil {
				return false
			}
			i := int(n.a)
			if !m.Static() {
				i--
			}
			return i >= 0 && i < len(m.params) && platformClass(m.params[i]) && m.params[i] != "Landroid/content/SharedPreferences;"
		}
		if n.kind != kLoad && n.kind != kDerived && n.kind != kAllOf {
			return false
		}
		at = atom(n.a)
	}
	return false
}

// rootOf returns the name of the place that a chain of fields begins at.
func (a *analysis) rootOf(at atom) string {
	for range 2 * maxDepth {
		n := a.t.node(at)
		if n.kind != kLoad && n.kind != kCell && n.kind != kDerived && n.kind != kAllOf {
			return n.s
		}
		at = atom(n.a)
	}
	return ""
}

// transient reports whether a place holds what came with one event, a view or a row: no choice that stays.
func transient(s string) bool {
	for _, p := range [...]string{"intent:", "bundle:", "view:", "db:", "provider:", "binder"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

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
	var init, auto, tap, stored bool
	kept := guardOptIn // what a stored value that the field is a copy of is worth
	for _, w := range a.cellLog[k] {
		for _, at := range a.t.atomsOf(w.v) {
			n := a.t.node(at)
			if n.kind != kInt && n.kind != kStr && n.kind != kHome && n.kind != kClass {
				if g, ww := r.judge(cond{c.rel, a.t.one(at), c.y, c.site}, 1); g >= guardBuild {
					if !stored || g < kept {
						if kept = g; ww.Reads != "" {
							gate = ww
						}
					}
					stored = true
				} else {
					auto = true
				}
				continue
			}
			if ns, ok := a.numbers(a.t.one(at)); !ok || number && !anyHolds(c.rel, ns[0], ys) {
				continue
			}
			switch why := r.why[w.by]; {
			case w.by == nil || strings.HasPrefix(w.by.Name, "<"):
				init = true
			case why&byTap != 0:
				tap = true
			default:
				auto = true
			}
		}
	}
	switch {
	case stored && (auto || tap || init):
		return min(kept, guardUnknown), gate
	case stored:
		return kept, gate
	case init || auto:
		return guardNone, gate
	case tap:
		return guardUnknown, gate // a choice of the moment
	}
	gate.Never = true // nothing that was seen would let it through
	return guardUnknown, gate
}

// byDefault says whether a condition holds for what was never written.
func (r *reachability) byDefault(n *node, key string, c cond) (on, known bool) {
	a := r.a
	if want, ok := a.t.text(c.y); ok {
		if n.b == 0 {
			return false, false
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
	want, number := a.t.number(c.y)
	if !known || !number {
		return false, false
	}
	return c.rel.holds(def, want), true
}

// member judges a condition on a field of whatever a cell holds.
func (r *reachability) member(n *node, c cond) (guard, Gate) {
	a := r.a
	worst, gate, first := guardUnknown, Gate{Reads: "field " + n.s, Default: "unknown"}, true
	if transient(a.rootOf(atom(n.a))) || r.platformParam(atom(n.a), c) {
		return guardNone, Gate{}
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
	if a.t.node(atom(n.a)).kind == kHome {
		return 0, true
	}
	return 0, false
}

// writers says who writes a value under which the condition holds: a user's action, something that runs by itself, a
// server's answer, others.
func (r *reachability) writers(k slot, c cond, compared bool) (user, auto, remote, others bool) {
	a := r.a
	list := append([]cellWrite{}, a.cellLog[k]...)
	list = append(list, a.cellLog[slot{k.base, "[?]"}]...)
	if n := a.t.node(k.base); n.kind == kStore && isPreference(n.s) {
		for _, b := range a.stores() {
			if o := a.t.node(b); b != k.base && isPreference(o.s) && (o.s == "pref:*" || n.s == "pref:*") {
				list = append(list, a.cellLog[slot{b, k.field}]...)
			}
		}
	}
	for _, w := range list {
		v := a.expand(w.v)
		if want, ok := a.t.text(c.y); ok && !compared {
			if s, ok := a.t.text(v); ok && (s == want) != (c.rel == equal) {
				others = others || w.by != nil && r.why[w.by]&byTap != 0
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
					others = true // the user can switch it the other way
				}
				continue
			}
		}
		remote = remote || a.fromServer(v, 0)
		if w.by == nil {
			continue
		}
		switch why := r.why[w.by]; {
		case why&automatic != 0 && why&byTap == 0:
			auto = true
		case why&byTap != 0:
			user = true
		case why&byUser != 0:
			others = true
		}
	}
	return user, auto && !remote, remote, others
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

// property judges a condition on a system property, by the properties of this image.
func (r *reachability) property(key string, c cond, compared bool, gate Gate) (guard, Gate) {
	a := r.a
	if want, ok := a.t.text(c.y); ok && a.app.Props != nil && !compared {
		v, set := a.app.Props[key]
		if set || len(a.app.Props) > 0 {
			gate.Off = (v == want) != (c.rel == equal)
			gate.Default = map[bool]string{true: "off", false: "on"}[gate.Off]
		}
		return guardBuild, gate
	}
	if v, ok := a.app.Props[key]; ok && !compared {
		n, isNumber := int64(0), true
		switch v {
		case "1", "true", "y", "yes", "on":
			n = 1
		case "0", "false", "n", "no", "off", "":
		default:
			isNumber = false
		}
		if want, ok := a.t.number(c.y); ok && isNumber {
			on := c.rel.holds(n, want)
			gate.Off = !on
			gate.Default = map[bool]string{true: "on", false: "off"}[on]
		}
	}
	return guardBuild, gate
}
