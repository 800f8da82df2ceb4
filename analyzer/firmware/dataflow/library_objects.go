package dataflow

import (
	"iter"
	"slices"
)

// Code of a library is called by everybody, so objects that it makes for itself are too: a queue that all requests of an
// app go through, the request that a factory hands out. Objects are told apart by the calls that lead to the instruction
// that makes them, see alike.go; where none of those calls is one of the app's, what different callers put into such an
// object cannot be told apart any more, and data may seem to meet an address that it has nothing to do with.

// common reports whether an object is made in a library, for whoever calls it.
func (a *analysis) common(base atom) bool {
	n := a.t.node(base)
	if n.kind == kHome && n.b != 0 {
		n = a.t.node(atom(n.b - 1))
	}
	if n.kind != kObj || !a.library(n.a) {
		return false
	}
	for id := n.b; id != 0; id = a.chains.nodes[id].rest {
		if !a.library(a.chains.nodes[id].site) {
			return false
		}
	}
	return true
}

// library reports whether an instruction is one of a library.
func (a *analysis) library(site uint32) bool {
	m := a.sites[site].Method
	return m != nil && m.Class.Lib
}

// ofLibrary reports whether a class is one of a library.
func (a *analysis) ofLibrary(class string) bool {
	c := a.u.class(class)
	return c != nil && c.Lib
}

// ofEverybody is what a common object holds for all callers alike: data that the library itself reads, and other common
// objects.
func (a *analysis) ofEverybody(v value) value {
	var out []atom
	for _, at := range a.t.atomsOf(v) {
		n := a.t.node(at)
		switch n.kind {
		case kSource:
			if a.library(uint32(n.n)) {
				out = append(out, at)
			}
		case kConcat:
			if a.readInLibrary(n.parts()) {
				out = append(out, at)
			}
		case kHome, kObj:
			if a.common(at) {
				out = append(out, at)
			}
		}
	}
	return a.t.make(out)
}

// readInLibrary reports whether parts of a text are data, and all of it is read in a library.
func (a *analysis) readInLibrary(parts []atom) bool {
	data := false
	for _, p := range parts {
		if n := a.t.node(p); n.kind == kSource {
			if data = a.library(uint32(n.n)); !data {
				return false
			}
		}
	}
	return data
}

// fixed is what a static field of a library holds for all callers alike: everything but objects of callers, which a pool
// hands from one to the next.
func (a *analysis) fixed(v value) value {
	var out []atom
	for _, at := range a.t.atomsOf(v) {
		if k := a.t.node(at).kind; k != kHome && k != kObj || a.common(at) {
			out = append(out, at)
		}
	}
	return a.t.make(out)
}

// apart looks at an event where common objects hold nothing but what they hold for all callers alike. What is found then
// does not rest on them: sure tells it of data, and the addresses of the event are parted into those that are and those
// that are not.
func (a *analysis) apart(e *settledEvent, to []string) (sure func(*node) bool, in, out []string) {
	if a.u.lib == nil {
		return func(*node) bool { return true }, to, nil
	}
	all := a.expanded
	a.isApart, a.expanded = true, a.expandedApart
	known := a.origins(e.payload)
	by := a.spellings(e.to)
	a.isApart, a.expanded = false, all
	if e.call.Sink == "network" {
		by = addresses(by)
	}
	for _, s := range to {
		if s == "{}" || slices.Contains(by, s) {
			in = append(in, s)
		} else {
			out = append(out, s)
		}
	}
	return func(n *node) bool { return known[origin{n.a, n.n}] }, in, out
}

// origin is data by its type and the call that read it.
type origin struct {
	data uint32
	site int64
}

// origins lists the data that a value holds.
func (a *analysis) origins(v value) map[origin]bool {
	v = a.expand(v)
	out := map[origin]bool{}
	for n := range a.data(v) {
		out[origin{n.a, n.n}] = true
	}
	return out
}

// data yields the personal data in a value that is expanded, and in what it holds.
func (a *analysis) data(v value) iter.Seq[*node] {
	return func(yield func(*node) bool) {
		for _, at := range a.t.atomsOf(a.t.join(v, a.whole(v))) {
			list := []atom{at}
			if n := a.t.node(at); n.kind == kConcat {
				list = n.parts()
			}
			for _, p := range list {
				if n := a.t.node(p); n.kind == kSource && !yield(n) {
					return
				}
			}
		}
	}
}
