package dataflow

import (
	"slices"
	"strings"
)

// A limit may keep a write from being known. What was in the place before is no longer there, and must not be taken for what is: an
// object whose writes are not all known is marked, and of what it held only the objects and what they carry are kept.

// lostField marks an object that was written to in a way that is not known; of nothing in particular, all objects.
const lostField = "$lost"

var lostSlot = slot{anyAtom, lostField}

// full reports whether a state has no room for a field that was not written yet.
func (a *analysis) full(s *state, b atom, field string) bool {
	o := s.heap[b]
	if _, there := o.get(field); there || a.keptAnyway(b, field) {
		return false
	}
	return o == nil && len(s.heap) > maxObjects || o != nil && len(o.names) > maxFields
}

// keptAnyway reports whether a field is kept however many others there are: by the number of a message one of many things is
// done, and there are no more messages than places that send some.
func (a *analysis) keptAnyway(b atom, field string) bool {
	n := a.t.node(b)
	return field == messageNumbers[0] && (n.kind == kObj || n.kind == kHome && n.b != 0) && n.s == "Landroid/os/Message;"
}

// lose notes that a field of an object is written and not kept.
func (a *analysis) lose(s *state, b atom, v value) {
	if s.heap[b] == nil && len(s.heap) > 2*maxObjects {
		a.cut("fields")
		s.put(lostSlot, a.t.any())
		return
	}
	if !a.onlyTexts(v) {
		a.cut("fields")
		v = a.t.any()
	}
	s.put(slot{b, lostField}, a.t.join(s.at(slot{b, lostField}), a.lostTexts(v)))
}

// onlyTexts reports whether a value is texts and numbers, or was: to lose it is told where a text is asked for.
func (a *analysis) onlyTexts(v value) bool {
	for _, at := range a.t.losing(a.t.atomsOf(v)) {
		if at != lostText {
			return false
		}
	}
	return true
}

// lostTexts is what is noted of a place that lost a value, and of what is read there.
func (a *analysis) lostTexts(v value) value {
	switch {
	case v == nothing:
		return v
	case slices.Contains(a.t.losing(a.t.atomsOf(v)), lostText):
		return a.t.make([]atom{anyAtom, lostText})
	}
	return a.t.any()
}

// lost reports whether an object may hold what is not known.
func (s *state) lost(b atom) bool {
	if o := s.heap[b]; o != nil {
		if _, ok := o.get(lostField); ok {
			return true
		}
	}
	if o := s.heap[anyAtom]; o != nil {
		_, ok := o.get(lostField)
		return ok
	}
	return false
}

// forget makes all that an object held unknown; of nothing in particular, all that any object held.
func (a *analysis) forget(s *state, b atom, v value) {
	list := []atom{b}
	switch a.t.node(b).kind {
	case kParam, kLoad, kResult, kObj, kHome, kStore, kCell:
	case kAny:
		list = s.bases()
	default:
		return
	}
	lost := a.lostTexts(v)
	for _, b := range list {
		if b == anyAtom {
			continue
		}
		for _, k := range a.slots(s, b) {
			if k.field != lostField && k.field != sharedField && !a.keptAnyway(b, k.field) {
				s.put(k, a.t.join(a.unknown(k.field, s.at(k)), lost))
			}
		}
	}
	s.put(slot{b, lostField}, a.t.join(s.at(slot{b, lostField}), lost))
}

type forgottenKey struct {
	v    value
	text bool
}

// unknown is what a field may hold after it was written in a way that is not known.
func (a *analysis) unknown(field string, v value) value {
	key := forgottenKey{v, !strings.HasSuffix(field, ":[")}
	out, ok := a.forgotten[key]
	if !ok {
		out = a.unsure(v, key.text)
		a.forgotten[key] = out
	}
	return out
}

// unsure is a value without what is no longer sure of it: its numbers and texts.
func (a *analysis) unsure(v value, text bool) value {
	out := []atom{anyAtom}
	for _, at := range a.t.atomsOf(v) {
		switch a.t.node(at).kind {
		case kAny:
			if !marked(at) {
				continue
			}
		case kInt, kStr, kPattern, kWhen, kCompare, kAsk:
			continue
		case kConcat:
			out = append(out, a.t.atomsOf(a.labels(a.t.one(at)))...)
			continue
		case kParam, kLoad, kResult, kCell:
			if text {
				out = append(out, a.t.atomsOf(a.labels(a.t.one(at)))...)
				continue
			}
		}
		out = append(out, at)
	}
	return a.t.make(out)
}

// unwritten is what a field holds in a state that says nothing of it.
func (a *analysis) unwritten(s *state, b atom, field string) value {
	v := a.initial(b, field)
	if s.lost(b) {
		return a.t.join(a.unknown(field, v), s.at(slot{b, lostField}))
	}
	return v
}
