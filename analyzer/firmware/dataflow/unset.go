package dataflow

import (
	"maps"
	"slices"
	"strings"

	"romscan/analyzer/fact/dex"
)

// A truth value of an object that the program's own code makes is false until something writes it (The Java Virtual Machine
// Specification, 2.3.4). Of objects that other things make, nothing is said.

// unset is what a field of an object holds that nobody wrote.
func (a *analysis) unset(n *node, field string) value {
	if strings.HasSuffix(field, ":Z") && a.news[n.a] && a.u.class(n.s) != nil && !a.native(n.s) {
		return a.t.num(0)
	}
	return nothing
}

// native reports whether native methods may write the fields of a class.
func (a *analysis) native(class string) bool {
	for c, depth := a.u.class(class), 0; c != nil && depth < maxChain; c, depth = a.u.class(c.Super), depth+1 {
		a.u.load(c)
		if slices.ContainsFunc(c.order, func(m *Method) bool { return m.Access&dex.AccNative != 0 }) {
			return true
		}
	}
	return false
}

// anyFlags notes that some field of objects is written by what is not followed: each truth value may be another then. It returns true
// where the objects are the caller's, and their class is not known.
func (f *frame) anyFlags(v value) (wait bool) {
	a := f.a
	for _, at := range a.t.atomsOf(v) {
		if n := *a.t.node(at); n.kind == kObj && a.news[n.a] {
			for c, depth := a.u.class(n.s), 0; c != nil && depth < maxChain; c, depth = a.u.class(c.Super), depth+1 {
				a.u.load(c)
				for _, key := range slices.Sorted(maps.Keys(c.fields)) {
					if name, typ, _ := strings.Cut(key, ":"); typ == "Z" {
						a.add(f.s, a.t.one(at), a.u.member(&fieldRef{class: c.Name, name: name, typ: typ}), a.any())
					}
				}
			}
		}
	}
	return a.t.symbolic(v)
}
