package dataflow

import (
	"slices"

	"romscan/analyzer/fact/dex"
)

// An object may be made only where a caller asks for it by a flag. Where all callers that were seen ask for none, no object of
// the class exists, and what its methods would do is never done.

// making is what was seen of where objects of a class are made.
type making struct {
	sure    bool // under conditions that may hold
	refused bool // under conditions of which a caller says that they do not hold
	by      map[*Method]bool
	from    map[Site]bool // the calls of those that were looked at
}

// askedObject is an object of a class that is made under conditions of the caller's.
type askedObject struct {
	class string
	conds condset
}

// maxMade bounds the objects of which a method says under what conditions it makes them; the others count as made.
const maxMade = 16

func (a *analysis) madeOf(class string) *making {
	m := a.made[class]
	if m == nil {
		m = &making{by: map[*Method]bool{}, from: map[Site]bool{}}
		a.made[class] = m
	}
	return m
}

// makes notes that an object of a class is made here: for sure, or if the caller asks for it.
func (f *frame) makes(class string, conds condset) {
	a := f.a
	if f.silent {
		return
	}
	c := a.u.class(class)
	if c == nil || c.Lib {
		return
	}
	if m := a.made[class]; m != nil && m.sure {
		return
	}
	if conds == 0 || len(f.objects) >= maxMade || !a.symbolicConds(conds) {
		a.madeOf(class).sure = true
		return
	}
	if m := (askedObject{class, conds}); !slices.Contains(f.objects, m) {
		f.objects = append(f.objects, m)
	}
}

// ifAsked hands up to the callers what objects a method makes if they ask for them.
func (a *analysis) ifAsked(f *frame, s *summary) {
	s.makes = nil
	for _, m := range f.objects {
		if made := a.madeOf(m.class); !made.sure {
			made.by[f.m] = true
			s.makes = append(s.makes, m)
		}
	}
}

// makes notes what objects a callee makes, as the caller asks for them.
func (p *mapping) makes(s *summary) {
	for _, m := range s.makes {
		made := p.f.a.madeOf(m.class)
		if made.sure {
			continue
		}
		made.from[p.f.a.sites[p.site]] = true
		conds, ok := p.conditions(m.conds)
		if !ok {
			made.refused = true
			continue
		}
		p.f.makes(m.class, p.f.a.c.and(p.f.gates[p.f.block], conds))
	}
}

// neverMade finds the classes of which no object is ever made.
func (a *analysis) neverMade() map[string]bool {
	out := map[string]bool{}
	for class, m := range a.made {
		if m.refused && !m.sure && a.app.component(class) == nil {
			out[class] = true
		}
	}
	for class := range a.classes { // an object of a class below is one of the class too
		if !out[class] {
			for c, n := a.u.class(class), 0; c != nil && n < maxChain; c, n = a.u.class(c.Super), n+1 {
				delete(out, c.Name)
			}
		}
	}
	if len(out) > 0 {
		a.madeElsewhere(out)
	}
	return out
}

// madeElsewhere takes the classes out of which objects are made in code that nothing was seen to lead to, or by methods of
// which not all calls were looked at.
func (a *analysis) madeElsewhere(out map[string]bool) {
	type call struct{ class, by string }
	calls := map[string][]call{} // by name and prototype
	for class := range out {
		for m := range a.made[class].by {
			calls[m.Name+m.Proto] = append(calls[m.Name+m.Proto], call{class, m.Class.Name})
		}
	}
	for c := range a.u.own {
		a.u.load(c)
		restored := a.u.resolverOf(c.File)
		for _, m := range c.order {
			code, err := c.File.Code(m.Code)
			if m.Code == 0 || err != nil {
				continue
			}
			for it := code.Insns(); it.Next(); {
				in := it.Insn(code.Set)
				if restored != nil {
					a.u.restoreInsn(restored, m, &in)
				}
				switch {
				case in.Op == dex.OpNewInstance && a.sums[m] == nil:
					delete(out, a.u.typ(c.File, in.Index))
				case in.Op.Invoke():
					r := a.u.methodRef(c.File, in.Index)
					if r == nil {
						continue
					}
					for _, k := range calls[r.key()] {
						if made := a.made[k.class]; (a.u.is(k.by, r.class) || a.u.is(r.class, k.by)) && !made.from[Site{m, in.Addr}] {
							delete(out, k.class)
						}
					}
				}
			}
		}
	}
}

// unmade reports whether a method is one of objects that are never made.
func (a *analysis) unmade(m *Method) bool {
	return m != nil && len(a.absent) > 0 && !m.Static() && a.absent[m.Class.Name]
}

// throughUnmade reports whether calls lead through methods of objects that are never made.
func (a *analysis) throughUnmade(in *Method, chain, site uint32) bool {
	if len(a.absent) == 0 {
		return false
	}
	if a.unmade(in) || a.unmade(a.sites[site].Method) {
		return true
	}
	for _, s := range a.chains.list(chain) {
		if a.unmade(a.sites[s].Method) {
			return true
		}
	}
	return false
}
