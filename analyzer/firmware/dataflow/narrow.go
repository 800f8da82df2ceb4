package dataflow

import (
	"encoding/binary"
	"slices"
	"strings"

	"romscan/analyzer/fact/dex"
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

type narrowWork struct {
	p, lib  *Program
	v       *Vocabulary
	supers  map[string]string
	over    map[string][]string // superclass and interfaces
	all     map[string][]string // methods by class
	named   map[string][]string // methods with code by name and prototype
	calls   map[string][]string // callees
	makes   map[string][]string // classes that a method makes objects of
	of      map[string][]string // the class of a method
	above   map[string]map[string]bool
	guesses int
	// where data leaves, and is read
	sending, begin []string
	enter          map[string]bool // true, but of those that are entered for what stands before a call
}

// each calls yield with all methods of the program.
func (w *narrowWork) each(yield func(*dex.File, string, dex.EncodedMethod)) {
	w.p.each(func(f *dex.File, name string, def *dex.ClassDef) {
		if w.over[name] != nil {
			return
		}
		if def.Super != dex.NoIndex {
			w.supers[name] = f.Type(def.Super)
			w.over[name] = append(w.over[name], f.Type(def.Super))
		}
		for l := def.Interfaces; len(l) >= 2; l = l[2:] {
			w.over[name] = append(w.over[name], f.Type(uint32(binary.LittleEndian.Uint16(l))))
		}
	}, yield)
}

func (w *narrowWork) list(f *dex.File, class string, m dex.EncodedMethod) {
	ref := f.MethodRef(m.Method)
	w.all[class] = append(w.all[class], ref)
	w.of[ref] = []string{class}
	if _, key, _ := strings.Cut(ref, "->"); m.Code != 0 && m.Access&(dex.AccStatic|2) == 0 && len(w.named[key]) < maxNamed {
		w.named[key] = append(w.named[key], ref)
	}
}

// look notes what a method calls and makes.
func (w *narrowWork) look(f *dex.File, class string, m dex.EncodedMethod) {
	self := f.MethodRef(m.Method)
	seen := map[string]bool{}
	leaf, sets, sends, begins := true, false, false, w.given(class, self)
	known := w.p.outgoing(f, m, func(op dex.Op, ref string) {
		switch {
		case op.Invoke():
			c, rest, _ := strings.Cut(ref, "->")
			name, _, _ := strings.Cut(rest, "(")
			leaf = false
			sets = sets || settingsClasses[c]
			sends = sends || w.v.leaving[name] && w.v.leaves(c, name, w.supers, networking, 0) || w.lib != nil && w.lib.sends(c, rest, w.supers)
			begins = begins || w.v.reading[name] && w.v.leaves(c, name, w.supers, reading, 0)
			if !seen[ref] && !strings.HasPrefix(c, "Ljava/") && (name != "<init>" || w.all[c] != nil) {
				seen[ref] = true
				w.call(self, c, rest)
			}
		default: // a class that is named is to be made by its name
			w.makes[self] = append(w.makes[self], ref)
		}
	})
	if !known {
		return
	}
	if leaf || sets {
		w.enter[self] = false
	}
	for _, list := range []map[string][]string{w.calls, w.makes} {
		slices.Sort(list[self])
		list[self] = slices.Compact(list[self])
	}
	if begins {
		w.begin = append(w.begin, self)
	}
	if sends {
		w.sending = append(w.sending, self)
	}
}

// call notes which methods a call may mean: that of the class or of the first above it that has it, and those of classes below.
func (w *narrowWork) call(self, class, rest string) {
	for c, n := class, 0; c != "" && n < maxChain; c, n = w.supers[c], n+1 {
		if callee := c + "->" + rest; w.of[callee] != nil {
			w.calls[self] = append(w.calls[self], callee)
			break
		}
	}
	if strings.HasPrefix(rest, "<init>") || w.guesses >= maxGuessed {
		return
	}
	for _, callee := range w.named[rest] {
		if c, _, _ := strings.Cut(callee, "->"); c != class && w.below(c, class) {
			w.calls[self] = append(w.calls[self], callee)
			w.guesses++
		}
	}
}

// networking reports whether data leaves the phone at a call, or goes on the way out: what the system server runs and writes
// is the system's.
func networking(c *Call) bool {
	return c.Profile == "" && (c.Sink == "network" || c.Sink == "sms") || c.Op == "open" && c.Class != "Landroid/net/Uri;"
}

// below reports whether a class is derived from another.
func (w *narrowWork) below(class, of string) bool {
	all, known := w.above[class]
	if !known {
		all = closure(w.over[class], -1, w.over)
		w.above[class] = all
	}
	return all[of]
}

// given reports whether the platform gives a method personal data.
func (w *narrowWork) given(class, self string) bool {
	_, name := classAndName(self)
	return w.v.reading[name] && w.v.leaves(class, name, w.supers, func(c *Call) bool { return c.Source != "" && c.Param > 0 }, 0)
}

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
