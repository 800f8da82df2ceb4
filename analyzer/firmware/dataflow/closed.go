package dataflow

import "strings"

// A field may be kept in a setting and read from there at the next start, by way of other fields: what it holds then is what it held
// before. Where all that is ever written on such a round is a few numbers, the field holds none but these.

// maxRound bounds the places looked at on a round.
const maxRound = 24

// round is a search for all numbers that a place may hold.
type round struct {
	a    *analysis
	seen map[roundKey]bool
	out  []int64
}

// roundKey is a value as a method writes it, nil of one that depends on no caller.
type roundKey struct {
	in *Method
	v  value
}

// neverHolds reports whether a condition on a static field, of which every number it may ever hold is known, holds for none of them.
func (r *reachability) neverHolds(at atom, c cond) bool {
	a := r.a
	ys, ok := a.numbers(c.y)
	if n := a.t.node(at); !ok || n.kind != kCell || a.t.node(atom(n.a)).b != 0 || a.cutsBy["work on an app"]+a.cutsBy["time"]+a.cutsBy["long methods"] > 0 {
		return false
	}
	s := round{a: a, seen: map[roundKey]bool{}}
	if !s.value(nil, a.t.one(at)) {
		return false
	}
	for _, x := range s.out {
		if anyHolds(c.rel, x, ys) {
			return false
		}
	}
	return true
}

// value adds the numbers that a value may be, as a method writes it; false where it may be anything else.
func (s *round) value(in *Method, v value) bool {
	k := roundKey{in, v}
	if s.seen[k] {
		return true
	}
	if v == nothing || len(s.seen) == maxRound {
		return false
	}
	s.seen[k] = true
	for _, at := range s.a.t.atomsOf(v) {
		if !s.atom(in, at) {
			return false
		}
	}
	return true
}

func (s *round) atom(in *Method, at atom) bool {
	a := s.a
	n := a.t.node(at)
	switch n.kind {
	case kInt, kWhen:
		s.out = append(s.out, n.n)
		return true
	case kParam:
		list := a.passed[in]
		return in != nil && a.entries[in] == "" && int(n.a) < len(list) && s.value(nil, list[n.a])
	case kLoad:
		return s.ofObjects(atom(n.a), n.s)
	case kCell:
		base := a.t.node(atom(n.a))
		switch {
		case base.kind == kStore:
			return s.setting(n, base)
		case base.kind == kHome && base.b == 0 && base.n == 0 && a.app.component(base.s) == nil:
			if v, ok := a.defaultNumber(n); ok {
				s.out = append(s.out, v)
				return s.written(slot{atom(n.a), n.s})
			}
		default:
			return s.ofObjects(atom(n.a), n.s)
		}
	}
	return false
}

// defaultNumber is what a static field holds before anybody but its class writes it.
func (a *analysis) defaultNumber(n *node) (int64, bool) {
	for _, w := range a.cellLog[slot{atom(n.a), n.s}] {
		if w.by != nil && w.by.Name == "<clinit>" {
			return a.t.number(w.v)
		}
	}
	return 0, true
}

// written adds what is written to one place, and lost of it.
func (s *round) written(k slot) bool {
	a := s.a
	if _, lost := a.cells[slot{k.base, lostField}]; lost {
		return false
	}
	for _, w := range a.cellLog[k] {
		if !s.value(nil, w.v) {
			return false
		}
	}
	return true
}

// setting adds what a preference of the app's own holds, and what it counts as that nobody wrote.
func (s *round) setting(n, base *node) bool {
	a := s.a
	key := strings.Trim(n.s, "[]")
	if _, screen := a.app.Settings[key]; screen || !isPreference(base.s) || base.s == "pref:*" || n.s == "[?]" || n.s == "[*]" || a.writeable[base.s] || a.foreign(atom(n.a), n.s) != nothing {
		return false
	}
	if n.b != 0 && !s.value(nil, value(n.b)) {
		return false
	}
	for _, b := range a.stores() { // by a name or a key that is not known
		if o := a.t.node(b); b == atom(n.a) && len(a.cellLog[slot{b, "[?]"}]) > 0 || o.s == "pref:*" && len(a.cellLog[slot{b, n.s}])+len(a.cellLog[slot{b, "[?]"}]) > 0 {
			return false
		}
	}
	k := slot{atom(n.a), n.s}
	if a.keptLost || len(a.kept[k]) == 0 {
		return s.written(k)
	}
	for i := range a.kept[k] { // every write, as it was where it was made
		if !s.value(nil, a.kept[k][i].v) {
			return false
		}
	}
	return true
}

// ofObjects adds what is written to a field of the objects that a place may hold, of all objects of their classes, and what they
// hold before that.
func (s *round) ofObjects(base atom, field string) bool {
	a := s.a
	seen := map[string]bool{}
	for _, at := range a.t.atomsOf(a.expand(a.t.one(base))) {
		n := a.t.node(at)
		if n.kind != kHome && n.kind != kObj {
			continue // null, or one of those whose classes are known
		}
		if seen[n.s] {
			continue
		}
		seen[n.s] = true
		if !s.ofClass(n.s, field) {
			return false
		}
	}
	return len(seen) > 0
}

func (s *round) ofClass(class, field string) bool {
	a := s.a
	for c, n := a.u.class(class), 0; c != nil && n < maxChain; c, n = a.u.class(c.Super), n+1 {
		w := a.everWritten[c.Name+"->"+field]
		if w == nil {
			continue
		}
		if c.Lib || w.more || a.u.is(class, "Ljava/io/Serializable;") {
			return false
		}
		if !a.surelyMade(class, field) {
			s.out = append(s.out, 0)
		}
		for _, one := range w.list {
			if !s.value(one.in, one.v) {
				return false
			}
		}
		return true
	}
	return false
}
