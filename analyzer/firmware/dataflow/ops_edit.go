package dataflow

import (
	"slices"
	"strings"
	"unicode/utf16"
)

// A builder is edited where it stands: where all that decides about a place in its text is known the text after that is, else the
// builder holds what it carried and no text. Offsets are in characters of Java (java.lang.AbstractStringBuilder).

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

// change edits the builders that the receiver may be; what is not exactly known makes them hold no text. It returns the builders.
func (f *frame) change(c *call, plan func(builder atom) (edit, bool)) (value, bool) {
	a := f.a
	for _, at := range a.t.atomsOf(c.at(0)) {
		one := a.t.one(at)
		held := f.held(at)
		e, ok := plan(at)
		if ok {
			a.store(f.s, one, textField, f.edit(at, held, e))
		} else {
			a.store(f.s, one, textField, a.labels(a.t.join(held, e.with)))
		}
	}
	return c.at(0), false
}

// held is the text that a builder holds.
func (f *frame) held(at atom) value {
	old, ok := f.s.get(slot{at, textField})
	if !ok {
		if old = f.a.unwritten(f.s, at, textField); old == nothing {
			old = f.a.t.str("")
		}
	}
	return old
}

// opTextInsert is insert of a text at a place, or of a part of one.
func opTextInsert(f *frame, c *call) (value, bool) {
	return f.change(c, func(at atom) (edit, bool) {
		v := f.textArg(c, 1)
		if len(c.r.params) == 4 {
			v = f.within(c, v, 3)
		}
		s, ok := f.spotOf(at, c.at(1))
		return edit{from: s, to: s, with: v}, ok
	})
}

// within is the part of a text that the parameters from i on name: its beginning and end of a sequence, else its beginning and length.
func (f *frame) within(c *call, v value, i int) value {
	from, ok1 := f.a.t.number(c.at(i))
	to, ok2 := f.a.t.number(c.at(i + 1))
	if c.r.params[i-2] != "Ljava/lang/CharSequence;" {
		to += from
	}
	if !ok1 || !ok2 || from < 0 || to < from {
		return f.a.labels(v)
	}
	return f.part(v, spot{n: from}, &spot{n: to})
}

// part is what lies between two places of a text, or behind one.
func (f *frame) part(v value, from spot, to *spot) value {
	a := f.a
	out := nothing
	for _, at := range a.pieces(v) {
		rest, held, lossy, ok := at, v, false, true
		if to != nil {
			var c cut
			if c, ok = a.cutAt(at, v, *to, false); ok {
				rest, held, lossy, ok = c.left, a.t.one(c.left), c.lossy, !from.end
			}
		}
		if ok {
			var c cut
			c, ok = a.cutAt(rest, held, from, false)
			rest, lossy = c.right, lossy || c.lossy
		}
		if !ok {
			out = a.t.join(out, a.labels(a.t.one(at)))
			continue
		}
		if out = a.t.join(out, a.t.one(rest)); lossy || rest != at {
			out = a.lossy(out, at)
		}
	}
	return out
}

// opSubstring is a part of a text.
func opSubstring(f *frame, c *call) (value, bool) {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(c.at(0)) {
		held := f.text(a.t.one(at))
		from, ok := f.spotOf(at, c.at(1))
		var to *spot
		if len(c.r.params) > 1 {
			end, ok2 := f.spotOf(at, c.at(2))
			to, ok = &end, ok && ok2
		}
		if !ok {
			out = a.t.join(out, a.labels(held))
			continue
		}
		out = a.t.join(out, f.part(held, from, to))
	}
	for i := range c.r.params {
		if v := a.taints(c.at(i + 1)); v != nothing {
			out = a.t.join(out, v)
		}
	}
	if out == nothing {
		return a.any(), false
	}
	return out, false
}

// opTextReplace is replace of what lies between two places.
func opTextReplace(f *frame, c *call) (value, bool) {
	return f.change(c, func(at atom) (edit, bool) {
		from, ok1 := f.spotOf(at, c.at(1))
		to, ok2 := f.spotOf(at, c.at(2))
		return edit{from: from, to: to, with: f.text(c.at(3)), clamped: true}, ok1 && ok2 && inOrder(from, to)
	})
}

// inOrder reports whether of two places the first is not behind the second, as far as their kind tells.
func inOrder(from, to spot) bool { return from.end == to.end && from.n <= to.n || !from.end && to.end }

// opDelete cuts a part out of a builder.
func opDelete(f *frame, c *call) (value, bool) {
	return f.change(c, func(at atom) (edit, bool) {
		from, ok1 := f.spotOf(at, c.at(1))
		to, ok2 := f.spotOf(at, c.at(2))
		return edit{from: from, to: to, with: f.a.t.str(""), clamped: true}, ok1 && ok2 && inOrder(from, to)
	})
}

// opDeleteAt cuts a character out of a builder; opSetChar puts another in its place.
func opDeleteAt(f *frame, c *call) (value, bool) {
	return f.change(c, func(at atom) (edit, bool) {
		s, ok := f.spotOf(at, c.at(1))
		return edit{from: s, to: spot{s.n + 1, s.end, s.of}, with: f.a.t.str("")}, ok
	})
}

func opSetChar(f *frame, c *call) (value, bool) {
	return f.change(c, func(at atom) (edit, bool) {
		s, ok := f.spotOf(at, c.at(1))
		return edit{from: s, to: spot{s.n + 1, s.end, s.of}, with: f.textArg(c, 1)}, ok
	})
}

// opSetLength cuts what a builder holds; one that gets longer is filled up with zeros, which are no text.
func opSetLength(f *frame, c *call) (value, bool) {
	a := f.a
	for _, at := range a.t.atomsOf(c.at(0)) {
		held := f.held(at)
		v := a.labels(held)
		if s, ok := f.spotOf(at, c.at(1)); ok {
			if s.n == 0 && !s.end {
				v = a.t.str("")
			} else {
				v = nothing
				for _, p := range a.pieces(held) {
					c, ok := a.cutAt(p, held, s, false)
					if !ok {
						v = a.t.join(v, a.labels(a.t.one(p)))
					} else if v = a.t.join(v, a.t.one(c.left)); c.lossy {
						v = a.lossy(v, p)
					}
				}
			}
		}
		a.store(f.s, a.t.one(at), textField, v)
	}
	return nothing, false
}

// opReverse reverses a builder.
func opReverse(f *frame, c *call) (value, bool) {
	a := f.a
	for _, at := range a.t.atomsOf(c.at(0)) {
		v := nothing
		for _, p := range a.pieces(f.held(at)) {
			if n := a.t.node(p); n.kind == kStr {
				s := reversed(n.s)
				f.recovered(s, "folded")
				v = a.t.join(v, a.t.str(s))
			} else {
				v = a.t.join(v, a.labels(a.t.one(p)))
			}
		}
		a.store(f.s, a.t.one(at), textField, v)
	}
	return c.at(0), false
}

func reversed(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

// lengthOf is the number of characters that a builder held: a is the builder, b the text and n what was added to the number.
const lengthOf = "length"

// opLength is the length of a text: known of a constant one, of a builder told apart from other numbers.
func opLength(f *frame, c *call) (value, bool) {
	a := f.a
	if s, ok := a.t.text(f.text(c.at(0))); ok && len(s) < maxText {
		if f.inLoop() {
			return a.any(), false
		}
		return a.t.num(int64(len(utf16.Encode([]rune(s))))), false
	}
	if at, one := a.t.single(c.at(0)); one && a.t.node(at).kind == kObj {
		return a.t.of(node{kind: kApi, a: uint32(at), b: uint32(f.held(at)), s: lengthOf}), false
	}
	if v, ok := a.questionTo(f.text(c.at(0)), nothing, "length", -1); ok {
		return v, false
	}
	return a.any(), false
}

// lengthen adds a number to the length of a builder.
func (a *analysis) lengthen(length value, by int64) (value, bool) {
	at, one := a.t.single(length)
	if !one {
		return nothing, false
	}
	n := *a.t.node(at)
	if n.kind != kApi || n.s != lengthOf || by > maxText || by < -maxText {
		return nothing, false
	}
	n.n += by
	return a.t.of(n), n.n > -maxText && n.n < maxText
}
