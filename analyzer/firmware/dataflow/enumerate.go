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
