package dataflow

import (
	"slices"
)

// publish writes what a root leaves in global places to their cells.
func (a *analysis) publish(s *state, by *Method) {
	var keys []slot
	for _, b := range s.bases() {
		switch a.t.node(b).kind {
		case kHome, kStore, kCell, kLoad:
			keys = append(keys, a.slots(s, b)...)
		}
	}
	for _, k := range keys {
		a.writeCell(k, a.share(s, s.at(k)), by)
	}
}

// cellWrite is one write of a cell: what, and by which root.
type cellWrite struct {
	v  value
	by *Method
}

func (a *analysis) writeCell(k slot, v value, by *Method) {
	if v == nothing {
		return
	}
	k.base = a.plain(k.base)
	w := cellWrite{v, by}
	if !slices.Contains(a.cellLog[k], w) {
		a.cellLog[k] = append(a.cellLog[k], w)
	}
	if j := a.t.join(a.cells[k], v); j != a.cells[k] {
		if _, ok := a.cells[k]; !ok {
			a.cellsOf[k.base] = append(a.cellsOf[k.base], k.field)
		}
		a.cells[k] = j
	}
}

// share makes objects global: from now on their fields are cells.
func (a *analysis) share(s *state, v value) value {
	objects := false
	for _, at := range a.t.atomsOf(v) {
		if n := a.t.node(at); n.kind == kObj || n.kind == kHome && n.n != 0 {
			objects = true
		}
	}
	if !objects {
		return v
	}
	var out []atom
	for _, at := range a.t.atomsOf(v) {
		n := a.t.node(at)
		if n.kind != kObj {
			out = append(out, a.plain(at))
			continue
		}
		home := a.home(at)
		out = append(out, home)
		mark := sharedKey{s, at}
		if a.sharing[mark] {
			continue
		}
		a.sharing[mark] = true
		for _, k := range a.slots(s, at) {
			a.writeCell(slot{home, k.field}, a.share(s, s.at(k)), nil)
		}
	}
	return a.t.make(out)
}

type sharedKey struct {
	s  *state
	at atom
}
