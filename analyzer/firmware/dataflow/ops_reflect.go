package dataflow

import (
	"maps"
	"slices"
	"strings"

	"romscan/analyzer/fact/dex"
)

// opClass is Class.forName, ClassLoader.loadClass.
func opClass(f *frame, c *call) (value, bool) {
	a := f.a
	v := f.text(c.arg(0))
	if a.t.symbolic(v) {
		return nothing, true
	}
	out := nothing
	for _, s := range a.spellings(v) {
		out = a.t.join(out, a.t.of(node{kind: kClass, s: className(s)}))
	}
	return out, false
}

// opClassName is Class.getName, ComponentName and the like: the name of a class token.
func opClassName(f *frame, c *call) (value, bool) {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(c.at(0)) {
		if n := a.t.node(at); n.kind == kClass && len(n.s) > 2 {
			out = a.t.join(out, a.t.str(dotted(n.s)))
		} else {
			out = a.t.join(out, a.derive(a.t.one(at), 0))
		}
	}
	return out, false
}

// opInstance makes objects of class tokens and runs their constructors.
func opInstance(f *frame, c *call) (value, bool) {
	a := f.a
	recv := c.at(0)
	if a.t.symbolic(recv) {
		return nothing, true
	}
	out := nothing
	for _, at := range a.t.atomsOf(recv) {
		n := *a.t.node(at)
		if n.kind != kClass && n.kind != kMethod {
			continue
		}
		v := f.object(n.s)
		if n.kind == kMethod && len(c.r.params) > 0 {
			f.constructed(n.s, v, c)
		} else if m := a.u.find(n.s, "<init>()V"); m != nil && m.Class.Name == n.s {
			f.apply(m, []value{v}, c.site)
		}
		out = a.t.join(out, v)
	}
	return out, false
}

// constructed runs the constructors of a class that take as many arguments as are given.
func (f *frame) constructed(class string, v value, c *call) {
	a := f.a
	cl := a.u.class(class)
	if cl == nil {
		return
	}
	a.u.load(cl)
	count, known := a.t.number(a.load(f.s, c.at(1), "$length"))
	for _, m := range cl.order {
		if m.Name != "<init>" || known && int(count) != len(m.params) {
			continue
		}
		args := []value{v}
		for i := range m.params {
			args = append(args, a.element(f.s, c.at(1), element(int64(i))))
		}
		f.apply(m, args, c.site)
	}
	f.over = false
}

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

// proxyClass is what stands for an interface without a class: its handler is asked for every method.
const proxyClass = "Ljava/lang/reflect/Proxy;"

// opProxy makes an object of interfaces whose calls a handler gets.
func opProxy(f *frame, c *call) (value, bool) {
	v := f.object(proxyClass)
	f.a.store(f.s, v, wrappedField, c.at(3))
	return v, false
}

// proxied hands a call of a proxy to its handler.
func (f *frame) proxied(at atom, args []value, site uint32) value {
	a := f.a
	list := f.object("[Ljava/lang/Object;")
	for i, v := range args[1:] {
		a.store(f.s, list, element(int64(i)), v)
	}
	a.store(f.s, list, "$length", a.t.num(int64(len(args)-1)))
	out := nothing
	for _, h := range a.t.atomsOf(f.s.at(slot{at, wrappedField})) {
		n := a.t.node(h)
		if m := a.u.find(n.s, "invoke(Ljava/lang/Object;Ljava/lang/reflect/Method;[Ljava/lang/Object;)Ljava/lang/Object;"); m != nil {
			out = a.t.join(out, f.apply(m, []value{a.t.one(h), a.t.one(at), a.any(), list}, site))
		}
	}
	return out
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

func opField(f *frame, c *call) (value, bool) {
	v, wait := opMethod(f, c)
	a := f.a
	var out []atom
	for _, at := range a.t.atomsOf(v) {
		if n := *a.t.node(at); n.kind == kMethod {
			n.kind = kField
			out = append(out, a.t.atom(n))
		}
	}
	return a.t.make(out), wait
}

// fieldsOf lists the slots a reflected field may be.
func (f *frame) fieldsOf(v value) []string {
	a := f.a
	var out []string
	for _, at := range a.t.atomsOf(v) {
		if n := a.t.node(at); n.kind == kField {
			name, _ := a.t.text(value(n.n))
			for _, typ := range [...]string{"L", "I", "Z", "J", "["} {
				out = append(out, a.u.member(&fieldRef{class: n.s, name: name, typ: typ}))
			}
		}
	}
	return out
}

func opFieldGet(f *frame, c *call) (value, bool) {
	out := nothing
	for _, name := range f.fieldsOf(c.at(0)) {
		out = f.a.t.join(out, f.a.load(f.s, c.at(1), name))
	}
	return out, f.a.t.symbolic(c.at(0))
}

func opFieldSet(f *frame, c *call) (value, bool) {
	names := f.fieldsOf(c.at(0))
	for _, name := range names {
		f.a.store(f.s, c.at(1), name, c.at(2))
	}
	if len(names) > 0 || f.a.t.symbolic(c.at(0)) {
		return nothing, f.a.t.symbolic(c.at(0))
	}
	return nothing, f.anyFlags(c.at(1))
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
