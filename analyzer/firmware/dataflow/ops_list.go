package dataflow

import (
	"slices"
	"strings"
)

// maxElements bounds lists whose elements are told apart.
const maxElements = 64

// list returns the one list a value is, and its elements in order; false where they cannot be told apart.
func (f *frame) list(v value) (at atom, elems []value, ok bool) {
	a := f.a
	at, one := a.t.single(v)
	if !one || a.t.node(at).kind != kObj || f.looping() || !f.ordered(at) {
		return at, nil, false
	}
	n := int64(0)
	if old, there := f.s.get(slot{at, countField}); there {
		if n, there = a.t.number(old); !there || n < 0 || n > maxElements {
			return at, nil, false
		}
	} else if o := f.s.heap[at]; o != nil { // filled otherwise than by its methods
		for _, name := range o.names {
			if strings.HasPrefix(name, "[") {
				return at, nil, false
			}
		}
	}
	if _, mixed := f.s.get(slot{at, "[?]"}); mixed {
		return at, nil, false
	}
	for i := range n {
		elems = append(elems, f.s.at(slot{at, element(i)}))
	}
	return at, elems, true
}

// ordered reports whether a container keeps what is added to it as it was added: a set does not, nor one of the program's own.
func (f *frame) ordered(at atom) bool {
	class := f.a.t.node(at).s
	return f.a.u.class(class) == nil && !strings.HasSuffix(class, "Set;") && !strings.Contains(class, "Priority") && !strings.HasSuffix(class, "DelayQueue;")
}

// setList makes a list hold elements.
func (f *frame) setList(at atom, before int, elems []value) {
	a := f.a
	one := a.t.one(at)
	for i := range max(before, len(elems)) {
		v := nothing
		if i < len(elems) {
			v = elems[i]
		}
		a.store(f.s, one, element(int64(i)), v)
	}
	a.store(f.s, one, countField, a.t.num(int64(len(elems))))
}

// blur notes that an element was added somewhere, or that elements moved.
func (f *frame) blur(list, v value) {
	a := f.a
	a.add(f.s, list, "[?]", a.t.join(v, a.load(f.s, list, "[*]")))
	a.store(f.s, list, countField, a.any())
}

// opTake reads an element of a list and, where text begins with "take", removes it: first, last, top of a stack, or
// the one at an index.
func opTake(f *frame, c *call) (value, bool) {
	a := f.a
	recv := c.at(0)
	what, take := strings.CutPrefix(c.Text, "take-")
	if len(c.r.params) > 0 && c.r.params[0] != "I" && what == "at" { // remove(Object)
		if _, elems, ok := f.list(recv); ok && len(elems) > 0 {
			f.blur(recv, nothing)
		}
		return a.any(), false
	}
	at, elems, ok := f.list(recv)
	n := int64(0)
	switch what {
	case "last":
		n = int64(len(elems)) - 1
	case "top":
		if !f.stacked(at) {
			break
		}
		n = int64(len(elems)) - 1
	case "at":
		if len(c.r.params) == 0 {
			break
		}
		var known bool
		if n, known = a.t.number(c.at(1)); !known {
			ok = false
		}
	}
	if !ok || n < 0 || n >= int64(len(elems)) {
		v := a.load(f.s, recv, "[*]")
		if take && f.s.heap[at] != nil && a.t.node(at).kind == kObj {
			f.blur(recv, nothing)
		}
		return a.t.join(v, a.any()), false
	}
	v := elems[n]
	if take {
		rest := append(append([]value{}, elems[:n]...), elems[n+1:]...)
		f.setList(at, len(elems), rest)
	}
	return v, false
}

// stacked reports whether push and pop work at the end of a container: of a Stack they do, of a Deque not.
func (f *frame) stacked(at atom) bool {
	return f.a.u.is(f.a.t.node(at).s, "Ljava/util/Stack;")
}

// opInsert puts an element in front of others: at the first place, on top of a stack, or at an index.
func opInsert(f *frame, c *call) (value, bool) {
	a := f.a
	recv, v := c.at(0), c.at(len(c.r.params))
	at, elems, ok := f.list(recv)
	n, known := int64(0), true
	switch {
	case c.Text == "top" && f.stacked(at):
		n = int64(len(elems))
	case len(c.r.params) == 2:
		n, known = a.t.number(c.at(1))
	}
	if !ok || !known || n < 0 || n > int64(len(elems)) || len(elems) >= maxElements {
		f.blur(recv, v)
		return v, false
	}
	rest := append(append([]value{}, elems[:n]...), v)
	f.setList(at, len(elems), append(rest, elems[n:]...))
	return v, false
}

// opListSwap changes two places of a list.
func opListSwap(f *frame, c *call) (value, bool) {
	a := f.a
	at, elems, ok := f.list(c.at(1))
	i, known := a.t.number(c.at(2))
	j, both := a.t.number(c.at(3))
	n := int64(len(elems))
	if !ok || !known || !both || min(i, j) < 0 || max(i, j) >= n {
		f.blur(c.at(1), nothing)
		return nothing, false
	}
	elems[i], elems[j] = elems[j], elems[i]
	f.setList(at, len(elems), elems)
	return nothing, false
}

// opListReverse turns a list round.
func opListReverse(f *frame, c *call) (value, bool) {
	at, elems, ok := f.list(c.at(1))
	if !ok {
		f.blur(c.at(1), nothing)
		return nothing, false
	}
	slices.Reverse(elems)
	f.setList(at, len(elems), elems)
	return nothing, false
}

// opEmpty empties a container.
func opEmpty(f *frame, c *call) (value, bool) {
	a := f.a
	at, one := a.t.single(c.at(0))
	if !one || a.t.node(at).kind != kObj {
		return nothing, false
	}
	for _, k := range a.slots(f.s, at) {
		if strings.HasPrefix(k.field, "[") && k.field != "[?]" {
			a.store(f.s, c.at(0), k.field, nothing)
		}
	}
	if o := f.s.heap[at]; o != nil {
		f.s.own()
		f.s.heap[at] = o.without("[?]").with(countField, a.t.num(0))
	}
	return nothing, false
}

// without returns the object with a field that was never written.
func (o *object) without(field string) *object {
	n := &object{}
	for i, name := range o.names {
		if name != field {
			n.names, n.values = append(n.names, name), append(n.values, o.values[i])
		}
	}
	return n
}

// opRemove takes the entry of a key away and returns what it was.
func opRemove(f *frame, c *call) (value, bool) {
	v, wait := opGet(f, c)
	if wait {
		return nothing, true
	}
	key, _ := f.key(c.at(c.Key))
	if at, one := f.a.t.single(c.at(0)); one && key != "[?]" && !f.looping() && f.a.t.node(at).kind != kStore {
		f.a.store(f.s, c.at(0), key, nothing)
	}
	if c.Text == "this" {
		return c.at(0), false
	}
	return v, false
}
