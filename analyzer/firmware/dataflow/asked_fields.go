package dataflow

import "strings"

// contents is what a cell holds, looked up apart from the other values: what is expanded first decides where a circle of
// cells is cut, and what flows must not depend on that.
func (s *sight) contents(base atom, field string) value {
	others, circles := s.a.expanded, s.a.circles
	s.a.expanded, s.a.circles = map[value]value{}, map[value]bool{}
	defer func() { s.a.expanded, s.a.circles = others, circles }()
	return s.a.contents(base, field)
}

// surelyMade reports whether every constructor of the class that has a field writes it on every way.
func (a *analysis) surelyMade(class, field string) bool {
	for c, n := a.u.class(class), 0; c != nil && n < maxChain; c, n = a.u.class(c.Super), n+1 {
		a.u.load(c)
		if !a.declares(c, field) {
			continue
		}
		found := false
		for _, m := range c.order {
			if m.Name != "<init>" {
				continue
			}
			s := a.sums[m]
			if s == nil { // never called
				continue
			}
			self := a.t.atom(node{kind: kParam})
			old := a.t.atom(node{kind: kLoad, a: uint32(self), s: field})
			sure := false
			for _, e := range s.heap {
				sure = sure || e.base == self && e.field == field && !a.contains(e.v, old)
			}
			if !sure {
				return false
			}
			found = true
		}
		return found
	}
	return false
}

// declares reports whether a class has a field of a slot's name.
func (a *analysis) declares(c *Class, field string) bool {
	for key := range c.fields {
		name, typ, _ := strings.Cut(key, ":")
		if a.u.member(&fieldRef{class: c.Name, name: name, typ: typ}) == field {
			return true
		}
	}
	return false
}
