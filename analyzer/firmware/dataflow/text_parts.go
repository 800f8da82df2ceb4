package dataflow

// textParts is what is known of a text: its constant parts in their order, with something unknown between two of them.
type textParts struct {
	known       []string
	open, ended bool // something unknown stands before the first part, or after the last
}

// whole returns a text that is known as a whole.
func (p textParts) whole() (string, bool) {
	if len(p.known) != 1 || p.open || p.ended {
		return "", false
	}
	return p.known[0], true
}

// front and back are what the text surely begins and ends with.
func (p textParts) front() string {
	if p.open || len(p.known) == 0 {
		return ""
	}
	return p.known[0]
}

func (p textParts) back() string {
	if p.ended || len(p.known) == 0 {
		return ""
	}
	return p.known[len(p.known)-1]
}

// partsOf returns what is known of a text; false where that is nothing.
func (a *analysis) partsOf(at atom) (textParts, bool) {
	switch n := a.t.node(at); n.kind {
	case kStr:
		return textParts{known: []string{n.s}}, true
	case kConcat:
		var p textParts
		for i, part := range n.parts() {
			if pn := a.t.node(part); pn.kind == kStr {
				if i > 0 && !p.ended { // two that were too long to be one
					p.ended = true
				}
				p.known, p.ended = append(p.known, pn.s), false
				continue
			}
			p.open, p.ended = p.open || len(p.known) == 0, true
		}
		return p, len(p.known) > 0
	}
	return textParts{}, false
}

// longer reports whether a text is surely longer than another.
func longer(p textParts, s string) bool {
	n := 0
	for _, k := range p.known {
		n += len(k)
	}
	return n > len(s)
}

// partOf is what a part of a text carries, or what was made of it: that it is not the text itself is all that is known.
func (a *analysis) partOf(v value) value {
	out := nothing
	for _, at := range a.t.atomsOf(v) {
		one := a.t.one(at)
		switch a.t.node(at).kind {
		case kStr, kConcat, kParam, kLoad, kResult, kCell, kAllOf:
			one = a.derive(one, 0)
		}
		out = a.t.join(out, one)
	}
	return out
}
