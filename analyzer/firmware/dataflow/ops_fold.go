package dataflow

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf16"
)

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

func opFormatOut(f *frame, c *call) (value, bool) {
	v, wait := opFormat(f, c)
	a := f.a
	to := a.t.join(c.at(0), a.load(f.s, c.at(0), wrappedField))
	a.add(f.s, to, "[?]", v)
	return c.at(0), wait
}

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
