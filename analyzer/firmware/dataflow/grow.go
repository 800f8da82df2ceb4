package dataflow

import (
	"slices"
	"strings"
)

// A text that a loop makes longer, round by round, is known by how it begins: what a round adds is not told apart, and no text that
// only some round leaves behind is taken for the whole. Where the loop surely runs, the text before it is none of them either.

// grew notes the texts that a loop put together.
func (f *frame) grew(v value) value {
	if !f.looping() {
		return v
	}
	for _, at := range f.a.t.atomsOf(v) {
		if k := f.a.t.node(at).kind; k == kStr || k == kConcat {
			if f.made == nil {
				f.made = map[atom]bool{}
			}
			f.made[at] = true
		}
	}
	return v
}

// grewFrom notes the texts that a call gave back which begin with one that it was given.
func (f *frame) grewFrom(args []value, v value) {
	if !f.looping() {
		return
	}
	for _, at := range f.a.t.atomsOf(v) {
		if k := f.a.t.node(at).kind; k != kStr && k != kConcat {
			continue
		}
		for _, arg := range args {
			for _, o := range f.a.t.atomsOf(arg) {
				if k := f.a.t.node(o).kind; o != at && (k == kStr || k == kConcat) && f.a.t.beginsWith(at, o) > 0 {
					f.grew(f.a.t.one(at))
				}
			}
		}
	}
}

// settleGrowth changes what is handed back to the head of a loop so that no text grows further; late is set where the loop was gone
// through before, and a longer text is one that grows whoever put it together.
func (f *frame) settleGrowth(head, back *state, late bool) {
	for i, v := range back.regs {
		if i < len(head.regs) && v != head.regs[i] {
			back.regs[i] = f.grown(head.regs[i], v, late)
		}
	}
	var changed []atom
	for b, o := range back.heap {
		if o != head.heap[b] {
			changed = append(changed, b)
		}
	}
	slices.Sort(changed)
	for _, b := range changed {
		o := back.heap[b]
		for i, name := range o.names {
			old, ok := head.heap[b].get(name)
			if !ok {
				if f.a.t.node(b).kind == kObj {
					continue // made in the loop
				}
				old = f.a.initial(b, name)
			}
			if v := o.values[i]; v != old {
				if w := f.grown(old, v, late); w != v {
					back.put(slot{b, name}, w)
				}
			}
		}
	}
}

// grown returns a value that a round leaves behind; texts that begin as one did before the round have something unknown after that.
func (f *frame) grown(old, v value, late bool) value {
	a := f.a
	var out []atom
	changed := false
	for i, at := range a.t.atomsOf(v) {
		if base, ok := f.baseOf(old, at, late); ok {
			if !changed {
				out = append(out, a.t.atomsOf(v)[:i]...)
			}
			changed = true
			out = append(out, base)
			if f.open == nil {
				f.open = map[atom]bool{}
			}
			f.open[base] = true
			if held := a.labels(a.t.one(at)); a.carries(held) {
				out = append(out, a.t.atomsOf(held)...)
			}
			continue
		}
		if changed {
			out = append(out, at)
		}
	}
	if !changed {
		return v
	}
	return a.t.make(out)
}

// baseOf finds the longest of the old texts that a new one begins with, or else one that it ends with, and puts something unknown in
// the place of the rest.
func (f *frame) baseOf(old value, at atom, late bool) (atom, bool) {
	a := f.a
	if k := a.t.node(at).kind; k != kStr && k != kConcat || !f.made[at] && !late {
		return 0, false
	}
	best, ends, length := atom(0), atom(0), -1
	for _, o := range a.t.atomsOf(old) {
		if o == at {
			return 0, false
		}
		switch a.t.node(o).kind {
		case kStr, kConcat, kParam, kLoad, kResult, kCell:
		default:
			continue
		}
		n := a.t.beginsWith(at, o)
		if n > length && (n > 0 || f.made[at]) {
			best, length = o, n
		}
		if n := a.t.node(o); f.made[at] && n.kind == kStr && n.s != "" && strings.HasSuffix(a.t.ending(at), n.s) {
			ends = o
		}
	}
	switch {
	case length > 0:
		return a.t.concat(best, anyAtom), true
	case ends != 0:
		return a.t.concat(anyAtom, ends), true
	case length == 0:
		return anyAtom, true
	}
	return 0, false
}

// beginsWith returns how much of a text is another that it begins with, -1 where it does not.
func (t *tables) beginsWith(at, base atom) int {
	x, y := t.partsOf(at), t.partsOf(base)
	if n := t.node(y[0]); n.kind == kStr && n.s == "" && t.node(x[0]).kind != kStr { // which a longer text does not keep
		if y = y[1:]; len(y) == 0 {
			return 1
		}
	}
	n := 0
	for i, p := range y {
		if i >= len(x) {
			return -1
		}
		if x[i] == p {
			n += 1 + len(t.node(p).s)
			continue
		}
		u, v := t.node(x[i]), t.node(p)
		if i < len(y)-1 || u.kind != kStr || v.kind != kStr || !strings.HasPrefix(u.s, v.s) {
			return -1
		}
		n += len(v.s)
	}
	return n
}

// partsOf returns the parts of a text in their order.
func (t *tables) partsOf(at atom) []atom {
	if n := t.node(at); n.kind == kConcat {
		return n.parts()
	}
	return []atom{at}
}

// ending returns the constant that a text ends with, "" where there is none.
func (t *tables) ending(at atom) string {
	parts := t.partsOf(at)
	if n := t.node(parts[len(parts)-1]); n.kind == kStr {
		return n.s
	}
	return ""
}

// leftBehind drops, where a loop that surely ran is left, the texts that it made longer.
func (f *frame) leftBehind(s *state) {
	for i, v := range s.regs {
		s.regs[i] = f.lengthened(v)
	}
	for _, b := range s.bases() {
		o := s.heap[b]
		for i, name := range o.names {
			if w := f.lengthened(o.values[i]); w != o.values[i] {
				s.put(slot{b, name}, w)
			}
		}
	}
}

// lengthened drops the texts of a value that are in it with something unknown behind them too.
func (f *frame) lengthened(v value) value {
	a := f.a
	atoms := a.t.atomsOf(v)
	if len(atoms) < 2 {
		return v
	}
	gone := map[atom]bool{}
	for _, at := range atoms {
		if n := a.t.node(at); n.kind == kConcat && f.open[at] {
			if parts := n.parts(); parts[len(parts)-1] == anyAtom {
				gone[a.t.joined(parts[:len(parts)-1])] = true
			}
		}
	}
	if len(gone) == 0 {
		return v
	}
	var out []atom
	for _, at := range atoms {
		if !gone[at] {
			out = append(out, at)
		}
	}
	return a.t.make(out)
}

// leaves reports whether a way leads out of a loop that surely ran.
func (f *frame) leaves(from, to int32) bool {
	if len(f.open) == 0 {
		return false
	}
	for _, l := range f.loops {
		if l.sure && l.body[from] && !l.body[to] {
			return true
		}
	}
	return false
}
