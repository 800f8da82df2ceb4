package dataflow

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

func intText(n int64) string { return strconv.FormatInt(n, 10) }

// opText is what a builder holds, or the text of a value itself.
func opText(f *frame, c *call) (value, bool) {
	return f.text(c.at(0)), false
}

// text returns a value as text.
func (f *frame) text(v value) value {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(v) {
		n := a.t.node(at)
		one := a.t.one(at)
		switch n.kind {
		case kObj, kHome, kStore:
			if c := a.enums.of[at]; c != nil && c.fields.at(textField) != nothing {
				out = a.t.join(out, c.fields.at(textField))
				continue
			}
			if got, ok := f.s.get(slot{at, textField}); ok {
				out = a.t.join(out, got)
				if more, ok := f.s.get(slot{at, "[?]"}); ok {
					out = a.t.join(out, a.derive(more, 0))
				}
				continue
			}
			if name := a.load(f.s, one, nameField); n.kind == kObj && n.s == "Ljava/io/File;" && name != nothing {
				out = a.t.join(out, name)
				continue
			}
			if s, ok := f.spoken(at); ok {
				out = a.t.join(out, s)
				continue
			}
			held := a.reach(f.s, one)
			if n.kind == kHome && n.b != 0 {
				held = a.t.join(held, a.initial(at, textField))
			}
			out = a.t.join(out, a.derive(held, 0))
		case kParam, kLoad, kResult:
			if got, ok := f.s.get(slot{at, textField}); ok {
				out = a.t.join(out, got)
				continue
			}
			out = a.t.join(out, a.textOf(at))
		case kInt:
			if n.n == 0 {
				one = a.t.any() // null; a number says by its type that it is one, see textArg
			} else {
				one = a.t.str(intText(n.n))
			}
			out = a.t.join(out, one)
		default:
			out = a.t.join(out, one)
		}
	}
	return out
}

// textOf is the text of something symbolic: itself where it is a string, else what it holds; both stay open.
func (a *analysis) textOf(at atom) value {
	return a.t.join(a.t.one(at), a.initial(at, textField))
}

// opAppend adds the text of a parameter, or of a part of it, to a builder.
func opAppend(f *frame, c *call) (value, bool) {
	a := f.a
	v := f.textArg(c, 0)
	if c.Text == "char" {
		v = f.character(c.at(1))
	}
	if len(c.r.params) == 3 {
		v = f.within(c, v, 2)
	}
	for _, at := range a.t.atomsOf(c.at(0)) {
		a.store(f.s, a.t.one(at), textField, f.joined(f.held(at), v))
	}
	return c.at(0), false
}

// character is the text of a number that is a character.
func (f *frame) character(v value) value {
	if n, ok := f.a.t.number(v); ok && n >= 0 && n <= unicode.MaxRune && !utf16.IsSurrogate(rune(n)) {
		return f.a.t.str(string(rune(n)))
	}
	return f.a.labels(v)
}

// textArg is a parameter as text: characters and arrays of them by their type.
func (f *frame) textArg(c *call, i int) value {
	v := c.arg(i)
	typ := ""
	if i < len(c.r.params) {
		typ = c.r.params[i]
	}
	switch {
	case typ == "C":
		return f.character(v)
	case typ == "I", typ == "J", typ == "S", typ == "B":
		if n, ok := f.a.t.number(v); ok {
			return f.a.t.str(intText(n))
		}
	case typ == "Z":
		if n, ok := f.a.t.number(v); ok && uint64(n) < 2 {
			return f.a.t.str(strconv.FormatBool(n == 1))
		}
		return f.a.labels(v)
	case typ == "F", typ == "D": // their bits say nothing
		return f.a.labels(v)
	case strings.HasPrefix(typ, "["):
		return f.arrayText(v)
	}
	return f.text(v)
}

// joined concatenates two texts.
func (f *frame) joined(x, y value) value {
	a := f.a
	return f.grew(a.t.make(a.append(a.pieces(x), y, false)))
}

// opSetText makes the receiver hold the text of its parameter.
func opSetText(f *frame, c *call) (value, bool) {
	v := f.a.t.str("")
	if len(c.r.params) > 0 {
		switch p := c.r.params[0]; {
		case p == "I":
		case strings.HasPrefix(p, "["):
			v = f.arrayText(c.at(1))
		default:
			v = f.text(c.at(1))
		}
	}
	f.a.store(f.s, c.at(0), textField, v)
	return c.at(0), false
}

func opConcat(f *frame, c *call) (value, bool) {
	return f.joined(f.text(c.at(0)), f.text(c.at(1))), false
}

// opChars makes text of an array.
func opChars(f *frame, c *call) (value, bool) { return f.arrayText(c.arg(0)), false }

// opToChars makes an array of text.
func opToChars(f *frame, c *call) (value, bool) {
	v := f.object("[C")
	f.a.store(f.s, v, textField, f.text(c.at(0)))
	if t := f.a.derive(f.text(c.at(0)), 0); f.a.carries(t) {
		f.a.store(f.s, v, "[?]", t)
	}
	return v, false
}

// arrayText is the text an array of characters or bytes holds.
func (f *frame) arrayText(v value) value {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(v) {
		one := a.t.one(at)
		n := a.t.node(at)
		if n.kind == kStr {
			out = a.t.join(out, one)
			continue
		}
		if got, ok := f.s.get(slot{at, textField}); ok {
			out = a.t.join(out, got)
			continue
		}
		if s, ok := a.t.text(a.load(f.s, one, "$data")); ok && len(s) > 1 {
			s, ok := f.patched(at, s)
			if !ok {
				out = a.t.join(out, a.labels(a.reach(f.s, one)))
				continue
			}
			if text, ok := decodeElements(s); ok {
				v := a.t.str(text)
				f.recovered(text, "char-array")
				out = a.t.join(out, v)
				continue
			}
		}
		if s, ok := f.elements(at); ok {
			f.recovered(s, "char-array")
			out = a.t.join(out, a.t.str(s))
			continue
		}
		if n.kind == kParam || n.kind == kLoad || n.kind == kResult {
			out = a.t.join(out, a.initial(at, textField))
		}
		out = a.t.join(out, a.derive(a.reach(f.s, one), 0))
	}
	return out
}

// patched sets, in the payload of an array, the elements that were written after it; false where one is not known.
func (f *frame) patched(at atom, s string) (string, bool) {
	data, width := []byte(s[1:]), int(s[0]-'0')
	for _, k := range f.a.slots(f.s, at) {
		index, ok := strings.CutPrefix(k.field, "[")
		if !ok {
			continue
		}
		i, err := strconv.Atoi(strings.TrimSuffix(index, "]"))
		v, known := f.a.t.number(f.s.at(k))
		if err != nil || !known || i < 0 || (i+1)*width > len(data) {
			return "", false
		}
		for b := range width {
			data[i*width+b] = byte(v >> (8 * b))
		}
	}
	return s[:1] + string(data), true
}

// decodeElements reads the payload of fill-array-data: a digit for the width, then the elements.
func decodeElements(s string) (string, bool) {
	b := s[1:]
	switch s[0] {
	case '1':
		for i := range len(b) {
			if b[i] < 0x20 && b[i] != '\n' && b[i] != '\t' || b[i] >= 0x7f {
				return "", false
			}
		}
		return b, true
	case '2':
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
			if units[i] < 0x20 && units[i] != '\n' && units[i] != '\t' {
				return "", false
			}
		}
		return string(utf16.Decode(units)), true
	}
	return "", false
}

// elements reads an array that was filled number by number.
func (f *frame) elements(at atom) (string, bool) {
	a := f.a
	n, ok := a.t.number(f.s.at(slot{at, "$length"}))
	if !ok || n <= 0 || n > maxText {
		return "", false
	}
	units := make([]uint16, n)
	for i := range units {
		v, ok := a.t.number(f.s.at(slot{at, element(int64(i))}))
		if !ok || v < 0x20 || v > 0xffff {
			return "", false
		}
		units[i] = uint16(v)
	}
	return string(utf16.Decode(units)), true
}

func (a *analysis) any() value { return a.t.any() }
