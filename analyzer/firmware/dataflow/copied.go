package dataflow

import "strings"

// A map that is made of another one, which the caller has, holds what that holds under the same keys. Which these are only the caller
// knows: until then the copy holds all of it under no key, and remembers what it is a copy of.

// copiedField names the maps that a map was filled from, where all that it holds under no key is theirs.
const copiedField = "$copied"

// opCopy adds all that one container holds to another: args from, to; to is made where it is the result (-1).
func opCopy(f *frame, c *call) (value, bool) {
	from, to := c.at(c.Args[0]), nothing
	if len(c.Args) < 2 || c.Args[1] < 0 {
		to = f.object(c.r.ret)
	} else {
		to = c.at(c.Args[1])
	}
	f.copyAll(from, to)
	return to, false
}

func (f *frame) copyAll(from, to value) {
	a := f.a
	if more, ok := f.items(from); ok && len(more) > 0 {
		if at, elems, ok := f.list(to); ok && len(elems)+len(more) <= maxElements {
			f.setList(at, len(elems), append(elems, more...))
			return
		}
	}
	for _, at := range a.t.atomsOf(from) {
		for _, k := range a.slots(f.s, at) {
			switch k.field {
			case "$length", "$data", countField, nextField, copiedField, keysField:
				continue
			}
			a.add(f.s, to, k.field, f.s.at(k))
		}
		_, closed := f.s.get(slot{at, keysField})
		switch {
		case closed: // all of its keys are known
		case a.ofCaller(at):
			f.copies(a.t.one(at), to)
		case a.t.node(at).kind != kObj:
			a.add(f.s, to, "[?]", a.loadAtom(f.s, at, "[*]"))
		}
	}
	for _, at := range a.t.atomsOf(to) {
		if n := a.t.node(at); n.kind != kStore {
			a.store(f.s, a.t.one(at), countField, a.any())
		}
	}
}

// copies notes that a map was filled from another, of which not all keys are known here. What it held before under a key may be gone.
func (f *frame) copies(from, to value) {
	a := f.a
	at, one := a.t.single(to)
	if !one || a.t.node(at).kind != kObj || !a.u.is(a.t.node(at).s, "Ljava/util/Map;") {
		a.add(f.s, to, "[?]", a.load(f.s, from, "[*]"))
		return
	}
	was := f.s.at(slot{at, "[?]"})
	only := was == nothing || a.copyOnly(f.s, at)
	for _, k := range a.slots(f.s, at) {
		if strings.HasPrefix(k.field, "[") && k.field != "[?]" && k.field != "[*]" {
			a.add(f.s, to, k.field, a.element(f.s, from, k.field))
		}
	}
	a.add(f.s, to, "[?]", a.load(f.s, from, "[*]"))
	if only {
		a.add(f.s, to, copiedField, from)
	}
}

// ofCaller reports whether a map is the caller's, of which this method knows what it wrote alone.
func (a *analysis) ofCaller(at atom) bool {
	k := a.t.node(at).kind
	return k == kParam || k == kLoad || k == kResult
}

// copyOnly reports whether all that a map holds under no key is of the maps that it was filled from.
func (a *analysis) copyOnly(s *state, at atom) bool {
	from := s.at(slot{at, copiedField})
	return from != nothing && a.t.node(at).kind == kObj && s.at(slot{at, "[?]"}) == a.load(s, from, "[*]")
}

// fill writes to a map what the callee's copy holds of the maps that are known here: under their keys, where all of these are known.
func (p *mapping) fill(bases, from value) {
	f, a := p.f, p.f.a
	b, one := a.t.single(bases)
	for _, at := range a.t.atomsOf(from) {
		src := a.t.one(at)
		_, closed := f.keysOf(at)
		switch {
		case one && closed && a.t.node(b).kind == kObj && b != at:
			for _, k := range a.slots(f.s, at) {
				if strings.HasPrefix(k.field, "[") && k.field != "[*]" {
					a.add(f.s, bases, k.field, f.s.at(k))
				}
			}
		case one && a.ofCaller(at):
			f.copies(src, bases)
		default:
			a.add(f.s, bases, "[?]", a.load(f.s, src, "[*]"))
		}
	}
}

// copies notes which maps of the callee are copies.
func (p *mapping) copies(s *summary) {
	for _, e := range s.heap {
		if e.field == copiedField {
			p.copied = append(p.copied, e)
		}
	}
}

// ofCopy reports whether an effect is what a copy holds of others, which fill writes.
func (p *mapping) ofCopy(e effect) bool {
	if e.field != copiedField && e.field != "[?]" {
		return false
	}
	for _, c := range p.copied {
		if c.base == e.base {
			return true
		}
	}
	return false
}

// fillAll fills the copies, after what was written to them besides.
func (p *mapping) fillAll() {
	for _, e := range p.copied {
		p.fill(p.atom(e.base), p.value(e.v))
	}
}
