package dataflow

import "strings"

// The builder of addresses.

func opURIText(f *frame, c *call) (value, bool) {
	v := f.address(c.at(0))
	if v == nothing {
		v = f.text(c.at(0))
	}
	return v, false
}

func (f *frame) extend(c *call, before string, v value, after string) value {
	a := f.a
	old := a.load(f.s, c.at(0), addressField)
	if old == nothing {
		old = a.t.str("")
	}
	v = f.joined(f.joined(old, a.t.str(before)), f.text(v))
	a.store(f.s, c.at(0), addressField, f.joined(v, a.t.str(after)))
	return c.at(0)
}

func opURIScheme(f *frame, c *call) (value, bool) { return f.extend(c, "", c.at(1), "://"), false }

func opURIPart(f *frame, c *call) (value, bool) { return f.extend(c, "", c.at(1), ""), false }

func opURIPath(f *frame, c *call) (value, bool) {
	if s, ok := f.a.t.text(c.at(1)); ok && strings.HasPrefix(s, "/") {
		return f.extend(c, "", c.at(1), ""), false
	}
	return f.extend(c, "/", c.at(1), ""), false
}

func opURIQuery(f *frame, c *call) (value, bool) {
	mark := "?"
	for _, s := range f.a.spellings(f.a.load(f.s, c.at(0), addressField)) {
		if strings.Contains(s, "?") {
			mark = "&"
		}
	}
	f.extend(c, mark, c.at(1), "=")
	return f.extend(c, "", c.at(2), ""), false
}
