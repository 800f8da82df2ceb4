package dataflow

import "strings"

// Elements of arrays are told apart where their index is known; "[?]" is one of which it is not, and "[*]" stands for any.

// elem reads an element of an array. An index that is personal data gives away what a table holds for it.
func (f *frame) elem(array, index value) value {
	if v, ok := f.a.lookedUp(array, index); ok {
		return v
	}
	if v := f.a.secrets(index); v != nothing {
		return f.a.t.join(f.elemAt(array, index), v)
	}
	return f.elemAt(array, index)
}

func (f *frame) elemAt(array, index value) value {
	if n, ok := f.a.t.number(index); ok && !f.inLoop() {
		v := f.a.load(f.s, array, element(n))
		return f.a.t.join(v, f.a.load(f.s, array, "[?]"))
	}
	f.pick(index)
	return f.a.load(f.s, array, "[*]")
}

// pick notes that a parameter says which place of an array is meant.
func (f *frame) pick(index value) {
	if f.a.paramsOf(index) != 0 && !f.looping() {
		f.steer(index)
		f.picks = true
	}
}

// opArraySet is Array.set.
func opArraySet(f *frame, c *call) (value, bool) {
	f.setElem(c.at(1), c.at(2), c.at(3))
	return nothing, false
}

// maxRows bounds the levels of an array of arrays (Java virtual machine specification, array types).
const maxRows = 255

// opRows is Array.newInstance: of one length, or of an array of lengths, one for each level.
func opRows(f *frame, c *call) (value, bool) {
	a := f.a
	levels, length := int64(1), c.at(2)
	if len(c.r.params) > 1 && c.r.params[1] == "[I" {
		n, ok := a.t.number(a.load(f.s, c.at(2), "$length"))
		if !ok || n < 1 || n > maxRows {
			n = 2
		}
		levels, length = n, a.element(f.s, c.at(2), element(0))
	}
	class := "Ljava/lang/Object;"
	if at, one := a.t.single(c.at(1)); one && a.t.node(at).kind == kClass {
		class = a.t.node(at).s
	}
	v := f.object(strings.Repeat("[", int(levels)) + class)
	if n, ok := a.t.number(length); ok {
		a.store(f.s, v, "$length", a.t.num(n))
	}
	return v, false
}

// row makes the inner array of an array of arrays where none was stored: one instruction makes all levels.
func (f *frame) row(array, index, v value) value {
	at, one := f.a.t.single(array)
	if v != nothing || !one {
		return v
	}
	n := *f.a.t.node(at)
	if n.kind != kObj || len(n.s) < 2 || n.s[:2] != "[[" {
		return v
	}
	inner := f.object(n.s[1:])
	f.setElem(array, index, inner)
	return inner
}

func (f *frame) setElem(array, index, v value) {
	if n, ok := f.a.t.number(index); ok && !f.looping() {
		f.a.store(f.s, array, element(n), v)
		return
	}
	f.pick(index)
	f.a.add(f.s, array, "[?]", v)
}
