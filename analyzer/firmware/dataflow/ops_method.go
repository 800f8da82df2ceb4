package dataflow

import (
	"maps"
	"slices"
	"strings"

	"romscan/analyzer/fact/dex"
)

// anyMethod is the name of a method that was found in a list of all.
const anyMethod = "*"

// opMethods lists the methods of a class.
func opMethods(f *frame, c *call) (value, bool) {
	a := f.a
	v := f.object(c.r.ret)
	for _, at := range a.t.atomsOf(c.at(0)) {
		if n := *a.t.node(at); n.kind == kClass {
			a.add(f.s, v, "[?]", a.t.of(node{kind: kMethod, s: n.s, n: int64(a.t.str(anyMethod))}))
		}
	}
	return v, a.t.symbolic(c.at(0))
}

// opMethod looks a method up by name.
func opMethod(f *frame, c *call) (value, bool) {
	a := f.a
	recv, name := c.at(0), f.text(c.at(1))
	if a.t.symbolic(recv) || a.t.symbolic(name) {
		return nothing, true
	}
	out := nothing
	for _, at := range a.t.atomsOf(recv) {
		if n := *a.t.node(at); n.kind == kClass || n.kind == kAny || n.kind == kApi {
			for _, s := range a.spellings(name) {
				if n.kind != kClass {
					n.s = ""
				}
				out = a.t.join(out, a.t.of(node{kind: kMethod, s: n.s, n: int64(a.t.str(s))}))
			}
		}
	}
	return out, false
}

// reading returns the call of the platform that a name alone says reads personal data.
func (a *analysis) reading(name string) *Call {
	if !a.voc.reading[name] {
		return nil
	}
	for _, class := range slices.Sorted(maps.Keys(a.voc.Calls)) {
		for _, c := range a.voc.Calls[class][name] {
			if c.Source != "" && c.Param == 0 {
				return c
			}
		}
	}
	return nil
}

// namesOf returns the names of methods of a class that are written in this method: of all methods that it lists, those are
// the ones it looks for. Where there are none, nothing says which.
func (f *frame) namesOf(class string) map[string]bool {
	c := f.a.u.class(class)
	if c == nil {
		return nil
	}
	f.a.u.load(c)
	var out map[string]bool
	for i := range f.g.insns {
		in := &f.g.insns[i]
		if in.Op != 0x1a && in.Op != 0x1b { // const-string
			continue
		}
		s := f.f.String(in.Index)
		if slices.ContainsFunc(c.order, func(m *Method) bool { return m.Name == s }) {
			if out == nil {
				out = map[string]bool{}
			}
			out[s] = true
		}
	}
	return out
}

// leavingBy returns the call of the platform that a name alone says is a place where data leaves: every class that has a
// method of this name is one of that kind.
func (a *analysis) leavingBy(name string) (found *Call) {
	if !a.voc.leaving[name] {
		return nil
	}
	for _, class := range slices.Sorted(maps.Keys(a.voc.Calls)) {
		for _, c := range a.voc.Calls[class][name] {
			if c.Profile != "" && c.Profile != a.profile {
				continue
			}
			if c.Sink == "" || found != nil && found.Sink != c.Sink {
				return nil
			}
			if found == nil {
				found = c
			}
		}
	}
	return found
}

// opMethodCall is Method.invoke: receiver, then an array of arguments.
func opMethodCall(f *frame, c *call) (value, bool) {
	a := f.a
	mv := c.at(0)
	if a.t.symbolic(mv) {
		return nothing, true
	}
	out := nothing
	for _, at := range a.t.atomsOf(mv) {
		n := *a.t.node(at)
		if n.kind != kMethod {
			continue
		}
		name, _ := a.t.text(value(n.n))
		out = a.t.join(out, f.reflected(n.s, name, c))
	}
	if out == nothing {
		all := a.t.join(a.reach(f.s, c.at(1)), a.reach(f.s, c.at(2)))
		return a.derive(all, 0), false
	}
	return out, false
}

// reflected calls every method of a name that takes as many arguments as are given.
func (f *frame) reflected(class, name string, c *call) value {
	a := f.a
	count := -1
	if n, ok := a.t.number(a.load(f.s, c.at(2), "$length")); ok {
		count = int(n)
	} else if n, ok := a.t.number(c.at(2)); ok && n == 0 {
		count = 0
	}
	nobody, none := a.t.number(c.at(1)) // static methods are called without an object
	none = none && nobody == 0
	args := func(n int, static bool) []value {
		var list []value
		if !static {
			list = append(list, c.at(1))
		}
		for i := range n {
			list = append(list, a.element(f.s, c.at(2), element(int64(i))))
		}
		return list
	}
	out := nothing
	found := false
	var asked map[string]bool
	if name == anyMethod {
		asked = f.namesOf(class)
	}
	for cl, n := a.u.class(class), 0; cl != nil && n < maxChain; cl, n = a.u.class(cl.Super), n+1 {
		a.u.load(cl)
		for _, m := range cl.order {
			listed := name == anyMethod && (asked == nil || asked[m.Name]) && (m.Access&dex.AccStatic == 0) != none && !strings.HasPrefix(m.Name, "<")
			if (m.Name == name || listed) && (count < 0 || len(m.params) == count) && m.Access&dex.AccAbstract == 0 {
				found = true
				out = a.t.join(out, f.apply(m, args(len(m.params), m.Static()), c.site))
			}
		}
	}
	if found {
		return out
	}
	target := a.lookup(a.u.platform(class), name, "")
	if class == "" {
		if target = a.reading(name); target == nil {
			target = a.leavingBy(name)
		}
	}
	if target == nil {
		return a.derive(a.t.join(a.reach(f.s, c.at(1)), a.reach(f.s, c.at(2))), 0)
	}
	r := &methodRef{class: class, name: name, proto: target.Proto, params: make([]string, max(count, 0)), ret: "Ljava/lang/Object;"}
	return f.api(target, r, args(max(count, 0), target.Text == "static"), c.site)
}
