package dataflow

import (
	"sort"
	"strings"
)

// contents is what a cell holds.
func (a *analysis) contents(base atom, field string) value {
	if v := a.constantField(base, field); v != nothing {
		return v
	}
	n := a.t.node(base)
	switch {
	case n.kind == kSource:
		return a.t.one(base)
	case n.kind == kObj, n.kind == kHome && n.b != 0:
		list := []atom{}
		if n.kind == kObj {
			list = a.alikeTo(base, list)
		} else {
			list = a.alike(base)
		}
		out := nothing
		for _, b := range list {
			v := a.held(b, field)
			if a.isApart && (a.common(base) || a.common(b)) {
				v = a.ofEverybody(v)
			}
			out = a.t.join(out, v)
		}
		return out
	case n.kind == kHome && n.n != 0:
		return a.seen(base, field)
	case n.kind != kHome && n.kind != kStore:
		return nothing
	}
	if a.isApart && n.kind == kHome && a.ofLibrary(n.s) {
		return a.fixed(a.held(base, field))
	}
	return a.held(base, field)
}

// held is what a field of one place holds: what this app wrote to it, and what others may have.
func (a *analysis) held(base atom, field string) value {
	return a.t.join(a.written(base, field), a.foreign(base, field))
}

// written is what this app wrote to a field of one place.
func (a *analysis) written(base atom, field string) value {
	n := a.t.node(base)
	out := nothing
	if field == "[*]" {
		out = a.t.join(a.answered(base), a.lostTexts(a.cells[slot{base, lostField}]))
		for _, k := range a.cellsOf[base] {
			if strings.HasPrefix(k, "[") {
				out = a.t.join(out, a.expand(a.cells[slot{base, k}]))
			}
		}
		if out == nothing && n.kind == kStore && strings.HasPrefix(n.s, "provider:") {
			return a.t.of(node{kind: kSource, a: a.dataType(n.s)})
		}
		return a.t.join(out, a.family(base, field))
	}
	out = a.expand(a.cells[slot{base, field}])
	if out == nothing || !a.keptAnyway(base, field) {
		out = a.t.join(out, a.lostTexts(a.cells[slot{base, lostField}]))
	}
	if strings.HasPrefix(field, "[") && field != "[?]" {
		out = a.t.join(out, a.expand(a.cells[slot{base, "[?]"}]))
	}
	if out == nothing && n.kind == kStore && strings.HasPrefix(n.s, "provider:") {
		// of another app: what it gives is known when all apps were seen
		return a.t.of(node{kind: kSource, a: a.dataType(n.s)})
	}
	return a.t.join(out, a.family(base, field))
}

// family joins what preferences of an unknown file may hold: those of every file.
func (a *analysis) family(base atom, field string) value {
	n := a.t.node(base)
	if n.kind != kStore || n.s != "pref:*" {
		return nothing
	}
	out := nothing
	for _, other := range a.stores() {
		if o := a.t.node(other); o.s != "pref:*" && strings.HasPrefix(o.s, "pref:") {
			out = a.t.join(out, a.contents(other, field))
		}
	}
	return out
}

// stores lists the places outside the heap that were written, in a fixed order.
func (a *analysis) stores() []atom {
	var out []atom
	for b := range a.cellsOf {
		if a.t.node(b).kind == kStore {
			out = append(out, b)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}

// whole is everything that lies in the fields of shared objects, three levels deep.
func (a *analysis) whole(v value) value {
	out := nothing
	seen := map[atom]bool{}
	var visit func(v value, depth int)
	visit = func(v value, depth int) {
		for _, b := range a.t.atomsOf(v) {
			if seen[b] {
				continue
			}
			seen[b] = true
			n := a.t.node(b)
			switch {
			case a.isApart && a.common(b):
			case (n.kind == kHome && n.b != 0 || n.kind == kStore) && depth < 4:
				for _, k := range a.cellsOf[b] {
					if !n.viewField(k) {
						visit(a.expand(a.cells[slot{b, k}]), depth+1)
					}
				}
				if n.kind == kStore {
					visit(a.family(b, "[*]"), depth+1)
					visit(a.foreign(b, "[*]"), depth+1)
				}
			case n.kind == kSource:
				n := *n
				n.b |= asInexact
				out = a.t.join(out, a.t.of(n))
			case n.kind == kStr || n.kind == kConcat:
				out = a.t.join(out, a.t.one(b))
			case b == lostThing || b == lostData:
				out = a.t.join(out, a.t.one(lostData))
			}
		}
	}
	visit(v, 0)
	return out
}
