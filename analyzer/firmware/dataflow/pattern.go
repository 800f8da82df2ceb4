package dataflow

import (
	"strconv"
	"strings"
)

// The pattern of String.format may be known in part only, or not before all code was seen: a static field that another class
// fills, what a caller gives. What stands for it is kept as such, and once it is known, what it has in place of each argument
// counts as unknown.

// formatting puts a text together by a pattern (java.util.Formatter).
type formatting struct {
	a      *analysis
	heads  []atom
	next   int64
	unsure bool                // of how many arguments were taken by what stands before
	arg    func(i int64) value // the text of an argument, nothing where it is not known
	any    func() value        // what any of them may be
}

func (w *formatting) add(v value) { w.heads = w.a.append(w.heads, v, w.heads == nil) }

// atom adds a piece of a pattern.
func (w *formatting) atom(at atom) {
	switch n := w.a.t.node(at); n.kind {
	case kStr:
		w.text(n.s)
	case kConcat:
		for _, p := range n.parts() {
			w.atom(p)
		}
	case kParam, kLoad, kCell, kResult:
		w.unsure = true
		w.add(w.a.t.of(node{kind: kPattern, a: uint32(at)}))
	case kSource, kDerived, kAllOf, kPattern:
		w.unsure = true
		w.add(w.a.t.one(at))
	default:
		w.unsure = true
		w.add(w.a.any())
	}
}

// text adds a pattern that is known.
func (w *formatting) text(pattern string) {
	a := w.a
	for pattern != "" {
		i := strings.IndexByte(pattern, '%')
		if i < 0 {
			w.add(a.t.str(pattern))
			break
		}
		if i > 0 { // an empty text is no beginning
			w.add(a.t.str(pattern[:i]))
		}
		pattern = pattern[i+1:]
		j := strings.IndexFunc(pattern, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '%' })
		if j < 0 {
			break
		}
		spec, verb := pattern[:j], pattern[j]
		pattern = pattern[j+1:]
		if verb == 't' || verb == 'T' { // of a time, by the letter that follows
			if pattern != "" {
				pattern = pattern[1:]
			}
			spec += "t"
		}
		if verb == '%' || verb == 'n' {
			w.add(a.t.str(map[byte]string{'%': "%", 'n': "\n"}[verb]))
			continue
		}
		v := w.argument(&spec)
		if verb != 's' && verb != 'd' || spec != "" {
			v = a.derive(v, 0)
		}
		if v == nothing {
			v = w.any()
		}
		w.add(v)
	}
}

// argument is the one that a directive asks for; of its flags those are left that change how it is written.
func (w *formatting) argument(spec *string) value {
	at, known := w.next, !w.unsure
	if k, after, ok := strings.Cut(*spec, "$"); ok {
		if n, err := strconv.Atoi(k); err == nil {
			at, *spec, known = int64(n-1), after, true
		}
	} else if !strings.Contains(*spec, "<") { // the one before again
		w.next++
	}
	if !known {
		return nothing
	}
	return w.arg(at)
}

// opFormat is String.format: each directive of the pattern is a part.
func opFormat(f *frame, c *call) (value, bool) {
	a := f.a
	p := 1
	if len(c.r.params) > 0 && c.r.params[0] == "Ljava/util/Locale;" {
		p = 2
	}
	list, out := c.at(p+1), nothing
	held := func() value { return a.derive(a.reach(f.s, list), 0) }
	for _, at := range a.t.atomsOf(f.text(c.at(p))) {
		w := formatting{a: a, arg: func(i int64) value { return f.text(a.element(f.s, list, element(i))) },
			any: func() value { return a.t.join(a.any(), held()) }}
		w.atom(at)
		if w.heads == nil {
			w.heads = append(w.heads, a.t.atom(node{kind: kStr}))
		}
		out = a.t.join(out, a.t.make(w.heads))
		if w.unsure {
			out = a.t.join(out, a.t.join(held(), a.labels(a.t.one(at))))
		}
	}
	if out == nothing {
		return a.t.join(a.any(), held()), false
	}
	return out, false
}

// formatted is what a pattern comes to that was not known where it was used.
func (a *analysis) formatted(v value) value {
	out := nothing
	for _, at := range a.t.atomsOf(v) {
		w := formatting{a: a, arg: func(int64) value { return nothing }, any: a.any}
		w.atom(at)
		out = a.t.join(out, a.t.make(w.heads))
	}
	return out
}

// ofBuilder reports whether a part of a text is what a builder holds, or what that comes to as a pattern.
func (t *tables) ofBuilder(at atom) bool {
	n := t.node(at)
	if n.kind == kPattern {
		n = t.node(atom(n.a))
	}
	return n.kind == kLoad && n.s == textField
}
