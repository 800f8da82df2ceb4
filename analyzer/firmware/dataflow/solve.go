package dataflow

import (
	"slices"
)

// expand replaces what stands for global cells by what they hold, as far as anything was ever written to them.
func (a *analysis) expand(v value) value {
	if !a.open(v) {
		return v
	}
	if out, ok := a.expanded[v]; ok {
		if a.circles[v] {
			a.circled++
		}
		return out
	}
	a.expanded[v] = nothing // of circles
	a.circles[v] = true
	out, met := nothing, a.circled
	for _, at := range a.t.atomsOf(v) {
		out = a.t.join(out, a.expandAtom(at))
	}
	if out != nothing || a.circled == met {
		delete(a.circles, v)
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
			met := a.circled
			v := a.expand(a.t.one(part))
			if own := a.local(v); own != v {
				others = append(others, a.strangers(v)...)
				v = own
			}
			if v == nothing && a.t.ofBuilder(part) && a.circled == met { // in a circle it is what this was appended to before
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
