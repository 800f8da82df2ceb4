package dataflow

import (
	"encoding/base64"
	"strconv"
	"strings"
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
			if got, ok := f.s.get(slot{at, textField}); ok {
				out = a.t.join(out, got)
				if more, ok := f.s.get(slot{at, "[?]"}); ok {
					out = a.t.join(out, a.derive(more, 0))
				}
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

// opAppend adds the text of a parameter to a builder.
func opAppend(f *frame, c *call) (value, bool) {
	a := f.a
	b := c.at(0)
	v := f.textArg(c, 0)
	for _, at := range a.t.atomsOf(b) {
		one := a.t.one(at)
		old, ok := f.s.get(slot{at, textField})
		if !ok {
			if old = a.initial(at, textField); a.t.node(at).kind == kObj || old == nothing {
				old = a.t.str("")
			}
		}
		if f.fresh(at) {
			a.store(f.s, one, textField, a.t.make(a.append(a.pieces(old), v, false)))
			continue
		}
		a.store(f.s, one, textField, f.joined(old, v))
	}
	return b, false
}

// fresh reports whether an object is made anew in every round of the loop it is used in.
func (f *frame) fresh(at atom) bool {
	n := f.a.t.node(at)
	if !f.inLoop() || n.kind != kObj || n.n != 0 {
		return false
	}
	made := f.a.sites[n.a]
	if made.Method != f.m {
		return false
	}
	for b := range f.g.blocks {
		bl := &f.g.blocks[b]
		if f.g.insns[bl.first].Addr <= made.Addr && made.Addr <= f.g.insns[bl.last-1].Addr {
			return f.g.loops[b]
		}
	}
	return false
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
		if n, ok := f.a.t.number(v); ok {
			return f.a.t.str(string(rune(uint16(n))))
		}
	case typ == "I", typ == "J", typ == "S", typ == "B":
		if n, ok := f.a.t.number(v); ok {
			return f.a.t.str(intText(n))
		}
	case typ == "Z":
		return f.a.derive(v, 0)
	case strings.HasPrefix(typ, "["):
		return f.arrayText(v)
	}
	return f.text(v)
}

// joined concatenates two texts; in a loop that goes on growing it keeps what they carry only.
func (f *frame) joined(x, y value) value {
	a := f.a
	if x == y {
		if s, ok := a.t.text(x); ok && s == "" {
			return x
		}
	}
	if f.inLoop() {
		return a.t.join(x, a.derive(y, 0))
	}
	heads := a.pieces(x)
	return a.t.make(a.append(heads, y, false))
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

// opFormat folds String.format with constant patterns: each directive is a part.
func opFormat(f *frame, c *call) (value, bool) {
	a := f.a
	p := 1
	if len(c.r.params) > 0 && c.r.params[0] == "Ljava/util/Locale;" {
		p = 2
	}
	pattern, ok := a.t.text(c.at(p))
	list := c.at(p + 1)
	if !ok {
		return a.derive(a.t.join(f.text(c.at(p)), a.reach(f.s, list)), 0), false
	}
	heads := []atom{a.t.atom(node{kind: kStr})}
	next := int64(0)
	for pattern != "" {
		i := strings.IndexByte(pattern, '%')
		if i < 0 {
			heads = a.append(heads, a.t.str(pattern), false)
			break
		}
		heads = a.append(heads, a.t.str(pattern[:i]), false)
		pattern = pattern[i+1:]
		j := strings.IndexFunc(pattern, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '%' })
		if j < 0 {
			break
		}
		spec, verb := pattern[:j], pattern[j]
		pattern = pattern[j+1:]
		if verb == '%' || verb == 'n' {
			heads = a.append(heads, a.t.str(map[byte]string{'%': "%", 'n': "\n"}[verb]), false)
			continue
		}
		at := next
		if k, after, ok := strings.Cut(spec, "$"); ok {
			if n, err := strconv.Atoi(k); err == nil {
				at, spec = int64(n-1), after
			}
		} else {
			next++
		}
		v := f.text(a.element(f.s, list, element(at)))
		if verb != 's' && verb != 'd' || spec != "" {
			v = a.derive(v, 0)
		}
		if v == nothing {
			v = a.t.join(a.any(), a.derive(a.reach(f.s, list), 0))
		}
		heads = a.append(heads, v, false)
	}
	return a.t.make(heads), false
}

// opFormatOut is Formatter.format: the text goes to what the formatter was made with.
func opFormatOut(f *frame, c *call) (value, bool) {
	v, wait := opFormat(f, c)
	a := f.a
	to := a.t.join(c.at(0), a.load(f.s, c.at(0), wrappedField))
	a.add(f.s, to, "[?]", v)
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

func (a *analysis) any() value { return a.t.any() }

// opFold computes a function of constant text; of anything else it keeps what is carried.
func opFold(f *frame, c *call) (value, bool) {
	a := f.a
	recv := f.text(c.at(0))
	if s, ok := a.t.text(recv); ok {
		if out, ok := f.foldText(s, c); ok {
			return a.t.str(out), false
		}
	}
	all := recv
	for i, p := range c.r.params {
		if strings.HasPrefix(p, "L") {
			all = a.t.join(all, f.text(c.at(i+1)))
		} else {
			all = a.t.join(all, a.taints(c.at(i+1)))
		}
	}
	switch c.Text {
	case "trim", "toString", "lower", "upper", "intern":
		// the text may stay as it is
		return recv, false
	}
	return a.derive(all, 0), false
}

func (f *frame) foldText(s string, c *call) (string, bool) {
	num := func(i int) (int, bool) {
		n, ok := f.a.t.number(c.at(i))
		return int(n), ok
	}
	str := func(i int) (string, bool) { return f.a.t.text(f.text(c.at(i))) }
	switch c.Text {
	case "trim":
		return strings.TrimSpace(s), true
	case "lower":
		return strings.ToLower(s), true
	case "upper":
		return strings.ToUpper(s), true
	case "intern", "toString":
		return s, true
	case "substring":
		units := utf16.Encode([]rune(s))
		i, ok := num(1)
		j := len(units)
		if len(c.r.params) > 1 {
			var ok2 bool
			j, ok2 = num(2)
			ok = ok && ok2
		}
		if ok && i >= 0 && i <= j && j <= len(units) {
			return string(utf16.Decode(units[i:j])), true
		}
	case "replace":
		if len(c.r.params) > 0 && c.r.params[0] == "C" {
			x, ok1 := num(1)
			y, ok2 := num(2)
			return strings.ReplaceAll(s, string(rune(x)), string(rune(y))), ok1 && ok2
		}
		x, ok1 := str(1)
		y, ok2 := str(2)
		return strings.ReplaceAll(s, x, y), ok1 && ok2 && x != ""
	case "reverse":
		r := []rune(s)
		for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
			r[i], r[j] = r[j], r[i]
		}
		return string(r), true
	}
	return "", false
}
