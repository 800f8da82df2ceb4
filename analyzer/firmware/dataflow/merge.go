package dataflow

import "slices"

// merge joins two states into the first; it reports whether the first changed.
func (a *analysis) merge(to, from *state) bool {
	changed := false
	for i, v := range from.regs {
		if j := a.t.join(to.regs[i], v); j != to.regs[i] {
			to.regs[i], changed = a.calm(j), true
		}
	}
	var differ []atom // in order: what is interned first must not depend on the order of a map
	for b, o := range from.heap {
		if to.heap[b] != o {
			differ = append(differ, b)
		}
	}
	for b := range to.heap {
		if from.heap[b] == nil {
			differ = append(differ, b)
		}
	}
	slices.Sort(differ)
	for _, b := range differ {
		old := to.heap[b]
		if n := a.mergeObject(b, old, from.heap[b]); n != old {
			to.own()
			to.heap[b] = n
			changed = true
		}
	}
	return changed
}

// mergeObject joins the fields of two versions of an object; the first is returned where it does not change.
func (a *analysis) mergeObject(b atom, x, y *object) *object {
	out := x
	initial := func(o *object, name string) value {
		v := a.initial(b, name)
		if lost, is := o.get(lostField); is && name != lostField {
			return a.t.join(a.unknown(name, v), lost)
		}
		return v
	}
	if y != nil {
		for i, name := range y.names {
			old, ok := x.get(name)
			if !ok {
				old = initial(x, name)
			}
			if j := a.calm(a.t.join(old, y.values[i])); !ok || j != old {
				out = out.with(name, j)
			}
		}
	}
	if x != nil {
		for i, name := range x.names {
			if _, ok := y.get(name); ok {
				continue
			}
			if j := a.calm(a.t.join(x.values[i], initial(y, name))); j != x.values[i] {
				out = out.with(name, j)
			}
		}
	}
	return out
}

// maxNumbers bounds the numbers of one value: more are a counter.
const maxNumbers = 6

// calm widens sets of many numbers.
func (a *analysis) calm(v value) value {
	atoms := a.t.atomsOf(v)
	if len(atoms) <= maxNumbers {
		return v
	}
	n := 0
	for _, at := range atoms {
		if a.t.node(at).kind == kInt {
			n++
		}
	}
	if n <= maxNumbers {
		return v
	}
	out := []atom{anyAtom}
	for _, at := range atoms {
		if a.t.node(at).kind != kInt {
			out = append(out, at)
		}
	}
	return a.t.make(out)
}
