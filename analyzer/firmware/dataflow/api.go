package dataflow

import "strings"

// api interprets a call by its line in the vocabulary.
func (f *frame) api(c *Call, r *methodRef, args []value, site uint32) value {
	a := f.a
	if c.Hits != nil {
		*c.Hits++
	}
	defer func() { f.over = c.Op == "exit" }() // which never returns
	f.takeBack(r, args)
	at := func(i int) value {
		if i >= 0 && i < len(args) {
			return args[i]
		}
		return nothing
	}
	static := len(args) == len(r.params)
	if static { // positions count parameters from 1 in both kinds of calls
		get := at
		at = func(i int) value { return get(i - 1) }
	}
	result := nothing
	a.consults(c, args)
	if c.Op != "" {
		if op := a.ops[c.Op]; op != nil {
			v, wait := op(f, &call{Call: c, r: r, at: at, args: args, site: site})
			if wait {
				return f.pend(r, c, args, site)
			}
			result = v
		}
	}
	for _, mv := range c.Flow {
		v := at(mv.From)
		if mv.Bits&asEncrypted != 0 || mv.To >= 0 || mv.Bits != 0 || !a.plainText(v) {
			v = a.derive(a.reach(f.s, v), mv.Bits)
		}
		if mv.To < 0 {
			if c.Name != "toString" {
				v = a.partOf(v)
			}
			result = a.t.join(result, v)
			continue
		}
		if a.carries(v) {
			a.add(f.s, at(mv.To), "[?]", v)
		}
	}
	if c.Source != "" && c.Param == 0 && !f.names(c.Unless) {
		result = a.t.join(result, f.read(c.Source, site))
	}
	if c.Sink != "" && c.Op != "start" && c.Op != "set-result" && c.Op != "pending" { // those decide where they lead
		f.sink(c, r, at, args, site)
	}
	if text := value(nothing); strings.HasPrefix(r.ret, "L") && result != nothing { // made of texts of which some are lost
		for _, v := range args {
			if a.misses(v, lostText) {
				text = a.t.one(lostText)
			}
		}
		result = a.t.join(result, text)
	}
	if c.Op == "" && len(c.Flow) == 0 && c.Source == "" && c.Sink != "" {
		result = a.t.of(node{kind: kApi, a: site, s: r.String()})
	}
	return result
}

// names reports whether the method calls another, given by its class and name.
func (f *frame) names(ref string) bool {
	if ref == "" {
		return false
	}
	for i := range f.g.insns {
		if in := &f.g.insns[i]; in.Op.Invoke() {
			if r := f.a.u.methodRef(f.f, in.Index); r != nil && r.class+"->"+r.name == ref {
				return true
			}
		}
	}
	return false
}

// read is personal data that is read at a site, under the conditions that hold there.
func (f *frame) read(data string, site uint32) value {
	a := f.a
	old, ok := a.readAt[site]
	switch {
	case ok && f.silent: // the one summary says what stands before it
	case ok:
		a.readAt[site] = readGate{f.m, a.either(old.conds, f.gates[f.block])}
	default:
		a.readAt[site] = readGate{f.m, f.gates[f.block]}
	}
	return a.t.of(node{kind: kSource, a: a.dataType(data), n: int64(site)})
}

// readGate is where a source is read and what stands before it.
type readGate struct {
	in    *Method
	conds condset
}

// plainText reports whether a value is text as it stands.
func (a *analysis) plainText(v value) bool {
	for _, at := range a.t.atomsOf(v) {
		switch a.t.node(at).kind {
		case kObj, kHome, kStore, kInt, kAny, kClass:
			return false
		}
	}
	return true
}

// sink notes that values leave.
func (f *frame) sink(c *Call, r *methodRef, at func(int) value, args []value, site uint32) {
	a := f.a
	payload, to := f.implied, nothing
	trust := false
	for _, i := range c.Payload {
		payload = a.t.join(payload, a.reach(f.s, at(i)))
	}
	for _, i := range c.To {
		to = a.t.join(to, f.address(at(i)))
		for _, b := range a.t.atomsOf(at(i)) {
			if _, ok := f.s.get(slot{b, "$trust"}); ok {
				trust = true
			}
		}
	}
	f.record(event{kind: evSink, call: c, ref: r, args: nil, payload: payload, to: to, conds: f.gates[f.block], site: site, trust: trust || a.trustDefault})
}

// address returns where something leads to: text as it is, of a connection what it was opened with.
func (f *frame) address(v value) value {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(v) {
		switch n := a.t.node(at); n.kind {
		case kObj, kHome, kParam, kLoad, kResult, kCell, kStore:
			one := a.t.one(at)
			got := a.load(f.s, one, addressField)
			if n.kind == kParam || n.kind == kLoad || n.kind == kResult || n.kind == kCell {
				got = a.t.join(got, one)
			}
			for in, depth := a.load(f.s, one, wrappedField), 0; in != nothing && depth < 4; depth++ {
				got = a.t.join(got, a.load(f.s, in, addressField))
				next := a.load(f.s, in, wrappedField)
				if next == in {
					break
				}
				in = next
			}
			out = a.t.join(out, got)
		case kAny, kInt:
		default:
			out = a.t.join(out, a.t.one(at))
		}
	}
	return out
}
