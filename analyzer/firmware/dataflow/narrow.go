package dataflow

import (
	"slices"
	"strings"
)

// Narrow finds what of a large program is entered, and has the rest do to data what unknown methods of the platform do. The
// system server has tens of thousands of methods, and few have to do with what leaves the phone. Entered are
//
//   - all from which a call is reached at which data leaves, by calls and by objects made,
//   - all methods of the classes where it leaves, and of those up to three calls above, where they are not large: what they
//     send is given to them before,
//   - of the methods from which personal data is read by calls, those that these call, and those of classes that have any of these,
//   - and those that call nothing, or read a setting, for what stands before a call.
//
// lib is what the program is linked to, nil for nothing. It must be called before the program is used.
func (p *Program) Narrow(v *Vocabulary, lib *Program) {
	w := &narrowWork{p: p, v: v, lib: lib, all: map[string][]string{}, named: map[string][]string{}, calls: map[string][]string{}, makes: map[string][]string{}, of: map[string][]string{}, above: map[string]map[string]bool{}, supers: map[string]string{}, over: map[string][]string{}, enter: map[string]bool{}}
	w.each(w.list)
	w.each(w.look)
	callers, makers := inverse(w.calls), inverse(w.makes)
	sends := closure(w.sending, -1, callers, w.of, makers)
	reads := closure(w.begin, -1, callers)
	near := map[string]bool{}
	for ref := range closure(w.sending, 3, callers) {
		near[outerClass(ref)] = true
	}
	with, size := map[string]bool{}, map[string]int{} // classes with a method that sends; how many methods they have
	for class, list := range w.all {
		size[outerClass(class)] += len(list)
		for _, ref := range list {
			with[outerClass(ref)] = with[outerClass(ref)] || sends[ref]
		}
	}
	var from []string
	for class, list := range w.all {
		for _, ref := range list {
			if outer := outerClass(class); sends[ref] || near[outer] && size[outer] <= maxNear {
				w.enter[ref] = true
				from = append(from, ref)
			}
		}
	}
	for len(from) > 0 { // what they read
		ref := from[len(from)-1]
		from = from[:len(from)-1]
		for _, callee := range w.calls[ref] {
			if reads[callee] && !w.enter[callee] {
				w.enter[callee] = true
				from = append(from, callee)
			}
		}
	}
	for ref := range reads {
		if with[outerClass(ref)] {
			w.enter[ref] = true
		}
	}
	p.narrow = w.enter
}

// maxNear bounds the methods of a class, with what is nested in it, that is entered as a whole.
const maxNear = 200

// maxNamed bounds the methods of one name and prototype that a call may mean: those of a run method, which are started as
// objects that are made, are more than the system server has of any other.
const maxNamed = 600

// maxGuessed bounds the calls of methods that others override, each counted for every such method.
const maxGuessed = 4_000_000

// closure is what is reached from methods in at most so many steps, in any number where depth is negative.
func closure(begin []string, depth int, along ...map[string][]string) map[string]bool {
	seen := map[string]bool{}
	for todo := begin; len(todo) > 0; depth-- {
		var next []string
		for _, ref := range todo {
			if seen[ref] {
				continue
			}
			seen[ref] = true
			for _, m := range along {
				next = append(next, m[ref]...)
			}
		}
		if depth == 0 {
			break
		}
		todo = next
	}
	return seen
}

func inverse(edges map[string][]string) map[string][]string {
	out := map[string][]string{}
	for from, list := range edges {
		for _, to := range list {
			out[to] = append(out[to], from)
		}
	}
	return out
}

// outerClass is the class of a method, or a class, without what is nested in it.
func outerClass(ref string) string { return ref[:max(strings.IndexAny(ref, ";$"), 0)] }

// skips reports whether a method of a narrowed program is not entered.
func (p *Program) skips(m *Method) bool {
	if p.narrow == nil || m.Class.Lib {
		return false
	}
	_, entered := p.narrow[m.Ref()]
	return !entered
}

// matters reports whether a method has to do with what leaves, or is read.
func (p *Program) matters(m *Method) bool { return p.narrow == nil || m.Class.Lib || p.narrow[m.Ref()] }

// skipped is what a call of a method does that is not entered: objects and strings given to it may be in its receiver and its
// result, and of objects given to it those may be called back that have to do with what leaves.
func (f *frame) skipped(m *Method, args []value, site uint32) value {
	a := f.a
	r := &methodRef{class: m.Class.Name, name: m.Name, proto: m.Proto, params: m.params, ret: m.ret}
	all, recv := nothing, nothing
	if !m.Static() {
		recv = args[0]
	}
	given := a.bearing(r, args)
	for i, v := range args {
		all = a.t.join(all, a.derive(a.reach(f.s, given[i]), 0))
		if i == 0 && !m.Static() {
			continue
		}
		var back []atom
		for _, at := range a.t.atomsOf(v) {
			if n := a.t.node(at); (n.kind == kObj || n.kind == kHome) && a.calledBack(n.s) {
				back = append(back, at)
			}
		}
		if len(back) > 0 {
			f.callbacks(r, recv, a.t.make(back), site)
		}
	}
	return f.passes(r, m.Static(), given, all, site)
}

// calledBack reports whether any method that the platform may call of an object has to do with what leaves.
func (a *analysis) calledBack(class string) bool {
	if a.u.app.narrow == nil {
		return true
	}
	for c, n := a.u.class(class), 0; c != nil && n < maxChain; c, n = a.u.class(c.Super), n+1 {
		a.u.load(c)
		if slices.ContainsFunc(c.order, func(m *Method) bool { return callable(m) && a.u.app.matters(m) }) {
			return true
		}
	}
	return false
}
