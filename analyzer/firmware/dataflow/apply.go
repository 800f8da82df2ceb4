package dataflow

import "romscan/analyzer/fact/dex"

// mapping carries a callee's values over to the frame that calls it.
type mapping struct {
	f       *frame
	args    []value
	site    uint32
	before  *state // of the caller, at the call
	results map[atom]value
	atoms   map[atom]value
	values  map[value]value
	conds   map[condset]condset
	copied  []effect // maps that are filled from others
}

// apply interprets a call of a method of the program by its summary.
func (f *frame) apply(m *Method, args []value, site uint32) value {
	a := f.a
	if !f.silent {
		a.edge(f.m, m, f.gates[f.block], site, args)
		a.take(m, args)
	}
	if m.Access&dex.AccNative != 0 {
		return f.native(m, args, site)
	}
	if m.Code == 0 {
		return a.t.any()
	}
	if m.Class.Lib {
		if v, ok := f.stated(m, args, site); ok {
			return v
		}
	}
	if a.u.app.skips(m) {
		return f.skipped(m, args, site)
	}
	if v, ok := f.decode(m, args, site); ok {
		return v
	}
	if v, ok := f.switchTable(m); ok {
		return v
	}
	s := f.forKeys(m, args, a.summaryFor(m, args))
	if s.mixed {
		for i, v := range args {
			if i < 32 && s.steers&(1<<i) != 0 {
				f.steer(v)
			}
		}
	}
	a.steps += len(s.heap) + 2*len(s.events)
	if a.spent() {
		return a.derive(join(a.t, args), 0)
	}
	if !s.done && s.rounds == 1 { // called by itself for the first time
		return a.derive(join(a.t, args), 0)
	}
	f.over = s.done && s.nothing
	waits := false
	for i := range s.events {
		waits = waits || s.events[i].kind == evCall
	}
	mp := &mapping{f: f, args: args, site: site, before: f.s}
	mp.reset()
	if !waits {
		return mp.complete(s)
	}
	mp.before, mp.results = f.s.clone(), map[atom]value{}
	mp.pending(s, false)
	mp.copies(s)
	for _, e := range s.heap {
		mp.write(e)
	}
	mp.fillAll()
	mp.pending(s, true)
	mp.reset()
	for _, e := range s.heap {
		mp.write(e)
	}
	mp.fillAll()
	for i := range s.events {
		mp.raise(&s.events[i])
	}
	mp.makes(s)
	f.raised = a.t.join(f.raised, mp.value(s.throws))
	return mp.value(s.ret)
}

// take remembers what a method is called with, as far as it is numbers: what its conditions on parameters come to.
func (a *analysis) take(m *Method, args []value) {
	list := a.passed[m]
	if list == nil {
		list = make([]value, len(args))
		a.passed[m] = list
	}
	for i := range min(len(list), len(args)) {
		list[i] = a.t.join(list[i], args[i])
	}
}

func (p *mapping) reset() {
	p.atoms, p.values, p.conds = map[atom]value{}, map[value]value{}, map[condset]condset{}
}

// pending makes the calls that the callee left open. At first only stands for their results are made.
func (p *mapping) pending(s *summary, run bool) (any bool) {
	a := p.f.a
	for i := range s.events {
		e := &s.events[i]
		if e.kind != evCall {
			continue
		}
		any = true
		if !run {
			site := p.f.siteN(a.chains.push(e.site, e.chain) + 1)
			p.results[e.result] = a.t.of(node{kind: kResult, a: site, s: e.ref.String()})
			continue
		}
		conds, ok := p.conditions(e.conds)
		given, way := p.givenHere(e.given)
		if !ok || !way {
			p.results[e.result] = nothing
			continue
		}
		args := make([]value, len(e.args))
		for j, v := range e.args {
			args[j] = p.value(v)
		}
		p.results[e.result] = p.retry(e, args, conds, given)
		p.reset()
	}
	return any
}

// maxRetries bounds pending calls inside pending calls: a list that calls itself along its links has no end.
const maxRetries = 3

// retry makes a pending call with what is known now.
func (p *mapping) retry(e *event, args []value, conds, given condset) value {
	f, a := p.f, p.f.a
	if f.retries >= maxRetries {
		a.cut("calls that open calls")
		return a.derive(join(a.t, args), 0)
	}
	level := f.level
	f.retries++
	f.level = a.chains.nodes[e.chain].n + 1
	defer func() { f.retries, f.level = f.retries-1, level }()
	site := f.siteN(a.chains.push(e.site, e.chain) + 1)
	a.sites[site] = a.sites[e.site]
	gate, tests := f.gates[f.block], f.given
	f.gates[f.block], f.given = a.c.and(gate, conds), a.c.and(tests, given)
	defer func() { f.gates[f.block], f.given = gate, tests }()
	if e.call != nil {
		return f.api(e.call, e.ref, args, site)
	}
	return f.dispatch(e.ref, args, site)
}

// write applies an effect to the caller's state.
func (p *mapping) write(e effect) {
	if !p.ofCopy(e) {
		p.put(p.atom(e.base), e.field, p.value(e.v))
	}
}

func (p *mapping) put(bases value, field string, v value) {
	a, s := p.f.a, p.f.s
	if field == lostField {
		for _, b := range a.t.atomsOf(bases) {
			a.forget(s, b, v)
		}
		return
	}
	a.storesTo(bases, v)
	weak := len(a.t.atomsOf(bases)) > 1
	for _, b := range a.t.atomsOf(bases) {
		if k := a.t.node(b).kind; k != kParam && k != kLoad && k != kResult && k != kObj && k != kHome && k != kStore && k != kCell {
			continue
		}
		if p.f.m != nil && a.forGood(slot{b, field}) {
			continue
		}
		if a.full(s, b, field) {
			a.lose(s, b, v)
			continue
		}
		k := slot{b, field}
		switch {
		case weak || field == "[?]" || s.sent(b):
			s.put(k, a.t.join(a.loadAtom(s, b, field), v))
		default:
			s.put(k, p.f.grew(v))
		}
	}
}

// raise makes the callee's event one of the caller's.
func (p *mapping) raise(e *event) {
	if e.kind == evCall {
		return
	}
	f, a := p.f, p.f.a
	conds, ok := p.conditions(e.conds)
	given, way := p.givenHere(e.given)
	if !ok || !way {
		return
	}
	n := *e
	n.given = given
	n.conds = a.c.and(f.gates[f.block], conds)
	n.chain = a.chains.push(p.site, e.chain)
	n.payload, n.to = p.content(e.payload), p.value(e.to)
	switch e.kind {
	case evSink:
		n.payload = a.t.join(n.payload, f.implied)
	case evKept:
		n.payload = p.value(e.payload) // a yes or a no
	}
	n.args = make([]value, len(e.args))
	for i, v := range e.args {
		n.args[i] = p.value(v)
	}
	if at, one := a.t.single(e.payload); e.kind == evKept && one && a.t.node(at).kind == kParam {
		f.recordKept(n, int(a.t.node(at).a)) // which of two it is may be decided here
		return
	}
	f.record(n)
}
