package dataflow

import (
	"slices"
	"strings"
)

// known is one thing that a value may be.
type known struct {
	text   string
	number int64
	isText bool
	at     atom // a constant of an enumeration, which the number stands for
}

// decide says whether a condition holds in a context.
func (s *sight) decide(c cond) truth {
	s.stated, s.fields = false, false
	xs, ok1 := s.all(s.value(c.x), 0)
	ys, ok2 := s.all(s.value(c.y), 0)
	if !ok1 || !ok2 {
		return maybe
	}
	can, cannot := false, false
	s.stated = !s.fields
	for _, x := range xs {
		for _, y := range ys {
			holds := false
			switch {
			case !x.isText && !y.isText:
				holds = c.rel.holds(x.number, y.number)
			case c.rel != equal && c.rel != unequal:
				return maybe
			default:
				holds = (x == y) == (c.rel == equal)
			}
			can, cannot = can || holds, cannot || !holds
		}
	}
	return outcome(can, cannot)
}

// all lists everything that a value may be; false where that is not known.
func (s *sight) all(v value, depth int) (out []known, ok bool) {
	a := s.a
	if v == nothing || depth > 3 {
		return nil, false
	}
	for _, at := range a.t.atomsOf(v) {
		n := *a.t.node(at)
		switch n.kind {
		case kInt:
			out = append(out, known{number: n.n})
		case kWhen: // its conditions are somebody's choice
			s.fields = true
			out = append(out, known{number: n.n})
		case kStr:
			out = append(out, known{text: n.s, isText: true})
		case kCompare:
			list, ok := s.equals(value(n.a), value(n.b), depth)
			if !ok {
				return nil, false
			}
			out = append(out, list...)
		case kHome:
			if a.enums.of[at] == nil {
				return nil, false
			}
			out = append(out, known{number: notNull + int64(at), at: at})
		case kLoad:
			if list, ok := s.ofConstants(&n, depth); ok {
				out = append(out, list...)
				continue
			}
			if n.s != textField { // of a builder; a text is its own
				return nil, false
			}
			if _, ok := s.all(a.t.one(atom(n.a)), depth+1); !ok {
				return nil, false
			}
		case kCell:
			list, ok := s.field(&n, depth)
			if !ok {
				return nil, false
			}
			out = append(out, list...)
		default:
			return nil, false
		}
	}
	return out, len(out) > 0
}

// ofConstants lists what a field of a constant of an enumeration may hold.
func (s *sight) ofConstants(n *node, depth int) (out []known, ok bool) {
	if strings.HasPrefix(n.s, namedField) {
		list, ok := s.all(s.a.t.one(atom(n.a)), depth+1)
		for i := range list {
			// null is no name, and a name of none throws
			if at, one := s.a.t.single(s.a.named(list[i].text, n.s)); one && list[i].isText {
				out = append(out, known{number: notNull + int64(at), at: at})
			}
		}
		return out, ok && len(out) > 0
	}
	if n.s != ordinalField && n.s != titleField && !strings.HasPrefix(n.s, caseField) {
		return nil, false
	}
	list, ok := s.all(s.a.t.one(atom(n.a)), depth+1)
	if !ok {
		return nil, false
	}
	for _, k := range list {
		held, ok := s.all(s.a.constantField(k.at, n.s), depth+1)
		if !ok {
			return nil, false
		}
		out = append(out, held...)
	}
	return out, true
}

// equals lists what a comparison of two texts may come to.
func (s *sight) equals(x, y value, depth int) (out []known, ok bool) {
	xs, ok1 := s.all(x, depth+1)
	ys, ok2 := s.all(y, depth+1)
	if !ok1 || !ok2 {
		return nil, false
	}
	var yes, no bool
	for _, i := range xs {
		for _, j := range ys {
			yes, no = yes || i == j, no || i != j
		}
	}
	if yes {
		out = append(out, known{number: 1})
	}
	if no {
		out = append(out, known{number: 0})
	}
	return out, true
}

// field lists what a field of a known object may hold.
func (s *sight) field(n *node, depth int) (out []known, ok bool) {
	a := s.a
	bases := []atom{atom(n.a)}
	if s.intent != nothing && slices.Contains(s.stores, bases[0]) {
		bases = a.t.atomsOf(s.intent)
	}
	for _, b := range bases {
		base := a.t.node(b)
		filled := base.kind == kStore && base.s == filledPlace
		if filled {
			b = atom(base.a)
			base = a.t.node(b)
		}
		switch {
		case base.kind == kStore && strings.HasPrefix(base.s, askedPlace) && (n.s == actionField || n.s == matchedField):
		case base.kind == kHome && base.b != 0:
		default:
			return nil, false
		}
		held := s.contents(b, n.s)
		if filled && (n.s == actionField || held == nothing) {
			return nil, false
		}
		if held != nothing {
			list, ok := s.all(held, depth+1)
			if !ok {
				return nil, false
			}
			out = append(out, list...)
		}
		switch {
		case base.kind == kStore:
		case base.s == "Landroid/os/Message;":
			if held == nothing {
				return nil, false
			}
		case base.s == "Landroid/content/Intent;":
			if s.contents(b, actionField) == nothing {
				return nil, false // not made here
			}
			if n.s == actionField {
				break
			}
			if !strings.HasPrefix(n.s, "[") || n.s == "[*]" || n.s == "[?]" {
				return nil, false
			}
			rest := []known{{}}
			if n.b != 0 {
				if rest, ok = s.all(value(n.b), depth+1); !ok {
					return nil, false
				}
			}
			out = append(out, rest...)
		case a.u.class(base.s) != nil && strings.Contains(n.s, ":"):
			s.fields = true
			if !a.surelyMade(base.s, n.s) {
				out = append(out, known{})
			}
		default:
			return nil, false
		}
	}
	return out, len(out) > 0
}

// asks reports whether a value came with a message or an intent.
func (s *sight) asks(v value) bool {
	a := s.a
	for _, at := range a.t.atomsOf(v) {
		for range 2 * maxDepth {
			n := a.t.node(at)
			switch {
			case n.kind == kLoad && n.s == matchedField, n.kind == kCompare && (s.asks(value(n.a)) || s.asks(value(n.b))),
				n.kind == kStore && (strings.HasPrefix(n.s, "intent:") || strings.HasPrefix(n.s, rowsPlace) || strings.HasPrefix(n.s, askedPlace) || n.s == filledPlace),
				n.kind == kHome && carriers[n.s], n.kind == kParam && carriers[s.m.param(int(n.a))]:
				return true
			}
			if n.kind != kLoad && n.kind != kCell && n.kind != kDerived && n.kind != kAllOf {
				break
			}
			at = atom(n.a)
		}
	}
	return false
}

// carriers are the classes of what is handed to a method that does one of several things.
var carriers = map[string]bool{"Landroid/os/Message;": true, "Landroid/content/Intent;": true, "Landroid/os/Bundle;": true}

// param is the type of an argument of a method, the object itself counted; "" for none.
func (m *Method) param(i int) string {
	if !m.Static() {
		if i == 0 {
			return m.Class.Name
		}
		i--
	}
	if i < 0 || i >= len(m.params) {
		return ""
	}
	return m.params[i]
}
