package dataflow

import (
	"encoding/base64"
	"strings"
)

// opFormatOut is Formatter.format: the text goes to what the formatter was made with.
func opFormatOut(f *frame, c *call) (value, bool) {
	v, wait := opFormat(f, c)
	a := f.a
	to := a.t.join(c.at(0), a.load(f.s, c.at(0), wrappedField))
	for _, at := range a.t.atomsOf(to) {
		if old, ok := f.s.get(slot{at, textField}); ok {
			a.store(f.s, a.t.one(at), textField, f.joined(old, v))
			continue
		}
		a.add(f.s, a.t.one(at), "[?]", v)
	}
	return c.at(0), wait
}

// opBase64 decodes constant text; of anything else it keeps what is carried.
func opBase64(f *frame, c *call) (value, bool) {
	a := f.a
	v := f.arrayText(c.at(1))
	if s, ok := a.t.text(v); ok {
		for _, enc := range [...]*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			if b, err := enc.DecodeString(strings.TrimSpace(s)); err == nil && Readable(string(b)) {
				f.recovered(string(b), "decoded")
				return a.t.str(string(b)), false
			}
		}
		return a.any(), false
	}
	return a.derive(a.reach(f.s, v), 0), false
}

// opFold computes a function of constant text; of anything else it keeps what is carried.
func opFold(f *frame, c *call) (value, bool) {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(f.text(c.at(0))) {
		out = a.t.join(out, f.foldAtom(at, c))
	}
	for i, p := range c.r.params {
		v := a.taints(c.at(i + 1))
		if strings.HasPrefix(p, "L") {
			v = a.labels(f.text(c.at(i + 1)))
		}
		if v != nothing && a.carries(v) {
			out = a.t.join(out, v)
		}
	}
	if out == nothing {
		return a.any(), false
	}
	return out, false
}

// foldAtom computes a function of one text; of a text that is known in part, what does not depend on the rest.
func (f *frame) foldAtom(at atom, c *call) value {
	a := f.a
	n := a.t.node(at)
	if n.kind == kStr {
		if out, ok := f.foldText(n.s, c); ok {
			return a.t.str(out)
		}
		return a.any()
	}
	switch {
	case c.Text == "intern" || c.Text == "toString":
		return a.t.one(at)
	case a.isProperty(at) && (c.Text == "lower" || c.Text == "upper"):
		return a.foldedProperty(at, c.Text)
	case n.kind != kConcat:
		if c.Text == "trim" { // addresses begin and end with no spaces as a rule
			return a.t.one(at)
		}
		return a.labels(a.t.one(at))
	}
	parts := n.parts()
	last := len(parts) - 1
	for i, p := range parts {
		pn := a.t.node(p)
		switch {
		case c.Text != "trim" && c.Text != "lower" && c.Text != "upper":
			return a.labels(a.t.one(at))
		case pn.kind != kStr:
			if c.Text != "trim" {
				parts[i] = anyAtom
			}
		case c.Text == "trim" && i == 0:
			parts[i] = a.t.atom(node{kind: kStr, s: strings.TrimLeft(pn.s, javaSpace)})
		case c.Text == "trim" && i == last:
			parts[i] = a.t.atom(node{kind: kStr, s: strings.TrimRight(pn.s, javaSpace)})
		case c.Text != "trim":
			s, _ := f.foldText(pn.s, c)
			parts[i] = a.t.atom(node{kind: kStr, s: s})
		}
	}
	return a.lossy(a.t.one(a.t.joined(parts)), at)
}

func (f *frame) foldText(s string, c *call) (string, bool) {
	num := func(i int) (int, bool) {
		n, ok := f.a.t.number(c.at(i))
		return int(n), ok
	}
	str := func(i int) (string, bool) { return f.a.t.text(f.text(c.at(i))) }
	switch c.Text {
	case "trim":
		return strings.Trim(s, javaSpace), true
	case "lower":
		return strings.ToLower(s), true
	case "upper":
		return strings.ToUpper(s), true
	case "intern", "toString":
		return s, true
	case "replace":
		if len(c.r.params) > 0 && c.r.params[0] == "C" {
			x, ok1 := num(1)
			y, ok2 := num(2)
			return strings.ReplaceAll(s, string(rune(x)), string(rune(y))), ok1 && ok2
		}
		x, ok1 := str(1)
		y, ok2 := str(2)
		n := -1
		if f, pattern := strings.CutPrefix(c.r.name, "replace"); pattern && f != "" { // replaceAll, replaceFirst
			var ok bool
			if x, ok = literal(x); !ok || strings.ContainsAny(y, `\$`) {
				return "", false
			}
			if f == "First" {
				n = 1
			}
		}
		return strings.Replace(s, x, y, n), ok1 && ok2 && x != ""
	}
	return "", false
}

// javaSpace are the characters that String.trim takes away: all up to the space.
const javaSpace = "\x00\x01\x02\x03\x04\x05\x06\a\b\t\n\v\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f "

// literal returns the text that a regular expression stands for, false where it stands for more than one.
func literal(pattern string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		if c == '\\' {
			if i++; i == len(pattern) || pattern[i] < 0x80 && (pattern[i]|0x20 >= 'a' && pattern[i]|0x20 <= 'z' || pattern[i] >= '0' && pattern[i] <= '9') {
				return "", false
			}
			b.WriteByte(pattern[i])
			continue
		}
		if strings.IndexByte(".[]{}()*+?^$|", c) >= 0 {
			return "", false
		}
		b.WriteByte(c)
	}
	return b.String(), true
}
