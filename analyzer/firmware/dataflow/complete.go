package dataflow

// complete applies a summary that leaves no call open: all values are looked up before the first is written, so that no
// copy of the state is needed.
func (p *mapping) complete(s *summary) value {
	f, a := p.f, p.f.a
	type write struct {
		base, v value
		field   string
	}
	ret, throws := p.value(s.ret), p.value(s.throws)
	p.copies(s)
	writes := make([]write, 0, len(s.heap))
	for _, e := range s.heap {
		if v := p.value(e.v); !p.ofCopy(e) {
			writes = append(writes, write{p.atom(e.base), v, e.field})
		} else {
			p.atom(e.base)
		}
	}
	for i := range s.events { // mapped now, while the state is that of the call; raised below from what is remembered
		e := &s.events[i]
		p.value(e.payload)
		p.value(e.to)
		for _, v := range e.args {
			p.value(v)
		}
		p.conditions(e.conds)
	}
	p.makes(s)
	for _, w := range writes {
		p.put(w.base, w.field, w.v)
	}
	p.fillAll()
	for i := range s.events {
		p.raise(&s.events[i])
	}
	f.raised = a.t.join(f.raised, throws)
	return ret
}
