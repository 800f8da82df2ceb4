package dataflow

import (
	"slices"
	"unicode/utf16"
)

// A builder is edited where it stands: where all that decides about a place in its text is known the text after that is, else the
// builder holds what it carried and no text. Offsets are in characters of Java (java.lang.AbstractStringBuilder).

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
