package dataflow

import (
	"fmt"
	"sort"
)

// Debug lists what the analysis found out about global cells and events.
func (r *Result) Debug() []string {
	a := r.a
	var out []string
	for b, fields := range a.cellsOf {
		for _, f := range fields {
			out = append(out, fmt.Sprintf("cell %s.%s = %s", a.show(b), f, a.showV(a.cells[slot{b, f}])))
		}
	}
	sort.Strings(out)
	for _, e := range a.settled {
		out = append(out, fmt.Sprintf("event %s in %s: %s to %s", e.ref.String(), e.in.Ref(), a.showV(e.payload), a.showV(e.to)))
	}
	for _, rt := range a.roots {
		s := "root " + rt.m.Ref()
		for _, v := range rt.args {
			s += " " + a.showV(v)
		}
		out = append(out, s)
	}
	return out
}

func (a *analysis) showV(v value) string {
	s := "{"
	for i, at := range a.t.atomsOf(v) {
		if i > 0 {
			s += ", "
		}
		s += a.show(at)
	}
	return s + "}"
}

func (a *analysis) show(at atom) string {
	n := a.t.node(at)
	switch n.kind {
	case kAny:
		return "any"
	case kInt:
		return fmt.Sprint(n.n)
	case kStr:
		return fmt.Sprintf("%q", n.s)
	case kParam:
		return fmt.Sprintf("param%d", n.a)
	case kLoad:
		return a.show(atom(n.a)) + "." + n.s
	case kObj:
		return fmt.Sprintf("new %s@%d/%d", n.s, n.a, n.b)
	case kHome:
		return fmt.Sprintf("home(%s#%d)", n.s, n.b)
	case kStore:
		return "store(" + n.s + ")"
	case kCell:
		return "cell(" + a.show(atom(n.a)) + "." + n.s + ")"
	case kSource:
		return "SOURCE " + a.types[n.a]
	case kDerived:
		return "derived(" + a.show(atom(n.a)) + ")"
	case kConcat:
		s := "concat("
		for _, p := range n.parts() {
			s += a.show(p) + " "
		}
		return s + ")"
	case kResult:
		return fmt.Sprintf("result#%d(%s)", n.a, n.s)
	case kApi:
		return "api(" + n.s + ")"
	case kAllOf:
		return "all(" + a.show(atom(n.a)) + ")"
	case kWhen:
		s := fmt.Sprintf("when(%d if", n.n)
		for _, id := range a.c.sets[n.b] {
			c := a.c.conds[id]
			s += fmt.Sprintf(" %s %d %s &", a.showV(c.x), c.rel, a.showV(c.y))
		}
		return s + ")"
	case kClass:
		return "class " + n.s
	}
	return fmt.Sprintf("kind%d %s", n.kind, n.s)
}

// Conds spells the conditions of a flow.
func (r *Result) Conds(f *Flow) []string {
	a := r.a
	var out []string
	for bit := range labels {
		if g, ok := r.reach.gates[bit][f.In]; ok {
			for _, id := range a.c.sets[a.c.and(g, f.conds)] {
				c := a.c.conds[id]
				out = append(out, fmt.Sprintf("[%d] %s %d %s at %s", bit, a.showV(c.x), c.rel, a.showV(c.y), a.sites[c.site].Method.Ref()))
			}
		}
	}
	return out
}
