package dataflow

import "strings"

// A name of the phone that an app reads and keeps, so as to read it once, is there or not: a test of that asks nobody. That it is not
// there yet is how it begins; that it is there comes down to what stands before it is read, or kept.

// cachedSites are where the data that a stored value holds is read, where it holds nothing but names of the phone and of its card;
// nil of any other.
func (a *analysis) cachedSites(k slot) map[int64]bool {
	if base := a.t.node(k.base); base.kind != kStore || !isPreference(base.s) || a.writeable[base.s] || len(a.cellLog[slot{k.base, "[?]"}]) > 0 {
		return nil
	}
	sites := map[int64]bool{}
	for _, w := range a.cellLog[k] {
		if w.by == nil {
			return nil
		}
		for _, at := range a.t.atomsOf(a.expand(w.v)) {
			switch n := a.t.node(at); {
			case n.kind == kCell && a.plain(atom(n.a)) == k.base && n.s == k.field: // what it held before
			case n.kind == kInt && n.n == 0, n.kind == kStr && n.s == "":
			case n.kind == kSource && n.s == "" && phoneName(a.types[n.a]):
				sites[n.n] = true
			default:
				return nil
			}
		}
	}
	if len(sites) == 0 {
		return nil
	}
	return sites
}

// phoneName reports whether data is a name of the phone or its card, which is there without anybody's doing.
func phoneName(typ string) bool {
	return strings.HasPrefix(typ, "device.") || strings.HasPrefix(typ, "sim.") || typ == "phone.number" || typ == "operator.name"
}

// cached judges a test of whether a kept name of the phone is there; false of any other condition.
func (r *reachability) cached(at atom, c cond) (guard, Gate, bool) {
	a := r.a
	if zero, ok := a.t.number(c.y); !ok || zero != 0 || c.rel != equal && c.rel != unequal {
		return guardNone, Gate{}, false
	}
	n := a.t.node(at)
	k := slot{a.plain(atom(n.a)), n.s}
	sites := a.cachedSites(k)
	if sites == nil {
		return guardNone, Gate{}, false
	}
	if c.rel == equal {
		return guardNone, Gate{}, true
	}
	weakest, gate, found := guardOptIn, Gate{}, false
	for _, o := range a.t.atomsOf(c.x) { // read anew where it is not there
		src := a.t.node(o)
		if src.kind != kSource || !sites[src.n] {
			continue
		}
		g, list := r.sourceGuard(uint32(src.n), 0)
		if !found || g < weakest {
			weakest, gate, found = g, Gate{}, true
			for _, one := range list {
				if one.Guard == g.String() {
					gate = one
					break
				}
			}
		}
	}
	return weakest, gate, found
}
