package dataflow

import (
	"strings"
)

// named is the constant that a text is the name of; nothing where there is none, or where another field is asked for.
func (a *analysis) named(title, field string) value {
	class, ok := strings.CutPrefix(field, namedField)
	if !ok {
		return nothing
	}
	for _, at := range a.enums.lists[strings.TrimSuffix(class, ":L")] {
		if s, _ := a.t.text(a.enums.of[at].fields.at(titleField)); s == title {
			return a.t.one(at)
		}
	}
	return nothing
}

// titleOf is a constant as text: its name, or what its class makes of it where that is a text or one of its fields.
func (a *analysis) titleOf(class string, held *object) value {
	m := a.u.find(class, toText)
	if m == nil {
		return held.at(titleField)
	}
	s := a.summary(m)
	if at, one := a.t.single(s.ret); one && s.done && len(s.events) == 0 {
		n := a.t.node(at)
		switch {
		case n.kind == kStr:
			return s.ret
		case n.kind == kLoad && *a.t.node(atom(n.a)) == node{kind: kParam}:
			if _, ok := a.t.text(held.at(n.s)); ok {
				return held.at(n.s)
			}
		}
	}
	return nothing
}

// inTable is what a place in a table holds, "[*]" for any; false where the array is no table.
func (a *analysis) inTable(array atom, field string) (value, bool) {
	n := a.t.node(array)
	if n.kind != kCell || len(a.enums.tables) == 0 {
		return nothing, false
	}
	t := a.enums.tables[slot{atom(n.a), n.s}]
	if t == nil || field != "[*]" {
		return t.at(field), t != nil && strings.HasPrefix(field, "[")
	}
	out := nothing
	for i, name := range t.names {
		if strings.HasPrefix(name, "[") {
			out = a.t.join(out, t.values[i])
		}
	}
	return out, true
}

// asked for by the number of a constant that is not known here, a table is a field of that constant.
func (a *analysis) lookedUp(array, index value) (value, bool) {
	at, one := a.t.single(array)
	if !one || a.t.node(at).kind != kCell {
		return nothing, false
	}
	k := slot{atom(a.t.node(at).a), a.t.node(at).s}
	t := a.enums.tables[k]
	if t == nil {
		return nothing, false
	}
	typ := ":I"
	if a.objects(t) {
		typ = ":L"
	}
	name := caseField + a.t.node(k.base).s + "->" + k.field + typ
	a.enums.cases[name] = k
	out := nothing
	for _, i := range a.t.atomsOf(index) {
		n := *a.t.node(i)
		switch {
		case n.kind == kInt:
			out = a.t.join(out, t.at(element(n.n)))
		case (n.kind == kLoad || n.kind == kCell) && n.s == ordinalField:
			n.s = name
			out = a.t.join(out, a.t.of(n))
		default:
			return nothing, false
		}
	}
	return out, out != nothing
}

// objects reports whether a table holds constants.
func (a *analysis) objects(t *object) bool {
	for i, name := range t.names {
		if at, one := a.t.single(t.values[i]); name != "$length" && one {
			return a.t.node(at).kind != kInt
		}
	}
	return false
}

// enumerated reports whether a value is constants of enumerations alone.
func (a *analysis) enumerated(v value) bool {
	for _, at := range a.t.atomsOf(v) {
		if a.enums.of[at] == nil {
			return false
		}
	}
	return v != nothing
}

// selected lists the constants of an enumeration that a field of one is asked about for which a condition holds; false where the
// field is not one of a constant, or may be of something else.
func (a *analysis) selected(n *node, c cond) (value, bool) {
	ys, ok := a.numbers(c.y)
	held := a.expand(a.t.one(atom(n.a)))
	if !ok || !a.enumerated(held) {
		return nothing, false
	}
	var out []atom
	for _, at := range a.t.atomsOf(held) {
		x, ok := a.t.number(a.constantField(at, n.s))
		if !ok {
			return nothing, false
		}
		if anyHolds(c.rel, x, ys) {
			out = append(out, at)
		}
	}
	return a.t.make(out), true
}

// selects reports whether a test asks for a constant: of two values that are compared one surely is, the other lies somewhere.
func (a *analysis) selects(x, y value) bool {
	if !a.enumerated(x) {
		x, y = y, x
	}
	if at, one := a.t.single(x); !one || a.enums.of[at] == nil {
		return false
	}
	for _, at := range a.t.atomsOf(y) {
		if k := a.t.node(at).kind; k == kParam || k == kLoad || k == kCell {
			return true
		}
	}
	return false
}
