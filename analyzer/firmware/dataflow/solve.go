package dataflow

import (
	"slices"
	"sort"
	"strings"
)

// expand replaces what stands for global cells by what they hold, as far as anything was ever written to them.
func (a *analysis) expand(v value) value {
	if !a.open(v) {
		return v
	}
	if out, ok := a.expanded[v]; ok {
		return out
	}
	a.expanded[v] = nothing // of circles
	out := nothing
	for _, at := range a.t.atomsOf(v) {
		out = a.t.join(out, a.expandAtom(at))
	}
	a.expanded[v] = out
	return out
}

type wokenKey struct {
	event int
	at    atom
}

// wake schedules calls on objects that were found in cells since; it reports whether there were any.
func (a *analysis) wake() bool {
	any := false
	clear(a.expanded)
	for i := range len(a.waiting) { // what waits from now on is looked at in the next round
		w := a.waiting[i]
		recv := a.expand(w.args[0])
		a.asks(recv, lostThing)
		for _, at := range a.t.atomsOf(recv) {
			if n := a.t.node(at); n.kind != kHome || a.woken[wokenKey{i, at}] {
				continue
			}
			a.woken[wokenKey{i, at}] = true
			any = true
			e := w.event
			e.args = append([]value{a.t.one(at)}, w.args[1:]...)
			a.inRoot = w.root
			a.settleFound(&frame{a: a, m: w.in, s: &state{heap: map[atom]*object{}}}, &e)
			a.inRoot = 0
		}
	}
	return any
}

// settleFound settles what waited for an object that was found.
func (a *analysis) settleFound(f *frame, e *event) {
	if e.kind == evStart {
		a.settleRegister(f, e)
		return
	}
	a.settleAsync(f, e)
}

// distribute writes what was stored through a cell's content to the objects it holds; it reports whether that changed
// anything.
func (a *analysis) distribute() bool {
	clear(a.expanded)
	var bases []atom
	for b := range a.cellsOf {
		if k := a.t.node(b).kind; k == kCell || k == kLoad {
			bases = append(bases, b)
		}
	}
	slices.Sort(bases)
	changed := false
	for _, b := range bases {
		for _, to := range a.t.atomsOf(a.expand(a.t.one(b))) {
			if to == lostThing {
				for _, field := range a.cellsOf[b] {
					a.storesTo(a.t.one(to), a.cells[slot{b, field}])
				}
			}
			if k := a.t.node(to).kind; k != kHome && k != kStore {
				continue
			}
			to = a.plain(to)
			for _, field := range a.cellsOf[b] {
				k := slot{to, field}
				old := a.cells[k]
				for _, w := range a.cellLog[slot{b, field}] {
					a.writeCell(k, w.v, w.by)
				}
				changed = changed || a.cells[k] != old
			}
		}
	}
	return changed
}

// open reports whether a value holds anything to expand.
func (a *analysis) open(v value) bool {
	for _, at := range a.t.atomsOf(v) {
		switch a.t.node(at).kind {
		case kCell, kLoad, kAllOf, kDerived, kConcat, kResult, kPattern:
			return true
		}
	}
	return false
}

func (a *analysis) expandAtom(at atom) value {
	n := *a.t.node(at)
	switch n.kind {
	case kCell:
		out := nothing
		for _, b := range a.t.atomsOf(a.expand(a.t.one(atom(n.a)))) {
			if b == lostThing {
				out = a.t.join(out, a.t.make(lostOf(n.s)))
			}
			out = a.t.join(out, a.contents(b, n.s))
		}
		if n.b != 0 {
			out = a.t.join(out, a.expand(value(n.b)))
		}
		return out
	case kLoad:
		out := nothing
		for _, b := range a.t.atomsOf(a.expand(a.t.one(atom(n.a)))) {
			switch k := a.t.node(b).kind; k {
			case kHome, kStore:
				out = a.t.join(out, a.contents(b, n.s))
			case kSource:
				out = a.t.join(out, a.t.one(b))
			case kAny:
				if b == lostThing || b == lostData {
					out = a.t.join(out, a.initial(b, n.s))
				}
			case kStr, kConcat:
				if n.s == textField {
					out = a.t.join(out, a.t.one(b))
				}
				if k == kStr {
					out = a.t.join(out, a.named(a.t.node(b).s, n.s))
				}
			}
		}
		return out
	case kAllOf:
		return a.labels(a.whole(a.expand(a.t.one(atom(n.a)))))
	case kDerived:
		held := a.expand(a.t.one(atom(n.a)))
		return a.derive(a.t.join(held, a.whole(held)), n.b)
	case kPattern:
		return a.formatted(a.expand(a.t.one(atom(n.a))))
	case kResult:
		if a.missing[at] {
			return a.t.make([]atom{anyAtom, lostText, lostData, lostThing, at})
		}
	case kConcat:
		var out []atom
		var others []atom // beside the text: as parts of it they would make one more of each
		for i, part := range n.parts() {
			v := a.expand(a.t.one(part))
			if own := a.local(v); own != v {
				others = append(others, a.strangers(v)...)
				v = own
			}
			if v == nothing && a.t.ofBuilder(part) {
				return nothing
			}
			if v == nothing {
				v = a.any()
			}
			out = a.append(out, v, i == 0)
		}
		return a.t.make(append(out, others...))
	}
	return a.t.one(at)
}

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

// spellings lists the texts a value may be, unknown parts as "{}".
func (a *analysis) spellings(v value) []string {
	var out []string
	for _, at := range a.t.atomsOf(a.expand(v)) {
		n := a.t.node(at)
		switch n.kind {
		case kStr:
			out = append(out, n.s)
		case kConcat:
			out = append(out, a.spellParts(n.parts()))
		}
	}
	sort.Strings(out)
	return out
}

func (a *analysis) spellParts(parts []atom) string {
	var b strings.Builder
	for _, p := range parts {
		if n := a.t.node(p); n.kind == kStr {
			b.WriteString(n.s)
		} else if !strings.HasSuffix(b.String(), "{}") {
			b.WriteString("{}")
		}
	}
	return b.String()
}

// spell writes a value that is one text.
func (a *analysis) spell(v value) string {
	for _, at := range a.t.atomsOf(v) {
		switch n := a.t.node(at); n.kind {
		case kStr:
			return n.s
		case kConcat:
			return a.spellParts(n.parts())
		}
	}
	return "{}"
}

// dataType numbers a type of data.
func (a *analysis) dataType(name string) uint32 {
	if id, ok := a.typeIDs[name]; ok {
		return id
	}
	id := uint32(len(a.types))
	a.types = append(a.types, name)
	a.typeIDs[name] = id
	return id
}

// recovered notes a text that no string table holds.
func (f *frame) recovered(s, how string) {
	if how != "folded" {
		f.namesIn(f.a.t.str(s))
	}
	f.a.note(s, how, Site{f.m, f.addr})
}
