package dataflow

import "strings"

// opConstant is the constructor of java.lang.Enum: the name and the number of a constant.
func opConstant(f *frame, c *call) (value, bool) {
	f.a.store(f.s, c.at(0), titleField, c.at(1))
	f.a.store(f.s, c.at(0), ordinalField, c.at(2))
	return nothing, false
}

// opConstantField is ordinal, or name.
func opConstantField(f *frame, c *call) (value, bool) {
	field := ordinalField
	if c.r.ret != "I" {
		field = titleField
	}
	v := f.a.load(f.s, c.at(0), field)
	if v == nothing {
		return f.a.any(), false
	}
	return v, false
}

// opConstantOf is Enum.valueOf: the constant of a name.
func opConstantOf(f *frame, c *call) (value, bool) {
	a := f.a
	at, one := a.t.single(c.at(1))
	if a.t.symbolic(c.at(1)) {
		return nothing, true
	}
	class := a.t.node(at).s
	if !one || a.t.node(at).kind != kClass {
		return a.any(), false
	}
	f.initialise(class)
	if v := a.load(f.s, c.at(2), namedField+class+":L"); v != nothing && len(a.enums.lists[class]) > 0 {
		return v, false
	}
	return a.any(), false
}

// opConstantCompare is equals, or compareTo.
func opConstantCompare(f *frame, c *call) (value, bool) {
	a := f.a
	x, y := c.at(0), c.at(1)
	if c.r.ret == "Z" {
		return a.sameConstant(x, y), false
	}
	n, ok1 := a.t.number(a.load(f.s, x, ordinalField))
	m, ok2 := a.t.number(a.load(f.s, y, ordinalField))
	if ok1 && ok2 {
		return a.t.num(n - m), false
	}
	return a.any(), false
}

// sameConstant is whether two values are the same constant.
func (a *analysis) sameConstant(x, y value) value {
	switch a.decide(equal, x, y) {
	case always:
		return a.t.num(1)
	case never:
		return a.t.num(0)
	}
	if a.enumerated(x) || a.enumerated(y) {
		return a.t.of(node{kind: kCompare, a: uint32(x), b: uint32(y)})
	}
	return a.any()
}

// switchTable is what a method gives back by which the Eclipse compiler makes the table of a switch when it is first asked for
// (org.eclipse.jdt.internal.compiler.ast.SwitchStatement); false where m is none.
func (f *frame) switchTable(m *Method) (value, bool) {
	a := f.a
	if !strings.HasPrefix(m.Name, "$SWITCH_TABLE$") || m.Proto != "()[I" || !m.Static() {
		return nothing, false
	}
	home := a.t.atom(node{kind: kHome, s: m.Class.Name})
	k := slot{home, m.Name + ":["}
	if _, tried := a.enums.tables[k]; !tried {
		g := a.newFrame(m)
		if g == nil {
			return nothing, false
		}
		g.silent = true
		a.stack++
		g.run()
		a.stack--
		if g.s = g.exit; g.s == nil {
			return nothing, false
		}
		for _, at := range a.t.atomsOf(g.returns) {
			if a.t.node(at).kind == kObj {
				a.tableOf(g, at, k)
			}
		}
	}
	_, is := a.enums.tables[k]
	return a.t.of(node{kind: kCell, a: uint32(home), s: k.field}), is
}
