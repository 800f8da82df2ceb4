package dataflow

import (
	"strings"
	"unicode/utf16"
)

// What is asked of a text that is known, wholly or in part, is answered: the way that cannot be taken is not followed. Where
// its alternatives answer differently, nothing is known.

// opTest asks something of a text: the answer is known, or depends on it.
func opTest(f *frame, c *call) (value, bool) {
	if n, ok := f.answer(c); ok {
		return f.a.t.num(n), false
	}
	if v, ok := f.askProperty(c); ok {
		return v, false
	}
	if len(c.r.params) > 0 {
		f.asksEntries(c.at(0))
	}
	return f.a.derive(f.a.t.join(f.text(c.at(0)), f.params(c)), asAnswer), false
}

// opAsk is opTest where an answer that is not known says nothing.
func opAsk(f *frame, c *call) (value, bool) {
	if n, ok := f.answer(c); ok {
		return f.a.t.num(n), false
	}
	if v, ok := f.askProperty(c); ok {
		return v, false
	}
	return f.a.any(), false
}

// opCharAt is a character of a text: known, or a part of what the text carries.
func opCharAt(f *frame, c *call) (value, bool) {
	if n, ok := f.answer(c); ok {
		return f.a.t.num(n), false
	}
	given := f.a.t.join(f.text(c.at(0)), c.at(1))
	if !f.a.plainText(given) {
		given = f.a.derive(f.a.reach(f.s, given), 0)
	}
	return f.a.partOf(given), false
}

// answer asks a text, or where the line has args that parameter, the question that the line's text names.
func (f *frame) answer(c *call) (int64, bool) {
	a := f.a
	v, p := c.at(0), 1
	if len(c.Args) > 0 {
		v, p = c.at(c.Args[0]), c.Args[0]+1
	}
	q := question{name: c.Text, n: -1}
	if n := len(c.r.params); p <= n {
		if c.r.params[p-1] == "I" {
			var ok bool
			if q.n, ok = a.t.number(c.at(p)); !ok {
				return 0, false
			}
		} else {
			s, ok := a.t.text(f.text(c.at(p)))
			if !ok {
				return 0, false
			}
			q.of = s
		}
		if p < n && q.name != "char" { // from an index on
			return 0, false
		}
	}
	v = f.text(v)
	if len(c.Args) > 0 && q.name == "empty" && v == a.t.num(0) {
		return 1, true // null: android.text.TextUtils#isEmpty
	}
	return a.unanimous(v, q.ask)
}

// unanimous asks all that a text may be; false where one does not know or the answers differ.
func (a *analysis) unanimous(v value, ask func(textParts) (int64, bool)) (int64, bool) {
	atoms := a.t.atomsOf(v)
	var all int64
	for i, at := range atoms {
		p, ok := a.partsOf(at)
		if !ok {
			return 0, false
		}
		n, ok := ask(p)
		if !ok || i > 0 && n != all {
			return 0, false
		}
		all = n
	}
	return all, len(atoms) > 0
}

// question is something asked of a text: whether it has a part, where, or what stands at a place.
type question struct {
	name string
	of   string
	n    int64 // the number given, a character or an index
}

func (q question) ask(p textParts) (int64, bool) {
	if q.name != "char" && q.n >= 0 {
		if q.n > 0xffff {
			return 0, false
		}
		q.of = string(rune(q.n))
	}
	whole, all := p.whole()
	switch q.name {
	case "empty":
		if all {
			return truthOf(whole == ""), true
		}
		for _, s := range p.known {
			if s != "" {
				return 0, true
			}
		}
	case "contains":
		for _, s := range p.known {
			if strings.Contains(s, q.of) {
				return 1, true
			}
		}
		return 0, all
	case "prefix":
		if s := p.front(); strings.HasPrefix(s, q.of) || !strings.HasPrefix(q.of, s) || all {
			return truthOf(strings.HasPrefix(s, q.of)), true
		}
	case "suffix":
		if s := p.back(); strings.HasSuffix(s, q.of) || !strings.HasSuffix(q.of, s) || all {
			return truthOf(strings.HasSuffix(s, q.of)), true
		}
	case "index":
		if i := strings.Index(p.front(), q.of); i >= 0 || all {
			return unitsTo(p.front(), i), true
		}
	case "last-index":
		return unitsTo(whole, strings.LastIndex(whole, q.of)), all
	case "length":
		return unitsTo(whole, len(whole)), all
	case "equals":
		return truthOf(whole == q.of), all
	case "same":
		return truthOf(strings.EqualFold(whole, q.of)), all
	case "matches":
		if all {
			return matches(whole, q.of)
		}
	case "char":
		if units := utf16.Encode([]rune(p.front())); q.n >= 0 && q.n < int64(len(units)) {
			return int64(units[q.n]), true
		}
	}
	return 0, false
}

// unitsTo is an offset in bytes as one in characters of Java.
func unitsTo(s string, i int) int64 {
	if i < 0 {
		return -1
	}
	return int64(len(utf16.Encode([]rune(s[:i]))))
}

func truthOf(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// differ reports whether two texts are surely not equal: they begin or end differently.
func (a *analysis) differ(x, y value) bool {
	if len(a.t.atomsOf(x))*len(a.t.atomsOf(y)) > maxWays {
		return false
	}
	apart := func(p, q string) bool { return !strings.HasPrefix(p, q) && !strings.HasPrefix(q, p) }
	apartEnds := func(p, q string) bool { return !strings.HasSuffix(p, q) && !strings.HasSuffix(q, p) }
	n, ok := a.unanimous(x, func(p textParts) (int64, bool) {
		return a.unanimous(y, func(q textParts) (int64, bool) {
			s, all1 := p.whole()
			r, all2 := q.whole()
			if all1 && all2 {
				return 0, s != r
			}
			return 0, apart(p.front(), q.front()) || apartEnds(p.back(), q.back()) || all1 && longer(q, s) || all2 && longer(p, r)
		})
	})
	return ok && n == 0
}

// sameAsNull is whether two texts are equal of which one is surely null: what is none never equals one. False where that is not known.
func (a *analysis) sameAsNull(x, y value) (value, bool) {
	zero := a.t.num(0)
	if x == zero && y == zero {
		return a.t.num(1), true // android.text.TextUtils#equals: String.equals of null throws
	}
	if x == zero && a.surelyText(y) || y == zero && a.surelyText(x) {
		return zero, true
	}
	return nothing, false
}

// surelyText reports whether a value is a text whatever happens, not null.
func (a *analysis) surelyText(v value) bool {
	for _, at := range a.t.atomsOf(v) {
		if k := a.t.node(at).kind; k != kStr && k != kConcat {
			return false
		}
	}
	return v != nothing
}
