package dataflow

import (
	"slices"
	"strings"
	"unicode/utf16"
)

// spot is a place in a text: n characters after its beginning, or after the end that it had when it was of.
type spot struct {
	n   int64
	end bool
	of  value
}

// spotOf reads a number that is an offset into a builder.
func (f *frame) spotOf(builder atom, v value) (spot, bool) {
	a := f.a
	if n, ok := a.t.number(v); ok {
		return spot{n: n}, n >= 0
	}
	at, one := a.t.single(v)
	if !one {
		return spot{}, false
	}
	n := a.t.node(at)
	return spot{n: n.n, end: true, of: value(n.b)}, n.kind == kApi && n.s == lengthOf && atom(n.a) == builder
}

// edit is a change of a text between two places; the later one may lie behind its end where clamped is set.
type edit struct {
	from, to spot
	with     value
	clamped  bool
}

// apply edits all that a builder may hold.
func (f *frame) edit(builder atom, held value, e edit) value {
	a := f.a
	out := nothing
	for _, at := range a.pieces(held) {
		from, ok1 := a.cutAt(at, held, e.from, false)
		to, ok2 := a.cutAt(at, held, e.to, e.clamped)
		if !ok1 || !ok2 || a.overlap(at, from.left, to.right) {
			out = a.t.join(out, a.labels(a.t.join(a.t.one(at), e.with)))
			continue
		}
		heads := a.append([]atom{from.left}, e.with, false)
		out = a.t.join(out, a.t.make(a.append(heads, a.t.one(to.right), false)))
		if from.lossy || to.lossy {
			out = a.lossy(out, at)
		}
	}
	return out
}

// overlap reports whether the end of a known text begins before its beginning ends.
func (a *analysis) overlap(at, left, right atom) bool {
	n := a.t.node(at)
	return n.kind == kStr && len(a.t.node(left).s)+len(a.t.node(right).s) > len(n.s)
}

// lossy adds what a text carries that is no longer a part of another.
func (a *analysis) lossy(v value, at atom) value {
	if held := a.labels(a.t.one(at)); a.carries(held) {
		return a.t.join(v, held)
	}
	return v
}

// cut is a text in two parts; lossy where some of it is in neither, but something unknown in its place.
type cut struct {
	left, right atom
	lossy       bool
}

// cutAt divides a text, one of those that were held, at a place.
func (a *analysis) cutAt(at atom, held value, s spot, clamped bool) (cut, bool) {
	parts := []atom{at}
	if n := a.t.node(at); n.kind == kConcat {
		parts = n.parts()
	}
	first := a.t.node(parts[0])
	if !s.end {
		if first.kind != kStr {
			return cut{left: a.t.atom(node{kind: kStr}), right: at}, s.n == 0
		}
		units := utf16.Encode([]rune(first.s))
		switch {
		case s.n <= int64(len(units)):
			return a.divide(parts, 0, units, s.n)
		case len(parts) > 1: // somewhere behind what is known of its beginning
			return cut{a.t.concat(parts[0], anyAtom), anyAtom, true}, true
		case clamped:
			return cut{left: at, right: a.t.atom(node{kind: kStr})}, true
		}
		return cut{}, false
	}
	if s.of != held {
		return a.cutBehind(parts, s)
	}
	if s.n >= 0 {
		return cut{left: at, right: a.t.atom(node{kind: kStr})}, s.n == 0 || clamped
	}
	k := len(parts) - 1
	if last := a.t.node(parts[k]); last.kind == kStr {
		if units := utf16.Encode([]rune(last.s)); int64(len(units)) >= -s.n || k == 0 {
			return a.divide(parts, k, units, int64(len(units))+s.n)
		}
	}
	if first.kind == kStr { // no more than so many characters of its beginning are gone
		units := utf16.Encode([]rune(first.s))
		if left, ok := a.divide(parts[:1], 0, units, int64(len(units))+s.n); ok {
			return cut{a.t.concat(left.left, anyAtom), anyAtom, true}, true
		}
	}
	return cut{}, false
}

// cutBehind divides a text where an earlier one ended that it begins with.
func (a *analysis) cutBehind(parts []atom, s spot) (cut, bool) {
	old, one := a.t.single(s.of)
	if !one || s.n > 0 {
		return cut{}, false
	}
	before := []atom{old}
	if n := a.t.node(old); n.kind == kConcat {
		before = n.parts()
	}
	k := len(before) - 1
	last := a.t.node(before[k])
	if len(parts) <= k || !slices.Equal(parts[:k], before[:k]) || last.kind != kStr {
		return cut{}, false
	}
	now := a.t.node(parts[k])
	if now.kind != kStr || !strings.HasPrefix(now.s, last.s) {
		return cut{}, false
	}
	return a.divide(parts, k, utf16.Encode([]rune(now.s)), int64(len(utf16.Encode([]rune(last.s))))+s.n)
}

// divide divides a text inside a constant part of it.
func (a *analysis) divide(parts []atom, k int, units []uint16, n int64) (cut, bool) {
	if n < 0 || n > int64(len(units)) || n > 0 && n < int64(len(units)) && utf16.IsSurrogate(rune(units[n])) {
		return cut{}, false
	}
	left, right := a.t.atom(node{kind: kStr, s: string(utf16.Decode(units[:n]))}), a.t.atom(node{kind: kStr, s: string(utf16.Decode(units[n:]))})
	return cut{left: a.t.joined(append(slices.Clone(parts[:k]), left)), right: a.t.joined(append([]atom{right}, parts[k+1:]...))}, true
}

// joined puts parts of one text together.
func (t *tables) joined(parts []atom) atom {
	out := parts[0]
	for _, p := range parts[1:] {
		out = t.concat(out, p)
	}
	return out
}
