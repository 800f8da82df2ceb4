package dataflow

import (
	"maps"
	"slices"
	"strings"
)

// slot is a field of an object.
type slot struct {
	base  atom
	field string
}

// object is the written fields of one atom, sorted by name. It is never changed once it is in a heap.
type object struct {
	names  []string
	values []value
}

func (o *object) get(field string) (value, bool) {
	if o == nil {
		return nothing, false
	}
	if i, ok := slices.BinarySearch(o.names, field); ok {
		return o.values[i], true
	}
	return nothing, false
}

// at is get, with nothing for what is not there.
func (o *object) at(field string) value {
	v, _ := o.get(field)
	return v
}

// namesOf lists the written fields.
func (o *object) namesOf() []string {
	if o == nil {
		return nil
	}
	return o.names
}

// with returns the object with one field changed.
func (o *object) with(field string, v value) *object {
	if o == nil {
		return &object{[]string{field}, []value{v}}
	}
	i, ok := slices.BinarySearch(o.names, field)
	if ok {
		n := &object{o.names, slices.Clone(o.values)}
		n.values[i] = v
		return n
	}
	return &object{slices.Insert(slices.Clone(o.names), i, field), slices.Insert(slices.Clone(o.values), i, v)}
}

// state is what is known before an instruction: registers and the fields written so far.
type state struct {
	regs   []value
	heap   map[atom]*object
	shared bool // heap belongs to another state too
}

func (s *state) clone() *state {
	s.shared = true
	return &state{regs: slices.Clone(s.regs), heap: s.heap, shared: true}
}

func (s *state) own() {
	if s.shared {
		s.heap = maps.Clone(s.heap)
		s.shared = false
	}
	if s.heap == nil {
		s.heap = map[atom]*object{}
	}
}

// get returns what was written to a field.
func (s *state) get(k slot) (value, bool) { return s.heap[k.base].get(k.field) }

// at is get, with nothing for what was not written.
func (s *state) at(k slot) value {
	v, _ := s.get(k)
	return v
}

func (s *state) put(k slot, v value) {
	o := s.heap[k.base]
	if old, ok := o.get(k.field); ok && old == v {
		return
	}
	s.own()
	s.heap[k.base] = o.with(k.field, v)
}

// bases lists the atoms with written fields, in order.
func (s *state) bases() []atom { return slices.Sorted(maps.Keys(s.heap)) }

// Bounds on what one state knows: objects, and fields of one of them.
const (
	maxObjects = 400
	maxFields  = 80
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
	if o := s.heap[b]; o != nil && a.t.node(b).kind == kObj && !strings.HasPrefix(field, "$") {
		if _, shared := o.get(sharedField); shared {
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

// reach gathers what a value holds, through fields: what a call that takes it apart may see.
func (a *analysis) reach(s *state, v value) value {
	var out []atom
	seen := map[atom]bool{}
	var visit func(v value, depth int)
	visit = func(v value, depth int) {
		for _, b := range a.t.atomsOf(v) {
			if seen[b] {
				continue
			}
			seen[b] = true
			switch n := a.t.node(b); n.kind {
			case kObj, kHome, kStore:
				if n.kind != kObj && !a.inner(b) {
					continue // a component is not sent because one of its objects is
				}
				if depth < 5 {
					if o := s.heap[b]; o != nil {
						for i, v := range o.values {
							if !n.viewField(o.names[i]) {
								visit(v, depth+1)
							}
						}
					}
				}
				if n.kind != kObj {
					out = append(out, a.t.atom(node{kind: kAllOf, a: uint32(b)}))
				}
			case kParam, kLoad, kResult, kCell:
				out = append(out, b)
				if depth < 5 {
					if o := s.heap[b]; o != nil {
						for _, v := range o.values {
							visit(v, depth+1)
						}
					}
				}
				out = append(out, a.t.atom(node{kind: kAllOf, a: uint32(b)}))
			case kConcat:
				visit(a.t.make(n.parts()), depth)
			case kInt:
			case kAny:
				if b == lostThing {
					out = append(out, lostData)
				}
				if marked(b) {
					out = append(out, b)
				}
			default:
				out = append(out, b)
			}
		}
	}
	visit(v, 0)
	return a.t.make(out)
}

// viewField reports whether a field is one that a class of the program adds to a view. What the platform does with a
// view shows nothing of it.
func (n *node) viewField(field string) bool {
	return n.kind == kStore && strings.HasPrefix(n.s, "view:") && !strings.HasPrefix(field, "[") && !strings.HasPrefix(field, "$")
}

// inner reports whether a kHome stands for a shared object, not for a component or a class.
func (a *analysis) inner(b atom) bool {
	n := a.t.node(b)
	return n.kind == kStore || n.kind == kHome && n.b != 0
}

// The bits of kSource.b and kDerived.b: transforms, and how a value came to be.
const (
	asHashed uint32 = 1 << iota
	asEncrypted
	asEncoded
	asCompressed
	asInexact // of a row, but which column cannot be told
	asAnswer  // the result of a comparison with it
)

// countOf is the number of things in a list: no data itself, and still a condition on it.
func (a *analysis) countOf(v value) value {
	var out []atom
	for _, at := range a.t.atomsOf(v) {
		n := *a.t.node(at)
		if n.kind == kSource {
			n = node{kind: kApi, a: uint32(n.n), s: "number of " + a.types[n.a]}
		}
		out = append(out, a.t.atom(n))
	}
	return a.t.make(out)
}

// derive returns what a value made of v carries on: personal data and what depends on the caller, with transforms added.
func (a *analysis) derive(v value, bits uint32) value {
	var out []atom
	for _, b := range a.t.atomsOf(v) {
		n := *a.t.node(b)
		switch n.kind {
		case kAny:
			if b == lostData || b == lostThing {
				out = append(out, lostData)
			}
		case kSource:
			n.b |= bits
			out = append(out, a.t.atom(n))
		case kDerived:
			n.b |= bits
			out = append(out, a.t.atom(n))
		case kParam, kLoad, kResult, kCell, kAllOf:
			out = append(out, a.t.atom(node{kind: kDerived, a: uint32(b), b: bits}))
		case kApi:
			if n.s == "remote" {
				out = append(out, b)
			}
		case kConcat:
			out = append(out, a.t.atomsOf(a.derive(a.t.make(n.parts()), bits))...)
		}
	}
	if len(out) == 0 {
		return a.t.any()
	}
	return a.t.make(out)
}
