package dataflow

// content maps what leaves through a sink: of objects, all they hold.
func (p *mapping) content(v value) value {
	if v == nothing {
		return v
	}
	return p.f.a.reach(p.f.s, p.value(v))
}

// conditions maps conditions; false where one cannot hold. What always holds is dropped: a flag that the caller sets.
func (p *mapping) conditions(s condset) (condset, bool) {
	if s == 0 {
		return 0, true
	}
	if v, ok := p.conds[s]; ok {
		return v, true
	}
	a := p.f.a
	var out []uint32
	for _, id := range a.c.sets[s] {
		c := a.c.conds[id]
		x, y := p.whole(c.x), p.whole(c.y)
		switch a.decide(c.rel, x, y) {
		case never:
			return 0, false
		case always:
			continue
		}
		if !p.f.telling(x) && !p.f.telling(y) && !a.selects(x, y) {
			continue
		}
		out = a.simpler(out, cond{c.rel, x, y, c.site})
	}
	v := a.c.set(out)
	p.conds[s] = v
	return v, true
}

// value maps a value.
func (p *mapping) value(v value) value {
	if v == nothing {
		return v
	}
	if m, ok := p.values[v]; ok {
		return m
	}
	out := nothing
	for _, at := range p.f.a.t.atomsOf(v) {
		out = p.f.a.t.join(out, p.atom(at))
	}
	p.values[v] = out
	return out
}

// atom maps an atom.
func (p *mapping) atom(at atom) value {
	a := p.f.a
	n := *a.t.node(at)
	switch n.kind {
	case kAny, kInt, kStr, kClass, kMethod, kField, kHome, kStore, kSource, kApi:
		if n.s == lengthOf && n.kind == kApi {
			return a.t.any() // of a builder as the callee knows it
		}
		return a.t.one(at)
	}
	if v, ok := p.atoms[at]; ok {
		return v
	}
	p.atoms[at] = a.t.any() // of circles
	v := p.compute(at, n)
	p.atoms[at] = v
	return v
}

func (p *mapping) compute(at atom, n node) value {
	a := p.f.a
	a.steps++
	switch n.kind {
	case kParam:
		if int(n.a) < len(p.args) {
			return p.args[n.a]
		}
		return a.t.any()
	case kLoad:
		if n.s == matchedField {
			return a.matchOf(p.atom(atom(n.a)))
		}
		return a.withDefault(a.element(p.reads(), p.atom(atom(n.a)), n.s), uint32(p.value(value(n.b))))
	case kObj:
		return a.t.one(a.through(at, p.site))
	case kResult:
		if v, ok := p.results[at]; ok {
			return v
		}
		return a.t.any()
	case kDerived:
		return a.derive(a.reach(p.reads(), p.atom(atom(n.a))), n.b)
	case kAllOf:
		return a.labels(a.reach(p.reads(), p.atom(atom(n.a))))
	case kCell:
		base := p.atom(atom(n.a))
		out := nothing
		for _, b := range a.t.atomsOf(base) {
			if _, written := p.reads().get(slot{b, n.s}); written {
				out = a.t.join(out, a.element(p.reads(), a.t.one(b), n.s))
				continue
			}
			c := node{kind: kCell, a: uint32(b), b: uint32(p.value(value(n.b))), s: n.s}
			out = a.t.join(out, a.t.of(c))
		}
		return out
	case kPattern:
		return a.formatted(p.atom(atom(n.a)))
	case kConcat:
		return p.join(n.parts())
	case kCompare:
		x, y := p.value(value(n.a)), p.value(value(n.b))
		if s, ok := a.t.text(x); ok {
			if r, ok := a.t.text(y); ok {
				if s == r {
					return a.t.num(1)
				}
				return a.t.num(0)
			}
		}
		if v, ok := a.sameAsNull(x, y); ok {
			return v
		}
		if a.enumerated(x) && a.enumerated(y) {
			if t := a.decide(equal, x, y); t != maybe {
				return a.t.num(map[truth]int64{always: 1}[t])
			}
		}
		n.a, n.b = uint32(x), uint32(y)
		return a.t.of(n)
	case kAsk:
		n.b = uint32(p.value(value(n.b)))
		return a.t.of(n)
	case kWhen:
		if n.b == 0 {
			return a.t.one(at)
		}
		conds, ok := p.conditions(condset(n.b))
		if !ok {
			return nothing
		}
		if conds == 0 {
			return a.t.num(n.n)
		}
		n.b = uint32(conds)
		return a.t.of(n)
	}
	return a.t.one(at)
}

// withDefault notes what a field of a message or an intent counts as where it holds nothing.
func (a *analysis) withDefault(v value, def uint32) value {
	at, one := a.t.single(v)
	if !one || def == 0 {
		return v
	}
	if n := *a.t.node(at); (n.kind == kCell || n.kind == kLoad) && n.b == 0 {
		n.b = def
		return a.t.of(n)
	}
	return v
}

// reads is the state in which fields of arguments are looked up: that of the call.
func (p *mapping) reads() *state { return p.before }
