package dataflow

// The bits of kSource.b and kDerived.b: transforms, and how a value came to be.
const (
	asHashed uint32 = 1 << iota
	asEncrypted
	asEncoded
	asCompressed
	asInexact // of a row, but which column cannot be told
	asAnswer  // the result of a comparison with it
)

// countOf is the number of things in a list: no data itself, and still a condition on it.
func (a *analysis) countOf(v value) value {
	var out []atom
	for _, at := range a.t.atomsOf(v) {
		n := *a.t.node(at)
		if n.kind == kSource {
			n = node{kind: kApi, a: uint32(n.n), s: "number of " + a.types[n.a]}
		}
		out = append(out, a.t.atom(n))
	}
	return a.t.make(out)
}

// derive returns what a value made of v carries on: personal data and what depends on the caller, with transforms added.
func (a *analysis) derive(v value, bits uint32) value {
	var out []atom
	for _, b := range a.t.atomsOf(v) {
		n := *a.t.node(b)
		switch n.kind {
		case kAny:
			if b == lostData || b == lostThing {
				out = append(out, lostData)
			}
		case kSource:
			n.b |= bits
			out = append(out, a.t.atom(n))
		case kDerived:
			n.b |= bits
			out = append(out, a.t.atom(n))
		case kParam, kLoad, kResult, kCell, kAllOf:
			out = append(out, a.t.atom(node{kind: kDerived, a: uint32(b), b: bits}))
		case kApi:
			if n.s == "remote" {
				out = append(out, b)
			}
		case kConcat:
			out = append(out, a.t.atomsOf(a.derive(a.t.make(n.parts()), bits))...)
		}
	}
	if len(out) == 0 {
		return a.t.any()
	}
	return a.t.make(out)
}
