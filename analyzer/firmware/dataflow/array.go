package dataflow

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
