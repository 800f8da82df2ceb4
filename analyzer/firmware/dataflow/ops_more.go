package dataflow

import "strings"

// opListen gives objects to the platform that are called back later.
func opListen(f *frame, c *call) (value, bool) {
	for i := range c.r.params {
		f.callbacks(c.r, c.at(0), c.at(i+1), c.site)
	}
	return f.a.any(), false
}

// scripted is the class that marks objects whose public methods a page's script may call.
const scripted = "scripted"

// opScript gives an object to the scripts of web pages.
func opScript(f *frame, c *call) (value, bool) {
	f.register(c.r, c.at(0), c.at(1), event{kind: evAsync, ref: &methodRef{class: scripted, name: c.r.name}, args: []value{c.at(1)}, conds: f.gates[f.block], site: c.site})
	return nothing, false
}

// opBind starts a service and hands over a connection that is called back.
func opBind(f *frame, c *call) (value, bool) {
	f.start(c, c.at(1), "service", c.at(2))
	return opListen(f, c)
}

// opCompare compares texts.
func opCompare(f *frame, c *call) (value, bool) {
	a := f.a
	x, y := c.at(0), c.at(1)
	if len(c.r.params) > 1 {
		x, y = c.at(1), c.at(2)
	}
	if c.r.name == "equals" && (a.enumerated(x) || a.enumerated(y)) {
		return a.sameConstant(x, y), false
	}
	x, y = f.text(x), f.text(y)
	s, ok1 := a.t.text(x)
	r, ok2 := a.t.text(y)
	if ok1 && ok2 {
		return a.t.num(truthOf(s == r || c.r.name == "equalsIgnoreCase" && strings.EqualFold(s, r))), false
	}
	if v, ok := a.sameAsNull(x, y); ok {
		return v, false
	}
	f.asksEntries(x)
	f.asksEntries(y)
	if c.r.name != "equalsIgnoreCase" && a.differ(x, y) {
		return a.t.num(0), false
	}
	if a.profile == "droidbench" {
		return a.derive(a.t.join(x, y), asAnswer), false
	}
	if c.r.name == "equalsIgnoreCase" {
		if v, ok := a.questionTo(x, y, "same", -1); ok {
			return v, false
		}
		if v, ok := a.questionTo(y, x, "same", -1); ok {
			return v, false
		}
	}
	return a.t.of(node{kind: kCompare, a: uint32(x), b: uint32(y)}), false
}

// opListenThis gives the receiver itself to the platform.
func opListenThis(f *frame, c *call) (value, bool) {
	f.callbacks(c.r, c.at(0), c.at(0), c.site)
	return f.a.any(), false
}

// ofProgram reports whether the receiver is an object of the caller's, of a class of the program: which of its fields are
// written is known there.
func (f *frame) ofProgram(c *call) bool {
	return f.a.t.symbolic(c.at(0)) && f.m != nil && c.r.class == "Ljava/lang/Object;" && !f.m.Static() && f.a.u.is(f.m.Class.Name, "Ljava/lang/Cloneable;")
}

// opClone copies an object.
func opClone(f *frame, c *call) (value, bool) {
	a := f.a
	if f.ofProgram(c) {
		return nothing, true
	}
	out := nothing
	for _, at := range a.t.atomsOf(c.at(0)) {
		n := *a.t.node(at)
		if a.ofCaller(at) && a.u.is(c.r.class, "Ljava/util/Map;") {
			v := f.object(c.r.class)
			f.copyAll(a.t.one(at), v)
			out = a.t.join(out, v)
			continue
		}
		if n.kind != kObj {
			out = a.t.join(out, a.t.one(at))
			continue
		}
		v := f.object(n.s)
		for _, k := range a.slots(f.s, at) {
			a.store(f.s, v, k.field, f.s.at(k))
		}
		out = a.t.join(out, v)
	}
	return out, false
}

// opClassOf is getClass.
func opClassOf(f *frame, c *call) (value, bool) {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(c.at(0)) {
		switch n := *a.t.node(at); n.kind {
		case kObj, kHome:
			out = a.t.join(out, a.t.of(node{kind: kClass, s: n.s}))
		default:
			if a.t.symbolic(a.t.one(at)) {
				return nothing, true
			}
			out = a.t.join(out, a.any())
		}
	}
	return out, false
}

// opConstructor is Class.getConstructor.
func opConstructor(f *frame, c *call) (value, bool) {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(c.at(0)) {
		if n := *a.t.node(at); n.kind == kClass {
			out = a.t.join(out, a.t.of(node{kind: kMethod, s: n.s, n: int64(a.t.str("<init>"))}))
		}
	}
	return out, a.t.symbolic(c.at(0))
}

// opAddAny appends to a container whose order is not followed.
func opAddAny(f *frame, c *call) (value, bool) {
	f.a.store(f.s, c.at(0), countField, f.a.any())
	f.a.add(f.s, c.at(0), "[?]", c.at(1))
	return f.a.any(), false
}

func opArgText(f *frame, c *call) (value, bool) {
	if len(c.Args) == 0 && len(c.r.params) > 0 {
		return f.textArg(c, 0), false
	}
	return f.text(c.at(1)), false
}

func opCharText(f *frame, c *call) (value, bool) { return f.character(c.at(1)), false }

// opPair is a name and a value.
func opPair(f *frame, c *call) (value, bool) {
	f.a.add(f.s, c.at(0), "[value]", c.at(2))
	return nothing, false
}

func opPackageName(f *frame, c *call) (value, bool) { return f.a.t.str(f.a.app.Package), false }

// opPermission reads whether a permission is held.
func opPermission(f *frame, c *call) (value, bool) {
	s, ok := f.a.t.text(c.at(1))
	if !ok {
		return f.a.any(), false
	}
	return f.a.t.of(node{kind: kCell, a: uint32(f.a.t.atom(node{kind: kStore, s: "permission"})), s: "[" + s + "]"}), false
}

// opDBExec runs a statement: what it is given besides goes into the table that it names after INTO or UPDATE.
func opDBExec(f *frame, c *call) (value, bool) {
	a := f.a
	if len(c.r.params) < 2 {
		return a.any(), false
	}
	sql := f.text(c.at(1))
	if a.t.symbolic(sql) || a.t.symbolic(c.at(2)) {
		return nothing, true
	}
	for _, table := range writtenTables(a.spellings(sql)) {
		a.add(f.s, f.table(a.t.str(table)), "[?]", a.reach(f.s, c.at(2)))
	}
	return a.any(), false
}

// opDBStatement prepares a statement: what is bound to it goes into the table that it names.
func opDBStatement(f *frame, c *call) (value, bool) {
	a := f.a
	sql := f.text(c.at(1))
	if a.t.symbolic(sql) {
		return nothing, true
	}
	out := nothing
	for _, table := range writtenTables(a.spellings(sql)) {
		out = a.t.join(out, f.table(a.t.str(table)))
	}
	if out == nothing {
		return a.any(), false
	}
	return out, false
}

// writtenTables are the tables that statements write to: what they name after INTO, or after UPDATE at their beginning.
func writtenTables(statements []string) (out []string) {
	for _, s := range statements {
		words := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n(),;`\"'", r) })
		for i, w := range words {
			if (strings.EqualFold(w, "into") || i == 0 && strings.EqualFold(w, "update")) && i+1 < len(words) {
				out = append(out, words[i+1])
				break
			}
		}
	}
	return out
}

// opPartOf is a getter of an object that is personal data as a whole, a location or a message: what it returns was read
// where the object was, or here where that is not known.
func opPartOf(f *frame, c *call) (value, bool) {
	a := f.a
	if a.t.symbolic(c.at(0)) {
		return nothing, true
	}
	var out []atom
	for _, at := range a.t.atomsOf(c.at(0)) {
		if n := a.t.node(at); n.kind == kSource && a.types[n.a] == c.Text {
			out = append(out, at)
		}
	}
	if len(out) > 0 {
		return a.t.make(out), false
	}
	return f.read(c.Text, c.site), false
}

// opFields is a constructor that keeps its parameters in public fields, which text names in their order.
func opFields(f *frame, c *call) (value, bool) {
	for i, name := range strings.Split(c.Text, ",") {
		if i < len(c.r.params) {
			f.a.store(f.s, c.at(0), name, c.at(i+1))
		}
	}
	return nothing, false
}

// Operations returns the names of operations that a line of the vocabulary may use.
func Operations() map[string]bool {
	names := map[string]bool{}
	for name := range operations() {
		names[name] = true
	}
	return names
}

// TransformBits returns the bits of a transform's name; "" is none.
func TransformBits(name string) (uint32, bool) {
	b, ok := transformBits[name]
	return b, ok || name == ""
}
