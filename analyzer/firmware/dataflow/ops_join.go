package dataflow

// opJoin puts the elements of an array or a list together, with what is given between two of them: the whole text where each is
// known to be there, else nothing of it. Args name the parameters: what stands between, and the elements.
func opJoin(f *frame, c *call) (value, bool) {
	a := f.a
	between, list := f.text(c.at(c.Args[0])), c.at(c.Args[1])
	elems, ok := f.items(list)
	if !ok || f.inLoop() {
		return a.labels(a.t.join(a.reach(f.s, list), a.t.join(between, a.any()))), false
	}
	heads := []atom{a.t.atom(node{kind: kStr})}
	for i, v := range elems {
		if i > 0 {
			heads = a.append(heads, between, false)
		}
		heads = a.append(heads, f.text(v), false)
	}
	return a.t.make(heads), false
}

// items returns the elements of the one array or list that a value is; false where some may be missing.
func (f *frame) items(v value) ([]value, bool) {
	a := f.a
	at, one := a.t.single(v)
	if !one || a.t.node(at).kind != kObj || f.looping() || !f.ordered(at) {
		return nil, false
	}
	if _, mixed := f.s.get(slot{at, "[?]"}); mixed {
		return nil, false
	}
	if _, changes := f.s.get(slot{at, sharedField}); changes {
		return nil, false
	}
	n, ok := a.t.number(f.s.at(slot{at, countField}))
	if !ok {
		if n, ok = a.t.number(f.s.at(slot{at, "$length"})); !ok {
			return nil, false
		}
	}
	if n < 0 || n > maxElements {
		return nil, false
	}
	out := make([]value, n)
	for i := range out {
		if out[i] = f.s.at(slot{at, element(int64(i))}); out[i] == nothing {
			return nil, false
		}
	}
	return out, true
}
