package dataflow

import (
	"strings"

	"romscan/analyzer/fact/dex"
)

// The constants of an enumeration are made once, when their class is initialised, and never change (JLS 8.9): each is one object
// that every method knows, with its number and its name. So are the tables that compilers make of them: all constants of the class,
// and for a switch the number of the case that each leads to. What is asked of a constant that the caller hands over stays open.

// Fields of java.lang.Enum; and what the names of fields begin with that stand for a place in a table, by a constant, and for the
// constant that has a text as its name.
const (
	enumClass    = "Ljava/lang/Enum;"
	ordinalField = "Enum.ordinal:I"
	titleField   = "Enum.name:L"
	caseField    = "case "
	namedField   = "named "
)

// Access flags of a class and its fields (Dalvik executable format, access_flags).
const (
	accFinal     = 0x10
	accSynthetic = 0x1000
	accEnum      = 0x4000
)

// constants is what is known of enumerations.
type constants struct {
	of     map[atom]*constant // by the place of the object
	made   map[atom]atom      // the place of an object that is made
	fields map[slot]atom      // static fields that hold one
	lists  map[string][]atom  // of a class
	tables map[slot]*object   // static arrays that hold them, or are asked by their numbers
	cases  map[string]slot    // fields that stand for a place in a table
}

// constant is one constant of an enumeration, or what serves as one: what its final fields hold.
type constant struct {
	fields *object
	in     string // the static field that holds it
}

func newConstants() *constants {
	return &constants{map[atom]*constant{}, map[atom]atom{}, map[slot]atom{}, map[string][]atom{}, map[slot]*object{}, map[string]slot{}}
}

// enumerate notes what a static initialiser leaves behind in those fields of its class that hold the same for good.
func (a *analysis) enumerate(f *frame) {
	c := f.m.Class
	home := a.t.atom(node{kind: kHome, s: c.Name})
	if f.s.lost(home) || f.s.lost(anyAtom) {
		return
	}
	a.u.load(c)
	a.enums.lists[c.Name] = nil
	objects := a.constantObjects(c)
	for _, ef := range c.statics {
		if r := a.u.fieldRef(c.File, ef.Field); r != nil && (ef.Access&(accEnum|accFinal) == accEnum|accFinal || objects && ef.Access&accFinal != 0 && r.typ == c.Name) {
			a.constantIn(f, c, slot{home, r.slot()})
		}
	}
	for _, ef := range c.statics {
		if r := a.u.fieldRef(c.File, ef.Field); r != nil && ef.Access&accSynthetic != 0 && strings.HasPrefix(r.typ, "[") {
			a.tableIn(f, slot{home, r.slot()})
		}
	}
}

// constantObjects reports whether a class keeps several objects of its own in final fields, and nothing in these objects changes: what
// served as an enumeration before there were any.
func (a *analysis) constantObjects(c *Class) bool {
	if c.Super != "Ljava/lang/Object;" || a.u.find(c.Name, "equals(Ljava/lang/Object;)Z") != nil {
		return false
	}
	objects := 0
	for key, access := range c.fields {
		_, typ, _ := strings.Cut(key, ":")
		switch {
		case access&(dex.AccStatic|accFinal) == 0:
			return false
		case access&dex.AccStatic != 0 && typ == c.Name:
			objects++
		}
	}
	return objects > 1
}

// constantIn notes a constant and its final fields.
func (a *analysis) constantIn(f *frame, c *Class, k slot) {
	at, one := a.t.single(f.s.at(k))
	if n := a.t.node(at); !one || n.kind != kObj || f.s.lost(at) || !a.u.is(n.s, c.Name) {
		return
	}
	held := &object{}
	for i, name := range f.s.heap[at].namesOf() {
		v := f.s.heap[at].values[i]
		if x, single := a.t.single(v); single && (a.t.node(x).kind == kInt || a.t.node(x).kind == kStr) && (name == ordinalField || name == titleField || a.stays(a.t.node(at).s, name)) {
			held = held.with(name, v)
		}
	}
	if _, ok := a.t.number(held.at(ordinalField)); !ok && c.Super == enumClass {
		return
	}
	if title := a.titleOf(a.t.node(at).s, held); title != nothing {
		held = held.with(textField, title)
	}
	place := a.home(at)
	a.enums.of[place], a.enums.made[at], a.enums.fields[k] = &constant{held, k.field}, place, place
	a.enums.lists[c.Name] = append(a.enums.lists[c.Name], place)
}

// stays reports whether a field of a class of the program is final.
func (a *analysis) stays(class, field string) bool {
	for c, n := a.u.class(class), 0; c != nil && n < maxChain; c, n = a.u.class(c.Super), n+1 {
		a.u.load(c)
		for key, access := range c.fields {
			name, typ, _ := strings.Cut(key, ":")
			if access&(accFinal|dex.AccStatic) == accFinal && a.u.member(&fieldRef{class: c.Name, name: name, typ: typ}) == field {
				return true
			}
		}
	}
	return false
}

// tableIn notes an array that only the compiler's own code knows, where all it holds is known.
func (a *analysis) tableIn(f *frame, k slot) {
	if at, one := a.t.single(f.s.at(k)); one {
		a.tableOf(f, at, k)
	}
}

func (a *analysis) tableOf(f *frame, at atom, k slot) {
	if a.t.node(at).kind != kObj || f.s.lost(at) {
		return
	}
	held := &object{}
	for i, name := range f.s.heap[at].namesOf() {
		v := f.s.heap[at].values[i]
		x, single := a.t.single(v)
		place, is := a.enums.made[x]
		switch {
		case !strings.HasPrefix(name, "[") && name != "$length":
		case single && is:
			held = held.with(name, a.t.one(place))
		case single && a.t.node(x).kind == kInt && name != "[?]":
			held = held.with(name, v)
		case name == "$length":
		default:
			return
		}
	}
	a.enums.tables[k] = held
}

// forGood reports whether every method knows what a field holds.
func (a *analysis) forGood(k slot) bool {
	c := a.enums.of[k.base]
	_, constant := a.enums.fields[k]
	_, table := a.enums.tables[k]
	return constant || table || c != nil && c.fields.at(k.field) != nothing
}

// constantField is what a field of a constant holds; nothing where that is not known here.
func (a *analysis) constantField(at atom, field string) value {
	c := a.enums.of[at]
	if c == nil {
		return nothing
	}
	if !strings.HasPrefix(field, caseField) {
		return c.fields.at(field)
	}
	n, _ := a.t.number(c.fields.at(ordinalField))
	if v := a.enums.tables[a.enums.cases[field]].at(element(n)); v != nothing || strings.HasSuffix(field, ":L") {
		return v
	}
	return a.t.num(0)
}

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
