package dataflow

import (
	"encoding/binary"
	"slices"
	"strings"
)

// An atom is one thing a value may be; a value is a set of atoms. Both are numbers in the analysis's tables, equal if
// and only if what they stand for is.
type (
	atom  uint32
	value uint32
)

type kind uint8

const (
	kAny     kind = iota // something of no interest; n: what is lost with it, see missed.go
	kInt                 // a number, or null: n
	kStr                 // a string: s
	kClass               // a class token: s
	kMethod              // a reflected method: s is the class, n the value of names
	kField               // a reflected field
	kParam               // parameter number a of the method
	kLoad                // field s of atom a, which is symbolic; b: the default of an intent's number, a value
	kObj                 // an object made at site a, seen from the calls b; s is its class
	kHome                // the one object of a component, or of the statics of a class: s
	kStore               // something outside the heap that holds values: preferences, a file, an intent on its way: s
	kCell                // what field s of a kHome, kStore or shared kObj (a) holds when it is read; b: the default, a value
	kSource              // personal data: a its type, b the transforms, n the site that read it; s is set where it is another app's
	kDerived             // made of atom a by transforms b
	kConcat              // strings joined: s holds the atoms
	kResult              // the result of the pending call a
	kApi                 // what platform method s returned at site a
	kWhen                // the number n, under the conditions b
	kCompare             // whether the values a and b are equal
	kAllOf               // whatever lies in fields of atom a
	kAsk                 // the answer of a property, atom a, to question s about the value b, or the number n; see properties_asked.go
	kPattern             // the text that atom a comes to as a pattern
)

// node is what an atom stands for.
type node struct {
	kind kind
	a, b uint32
	n    int64
	s    string
}

// maxSet bounds the atoms of a value, without those that say what it lost. A set that would be larger is made coarser: see
// shrink.
const maxSet = 24

const (
	nothing value = 0 // the empty set: a value that says nothing
	anyAtom atom  = 0
)

// tables interns atoms and values.
type tables struct {
	nodes []node
	atoms map[node]atom
	setTable
	symb  []uint8 // of values: 0 not known, 1 concrete, 2 symbolic
	joins map[uint64]value
}

func newTables() *tables {
	t := &tables{atoms: map[node]atom{}, setTable: newSetTable(), joins: map[uint64]value{}}
	for i := range marks {
		t.atom(node{n: int64(i)})
	}
	return t
}

func (t *tables) atom(n node) atom {
	if a, ok := t.atoms[n]; ok {
		return a
	}
	a := atom(len(t.nodes))
	t.nodes = append(t.nodes, n)
	t.atoms[n] = a
	return a
}

func (t *tables) node(a atom) *node { return &t.nodes[a] }

func (t *tables) of(n node) value { return t.one(t.atom(n)) }

func (t *tables) str(s string) value { return t.of(node{kind: kStr, s: s}) }

func (t *tables) num(n int64) value { return t.of(node{kind: kInt, n: n}) }

func (t *tables) any() value { return t.one(anyAtom) }

// values makes a value of atoms in any order.
func (t *tables) make(list []atom) value {
	slices.Sort(list)
	return t.made(slices.Compact(list))
}

// made is make of a list that is in order.
func (t *tables) made(list []atom) value {
	if unmarked(list) > maxSet {
		list = t.shrink(slices.Clone(list)) // it may make other sets on its way
	}
	return t.set(list)
}

// join returns the union.
func (t *tables) join(x, y value) value {
	if x == y || y == nothing {
		return x
	}
	if x == nothing {
		return y
	}
	if x > y {
		x, y = y, x
	}
	key := uint64(x)<<32 | uint64(y)
	if v, ok := t.joins[key]; ok {
		return v
	}
	v := t.made(t.union(t.sets[x], t.sets[y]))
	t.joins[key] = v
	return v
}

// single returns the only atom of a value.
func (t *tables) single(v value) (atom, bool) {
	if s := t.sets[v]; len(s) == 1 {
		return s[0], true
	}
	return 0, false
}

// text returns the string a value surely is.
func (t *tables) text(v value) (string, bool) {
	a, ok := t.single(v)
	if !ok || t.nodes[a].kind != kStr {
		return "", false
	}
	return t.nodes[a].s, true
}

// number returns the number a value surely is.
func (t *tables) number(v value) (int64, bool) {
	a, ok := t.single(v)
	if !ok || t.nodes[a].kind != kInt {
		return 0, false
	}
	return t.nodes[a].n, true
}

// parts unpacks a kConcat.
func (n *node) parts() []atom {
	out := make([]atom, len(n.s)/4)
	for i := range out {
		out[i] = atom(binary.LittleEndian.Uint32([]byte(n.s[4*i:])))
	}
	return out
}

// maxParts bounds the pieces of a joined string; maxText its length in bytes.
const (
	maxParts = 24
	maxText  = 4096
)

// concat joins two atoms as strings.
func (t *tables) concat(x, y atom) atom {
	var list []atom
	for _, a := range [2]atom{x, y} {
		if n := t.node(a); n.kind == kConcat {
			list = append(list, n.parts()...)
		} else {
			list = append(list, a)
		}
	}
	out := list[:0]
	for _, a := range list {
		if len(out) > 0 {
			l, r := t.node(out[len(out)-1]), t.node(a)
			if l.kind == kStr && r.kind == kStr && len(l.s)+len(r.s) <= maxText {
				out[len(out)-1] = t.atom(node{kind: kStr, s: l.s + r.s})
				continue
			}
			if a == anyAtom && out[len(out)-1] == anyAtom {
				continue
			}
		}
		out = append(out, a)
	}
	if len(out) == 1 {
		return out[0]
	}
	if n := t.node(out[0]); len(out) > 2 && n.kind == kStr && n.s == "" { // of a new builder: no beginning
		out = out[1:]
	}
	if len(out) > maxParts {
		end := anyAtom // a text goes on after what is known of it
		if slices.Contains(t.losing(out[maxParts-1:]), lostData) {
			end = lostData
		}
		out = append(out[:maxParts-1], end)
	}
	var b strings.Builder
	for _, a := range out {
		var w [4]byte
		binary.LittleEndian.PutUint32(w[:], uint32(a))
		b.Write(w[:])
	}
	return t.atom(node{kind: kConcat, s: b.String()})
}

// symbolicAtom reports whether an atom still depends on the caller.
func (t *tables) symbolicAtom(a atom) bool {
	n := t.node(a)
	switch n.kind {
	case kParam, kResult:
		return true
	case kLoad, kDerived, kAllOf, kPattern:
		return t.symbolicAtom(atom(n.a))
	case kConcat:
		for _, p := range n.parts() {
			if t.symbolicAtom(p) {
				return true
			}
		}
	case kCompare:
		return t.symbolic(value(n.a)) || t.symbolic(value(n.b))
	case kAsk:
		return t.symbolic(value(n.b))
	case kCell:
		return t.symbolicAtom(atom(n.a)) || n.b != 0 && t.symbolic(value(n.b))
	}
	return false
}

// symbolic reports whether a value still depends on the caller.
func (t *tables) symbolic(v value) bool {
	if n := len(t.sets); n > len(t.symb) {
		t.symb = append(t.symb, make([]uint8, n-len(t.symb))...)
	}
	if t.symb[v] == 0 {
		t.symb[v] = 1
		for _, a := range t.sets[v] {
			if t.symbolicAtom(a) {
				t.symb[v] = 2
				break
			}
		}
	}
	return t.symb[v] == 2
}
