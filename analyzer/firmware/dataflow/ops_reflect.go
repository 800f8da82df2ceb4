package dataflow

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
