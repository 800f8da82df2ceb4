package dataflow

import "strings"

// A method that is given a file, or the name of one, and reads or writes it: which file that is its callers know. What it does
// with the stream waits for them.

// openedField is, of a stream, the file it was opened on: its name or its File, known to callers only.
const openedField = "$opened"

// filePlace is the place of a file by its name or its File; open reports that only the caller knows the name.
func (f *frame) filePlace(v value) (place value, open bool) {
	a := f.a
	name := a.load(f.s, v, nameField)
	if name == nothing {
		name = v
	}
	if a.t.symbolic(name) && a.t.symbolic(v) {
		return nothing, true
	}
	s := "*"
	if list := a.spellings(name); len(list) > 0 {
		s = list[0]
	}
	return a.t.of(node{kind: kStore, s: "file:" + s}), false
}

// onlyGiven reports whether a value is a parameter of the method, or its text.
func (f *frame) onlyGiven(v value) bool {
	for _, at := range f.a.t.atomsOf(v) {
		n := f.a.t.node(at)
		if n.kind == kLoad && n.s == textField {
			n = f.a.t.node(atom(n.a))
		}
		if n.kind != kParam {
			return false
		}
	}
	return true
}

// ofStream reports whether a line is about a stream, which waits for what it leads to.
func ofStream(c *Call) bool {
	return c != nil && (c.Op == "put-out" || c.Op == "put-in" || c.Op == "read-in" || c.Op == "load-from" || c.Op == "print-stack")
}

// fills reports whether a call reads into a buffer: its answer is a number.
func fills(r *methodRef) bool {
	return r.ret == "I" && len(r.params) > 0 && strings.HasPrefix(r.params[0], "[")
}
