package dataflow

import (
	"strings"
)

// maxDepth bounds fields of fields of what a method is given.
const maxDepth = 4

func (a *analysis) depth(at atom) int {
	d := 0
	for n := a.t.node(at); n.kind == kLoad; n = a.t.node(atom(n.a)) {
		d++
	}
	return d
}

// initial is what a field holds before a method writes it.
func (a *analysis) initial(base atom, field string) value {
	n := a.t.node(base)
	switch n.kind {
	case kParam, kLoad, kResult:
		if a.depth(base) >= maxDepth {
			return a.t.of(node{kind: kAllOf, a: uint32(base)})
		}
		return a.t.of(node{kind: kLoad, a: uint32(base), s: field})
	case kHome, kStore:
		if v := a.metaText(n, field); v != nothing {
			return v
		}
		if v := a.constantField(base, field); v != nothing {
			return v
		}
		return a.t.of(node{kind: kCell, a: uint32(base), s: field})
	case kCell:
		if v, ok := a.inTable(base, field); ok {
			return v
		}
		if strings.HasPrefix(field, "[") && a.depth(base) > 1 {
			return a.t.one(base)
		}
		return a.t.of(node{kind: kLoad, a: uint32(base), s: field})
	case kSource, kDerived, kAllOf, kConcat:
		return a.t.one(base)
	case kStr:
		return a.named(n.s, field)
	case kObj:
		return a.unset(n, field)
	case kApi:
		return a.t.any()
	case kAny:
		switch base {
		case lostThing:
			return a.t.make(lostOf(field))
		case lostData:
			return a.t.one(base)
		}
	}
	return nothing
}

// load reads a field of whatever a value may be. Field "[*]" is any element.
func (a *analysis) load(s *state, base value, field string) value {
	out := nothing
	for _, b := range a.t.atomsOf(base) {
		out = a.t.join(out, a.loadAtom(s, b, field))
	}
	return out
}

func (a *analysis) loadAtom(s *state, b atom, field string) value {
	if o := s.heap[b]; o != nil && !strings.HasPrefix(field, "$") {
		if _, shared := o.get(sharedField); shared && (a.t.node(b).kind == kObj || a.overwritten(s, b, field)) {
			return a.t.join(a.loadField(s, b, field), a.changed(b, field))
		}
	}
	return a.loadField(s, b, field)
}

func (a *analysis) loadField(s *state, b atom, field string) value {
	if v, ok := s.get(slot{b, field}); ok && field != "[*]" {
		return v
	}
	if field != "[*]" {
		return a.unwritten(s, b, field)
	}
	out := nothing
	if s.lost(b) {
		out = a.t.join(a.t.any(), s.at(slot{b, lostField}))
	}
	if o := s.heap[b]; o != nil {
		for i, name := range o.names {
			if strings.HasPrefix(name, "[") {
				out = a.t.join(out, o.values[i])
			}
		}
	}
	switch a.t.node(b).kind {
	case kObj:
		return out
	}
	return a.t.join(out, a.initial(b, field))
}

// slots lists the written fields of an atom in a fixed order.
func (a *analysis) slots(s *state, b atom) []slot {
	o := s.heap[b]
	if o == nil {
		return nil
	}
	out := make([]slot, len(o.names))
	for i, name := range o.names {
		out[i] = slot{b, name}
	}
	return out
}

// store writes a field. Where it is sure which object is meant, the old content is gone.
func (a *analysis) store(s *state, base value, field string, v value) {
	a.storesTo(base, v)
	atoms := a.t.atomsOf(base)
	for _, b := range atoms {
		switch a.t.node(b).kind {
		case kParam, kLoad, kResult, kObj, kHome, kStore, kCell:
		default:
			continue
		}
		if a.full(s, b, field) {
			a.lose(s, b, v)
			continue
		}
		k := slot{b, field}
		if len(atoms) == 1 && !s.sent(b) {
			s.put(k, v)
			continue
		}
		s.put(k, a.t.join(a.loadAtom(s, b, field), v))
	}
}

// add joins a value to a field.
func (a *analysis) add(s *state, base value, field string, v value) {
	a.store(s, base, field, a.t.join(a.load(s, base, field), v))
}
