package dataflow

import (
	"slices"
	"strings"
)

// Setter is code that may switch on what a gate reads.
type Setter struct {
	Site       Site     // the call that writes it, or else the method that does
	Activation []string // why that runs
}

// SwitchedOnBy lists for what reasons code runs that may switch the gate on, in the order of the activations.
func (g Gate) SwitchedOnBy() []string {
	var out []string
	for _, name := range labelNames {
		if slices.ContainsFunc(g.SetBy, func(s Setter) bool { return slices.Contains(s.Activation, name) }) {
			out = append(out, name)
		}
	}
	return out
}

// maxSetters bounds the calls that are told of who may switch something on.
const maxSetters = 8

// bridge marks methods that only call another of the same name (Dalvik executable format, access_flags).
const bridge = 0x40

// setters lists what writes a setting so that a condition on it holds, but what does so behind that condition. Of a write
// that is known only as what a method leaves behind, the method is told.
func (r *reachability) setters(k slot, c cond, compared bool) []Setter {
	a := r.a
	var out []Setter
	add := func(s Site, why label) {
		if why.settled() == 0 || s.Method == nil {
			return
		}
		i := slices.IndexFunc(out, func(o Setter) bool { return o.Site == s })
		if i < 0 && len(out) < maxSetters {
			out = append(out, Setter{s, why.names()})
		} else if i >= 0 {
			for _, name := range why.names() {
				if !slices.Contains(out[i].Activation, name) {
					out[i].Activation = append(out[i].Activation, name)
				}
			}
		}
	}
	for i := range a.kept[k] {
		w := &a.kept[k][i]
		if !compared && !r.mayHold(c, w.v) || strings.HasPrefix(a.t.node(k.base).s, "db:") && a.copied(w.v) {
			continue
		}
		why := label(0)
		for one := range r.switching(k, c, w, ^label(0)) {
			why |= one
		}
		at := a.sites[w.site]
		if calls := a.placesOf(nil, a.chains.list(w.chain)); len(calls) > 0 {
			at = calls[0] // not in a method that writes whatever it is given
		}
		add(at, why)
	}
	for _, w := range a.cellLog[k] {
		if w.by != nil && w.by.Access&bridge == 0 && !r.explained(k, c, w.v) && (compared || r.mayHold(c, a.local(a.expand(w.v)))) {
			add(Site{Method: w.by}, r.why[w.by])
		}
	}
	slices.SortStableFunc(out, func(x, y Setter) int { return rank(x) - rank(y) })
	return out
}

// rank puts what needs no user first, then what others ask for.
func rank(s Setter) int {
	switch {
	case (&Flow{Activation: s.Activation}).automatic():
		return 0
	case slices.Contains(s.Activation, "other-app"):
		return 1
	}
	return 2
}
