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
