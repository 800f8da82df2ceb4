package dataflow

import "slices"

// What is cut off a value matters only where it would have been used. A value that lost alternatives says so itself, by atoms that
// are like any other of which nothing is known: they go where the value goes, and only where one comes to a place that
// asks for what was lost, the loss is a cut of the app. A table of texts that no address is made of costs nothing.
const (
	lostText  atom       = iota + 1 // texts and names
	lostData                        // what carries personal data or may
	lostThing                       // objects, and what may be one
	marks     = iota + 1            // numbers of atoms below this are anything, or one of these
)

// alternatives is how the loss of some is called.
const alternatives = "alternatives of a value"

// marked reports whether an atom says that something was lost.
func marked(at atom) bool { return at != anyAtom && at < marks }

// unmarked counts the atoms of a list that is sorted which are not marks.
func unmarked(list []atom) int {
	n := len(list)
	for _, at := range list[:min(marks, len(list))] {
		if marked(at) {
			n--
		}
	}
	return n
}

// losing lists the marks for atoms that are cut off.
func (t *tables) losing(list []atom) []atom {
	var out []atom
	for _, at := range list {
		if marked(at) {
			out = append(out, at)
			continue
		}
		switch n := t.node(at); n.kind {
		case kSource, kDerived, kAllOf:
			out = append(out, lostData)
		case kApi:
			if n.s == "remote" {
				out = append(out, lostData)
			}
		case kParam, kLoad, kResult, kCell:
			out = append(out, lostOf(n.s)...)
		case kObj, kHome, kStore:
			out = append(out, lostThing)
		case kStr, kPattern, kClass, kMethod, kField:
			out = append(out, lostText)
		case kConcat:
			out = append(append(out, lostText), t.losing(n.parts())...)
		}
		if out = compacted(out); len(out) == marks-1 {
			break
		}
	}
	return out
}

func compacted(list []atom) []atom {
	slices.Sort(list)
	return slices.Compact(list)
}

// lostOf lists what may be lost with what a field holds, by the type that ends its name.
func lostOf(field string) []atom {
	if n := len(field); n > 2 && field[n-2] == ':' {
		switch field[n-1] {
		case 'Z', 'B', 'S', 'C', 'I', 'J', 'F', 'D':
			return []atom{lostData}
		}
	}
	return []atom{lostText, lostData, lostThing}
}

// lossOf returns the marks of a value.
func (a *analysis) lossOf(v value) []atom {
	list := a.t.atomsOf(v)
	list = list[:min(marks, len(list))]
	i := 0
	for i < len(list) && list[i] == anyAtom {
		i++
	}
	j := i
	for j < len(list) && marked(list[j]) {
		j++
	}
	return list[i:j]
}

// misses reports whether a value has one of some marks, in its texts too.
func (a *analysis) misses(v value, what ...atom) bool {
	for _, at := range a.t.atomsOf(v) {
		if slices.Contains(what, at) {
			return true
		}
		if n := a.t.node(at); n.kind == kConcat && slices.ContainsFunc(n.parts(), func(p atom) bool { return slices.Contains(what, p) }) {
			return true
		}
	}
	return false
}

// asks notes that a value is used where some of what it may have lost is asked for.
func (a *analysis) asks(v value, what ...atom) {
	if a.misses(v, what...) {
		a.cut(alternatives)
	}
}

// storesTo notes that a value is written to objects of which some are not known.
func (a *analysis) storesTo(base, v value) {
	if !a.misses(base, lostThing) {
		return
	}
	for _, at := range a.t.atomsOf(v) {
		switch a.t.node(at).kind {
		case kInt, kStr, kClass, kWhen, kCompare:
		case kAny:
			if at == lostData || at == lostThing {
				a.cut(alternatives)
				return
			}
		default:
			a.cut(alternatives)
			return
		}
	}
}

// consults notes that a call asks for texts or objects by which it finds what it works on.
func (a *analysis) consults(c *Call, args []value) {
	if c.Op == "" || c.Op == "wrap" || !touching(c) && !leaving(c) {
		return
	}
	for i, v := range args {
		if c.Op == "write" && i > 0 && i != c.Key { // what is written goes where the place goes
			continue
		}
		a.asks(v, lostText, lostThing)
	}
}
