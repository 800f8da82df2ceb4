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

// judge says what one condition means.
func (r *reachability) judge(c cond, depth int) (guard, Gate) {
	a := r.a
	if depth > 4 {
		return guardUnknown, Gate{}
	}
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
		case strings.Contains(n.s, "Landroid/accounts/"):
			return guardUnknown, Gate{Reads: n.s, Default: "unknown"}
		}
	case kParam:
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
		case strings.HasPrefix(base.s, "intent:") || strings.HasPrefix(base.s, "bundle:") || strings.HasPrefix(base.s, "view:") || strings.HasPrefix(base.s, "db:") || strings.HasPrefix(base.s, "provider:"):
			return guardNone, gate
		}
	} else if base.kind != kHome {
		return guardNone, gate
	}
	def, known := r.defaultOf(n, key)
	want, number := a.t.number(c.y)
	if compared || !number {
		known = false
	}
	onByDefault := known && c.rel.holds(def, want)
	if known {
		gate.Default = map[bool]string{true: "on", false: "off"}[onByDefault]
	}
	user, auto, remote, others := r.writers(slot{atom(n.a), n.s}, c, compared)
	if _, screen := a.app.Settings[key]; screen && base.kind == kStore {
		user = true
	}
	if base.kind == kHome { // a field in memory
		switch {
		case auto || onByDefault && !user && !others:
			return guardNone, gate
		case remote:
			return guardRemote, gate
		}
		return guardUnknown, gate
	}
	switch {
	case onByDefault && (user || others):
		return guardOptOut, gate
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

// member judges a condition on a field of whatever a cell holds.
func (r *reachability) member(n *node, c cond) (guard, Gate) {
	a := r.a
	worst, gate, first := guardUnknown, Gate{Reads: "field " + n.s, Default: "unknown"}, true
	for _, b := range a.t.atomsOf(a.expand(a.t.one(atom(n.a)))) {
		if a.t.node(b).kind != kHome {
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
		if ns, ok := a.numbers(v); ok && !compared {
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
		for _, at := range a.t.atomsOf(v) {
			if n := a.t.node(at); n.kind == kApi && n.s == "remote" {
				remote = true
			}
		}
		if w.by == nil {
			continue
		}
		switch why := r.why[w.by]; {
		case why&automatic != 0 && why&byTap == 0:
			auto = true
		case why&byTap != 0:
			user = true
		case why&(byUser|byOtherApp|byUnknown) != 0:
			others = true
		}
	}
	return user, auto && !remote, remote, others
}

// property judges a condition on a system property, by the properties of this image.
func (r *reachability) property(key string, c cond, compared bool, gate Gate) (guard, Gate) {
	a := r.a
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
