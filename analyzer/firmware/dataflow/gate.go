package dataflow

import (
	"slices"
	"strings"
)

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

// Stronger reports whether one guard, by its name, is worth more than another.
func Stronger(g, o string) bool {
	return slices.Index(guardNames[:], g) > slices.Index(guardNames[:], o)
}

// Gate is a condition that stands before a flow.
type Gate struct {
	Guard   string
	Reads   string // what is read: "pref:main [enabled]", "prop [ro.region]"
	Default string // on, off, unknown
	Site    Site   // the test
	Never   bool   // nothing ever lets it through: the code is switched off for good
	Off     bool   // by the properties of this image it does not hold
	Asks    []Ask  // what other apps write decides
	SetBy   []Setter
	refused bool // a server's answer is what turns it off
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
		what.Guard = g.String()
		if _, _, ok := r.a.waysOf(c); !ok || what.Site.Method == nil {
			what.Site = r.a.sites[c.site]
		}
		gates = append(gates, what)
		best = max(best, g)
	}
	slices.SortStableFunc(gates, func(x, y Gate) int { return x.passing() - y.passing() })
	return best, gates
}

// passing is 1 of a gate that may be a flag of the moment, or a number of things: of several of one worth, one that stays is
// told. It is 2 of what an answer of a server turns off.
func (g *Gate) passing() int {
	if g.refused {
		return 2
	}
	_, member, ok := strings.Cut(g.Reads, "; ")
	if _, method, ok := strings.Cut(g.Reads, "->"); ok && ofNetwork(method) {
		return 1
	}
	for _, p := range [...]string{"field ", "number of files", "a parameter", "which constant"} {
		if strings.HasPrefix(g.Reads, p) || ok && member != "" || g.Reads == "" {
			return 1
		}
	}
	return 0
}

// ofNetwork reports whether a method that the image lacks tells, by its name, of the state of the network: no choice of anybody.
func ofNetwork(method string) bool {
	name, _, _ := strings.Cut(strings.ToLower(method), "(")
	return slices.ContainsFunc([]string{"network", "connected", "online", "wifi"}, func(w string) bool { return strings.Contains(name, w) })
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
		if first || gate.Off && !w.Off || g < weakest && gate.Off == w.Off { // one that this image shuts is a way only where all are
			weakest, gate, first = g, w, false
		}
	}
	there := c.y == a.t.num(0) && slices.ContainsFunc(a.t.atomsOf(c.x), func(at atom) bool { return a.ofPackages(a.t.node(at)) != nothing })
	for _, at := range a.t.atomsOf(c.x) {
		n := a.t.node(at)
		if there && n.kind != kCompare && n.kind != kInt && n.kind != kWhen {
			continue // what is returned of a package that is installed
		}
		switch n.kind {
		case kWhen:
			if ys, ok := a.numbers(c.y); ok && !anyHolds(c.rel, n.n, ys) {
				continue
			}
			all := guardNone
			var w Gate
			for _, id := range a.c.sets[n.b] {
				g, ww := r.judge(a.c.conds[id], depth+1)
				if ww.Site.Method == nil {
					ww.Site = a.sites[a.c.conds[id].site]
				}
				if ww.Off && !w.Off || g > all && ww.Off == w.Off {
					w = ww
				}
				all = max(all, g)
			}
			consider(all, w)
		case kInt:
			if ys, ok := a.numbers(c.y); ok && !anyHolds(c.rel, n.n, ys) {
				continue
			}
			consider(guardNone, Gate{})
		case kHome:
			if ys, ok := a.numbers(c.y); a.enums.of[at] != nil && ok && !anyHolds(c.rel, notNull+int64(at), ys) {
				continue
			}
			consider(guardNone, Gate{})
		case kCompare:
			ys, ok := a.numbers(c.y)
			if name := a.ofPackages(n); name != nothing && ok {
				g, w := r.installation(name, anyHolds(c.rel, 1, ys))
				consider(g, w)
				continue
			}
			same := cond{equal, value(n.a), value(n.b), c.site}
			if ok && !anyHolds(c.rel, 1, ys) {
				same.rel = unequal
			}
			if _, known := a.t.text(same.x); known {
				same.x, same.y = same.y, same.x
			}
			if name := a.listed(same); name != nothing {
				g, w := r.installation(name, true)
				consider(g, w)
				continue
			}
			g, w := r.judge(same, depth+1)
			consider(g, w)
		case kAsk:
			consider(r.propertyAsked(n, c))
		case kAllOf:
		case kSource:
			if zero, ok := a.t.number(c.y); ok && zero == 0 && c.rel == unequal && a.types[n.a] == "account" {
				consider(guardUnknown, Gate{Reads: "an account", Default: "unknown"}) // somebody signed in, for whatever purpose
				continue
			}
			if zero, ok := a.t.number(c.y); n.b&(asHashed|asEncrypted) != 0 || ok && zero == 0 && n.b&asAnswer == 0 {
				continue // a name for the phone, or that there is one: not the country it is in
			}
			g, w := r.source(at, c)
			consider(g, w)
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
		if g, w, ok := r.cached(at, c); ok {
			return g, w
		}
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
		case n.s == dialogAnswer:
			return guardNotice, Gate{Reads: n.s, Default: "off"}
		case n.s == "remote":
			return guardRemote, Gate{Reads: "answer of a server", Default: "unknown"}
		case strings.Contains(n.s, "checkPermission") || strings.Contains(n.s, "checkCallingOrSelfPermission"):
			return guardPermission, Gate{Reads: n.s, Default: "unknown"}
		case strings.HasSuffix(n.s, accountType):
			if zero, ok := a.t.number(c.y); !ok || zero != 0 || c.rel == unequal {
				return guardUnknown, Gate{Reads: "an account", Default: "unknown"}
			}
		case strings.Contains(n.s, "Landroid/accounts/"), n.s == "number of account", n.s == numberOfFiles, a.unseen(n.s):
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

// accountType is what is returned of somebody signed in, by whatever method: vendors have their own beside AccountManager's.
const accountType = "Landroid/accounts/Account;"
