package manifest

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// wrap is the longest line an element's attributes are kept on together.
const wrap = 120

// text is a rendered document.
type text struct {
	lines    []string
	prefixes map[string]string // namespace to prefix
}

// render writes a tree as indented XML and notes in every element the lines it takes.
func render(root *element) *text {
	t := &text{lines: []string{`<?xml version="1.0" encoding="utf-8"?>`}, prefixes: map[string]string{}}
	if root == nil {
		return t
	}
	var spaces []string
	collect(root, t.prefixes, &spaces)
	var decl []string
	for _, s := range spaces {
		decl = append(decl, fmt.Sprintf("xmlns:%s=\"%s\"", t.prefixes[s], escape(s)))
	}
	t.element(root, 0, decl)
	return t
}

// collect gives every namespace a prefix, in the order in which they are met.
func collect(e *element, prefixes map[string]string, order *[]string) {
	for i := range e.attrs {
		s := e.attrs[i].space
		if s == "" || prefixes[s] != "" {
			continue
		}
		p := "ns" + strconv.Itoa(len(*order)+1)
		switch base := path.Base(s); {
		case s == androidNS:
			p = "android"
		case s == autoNS:
			p = "app"
		case strings.HasPrefix(s, "http://schemas.android.com/") && !strings.ContainsAny(base, ". :<>&\"'") && base != "android" && base != "app":
			p = base
		}
		for slices.ContainsFunc(*order, func(have string) bool { return prefixes[have] == p }) {
			p += "_"
		}
		prefixes[s] = p
		*order = append(*order, s)
	}
	for _, c := range e.inside {
		collect(c, prefixes, order)
	}
}

func (t *text) add(depth int, s string) int {
	t.lines = append(t.lines, strings.Repeat("  ", depth)+s)
	return len(t.lines)
}

func (t *text) element(e *element, depth int, attrs []string) {
	for i := range e.attrs {
		a := &e.attrs[i]
		n := a.name
		if p := t.prefixes[a.space]; p != "" {
			n = p + ":" + n
		}
		attrs = append(attrs, n+`="`+escape(a.value)+`"`)
	}
	end := ">"
	if len(e.inside) == 0 && e.text == "" {
		end = "/>"
	}
	one := strings.TrimSpace("<" + e.name + " " + strings.Join(attrs, " "))
	if len(attrs) < 2 || 2*depth+len(one) <= wrap {
		e.first = t.add(depth, one+end)
	} else {
		e.first = t.add(depth, "<"+e.name)
		for i, a := range attrs {
			if i == len(attrs)-1 {
				a += end
			}
			t.add(depth+2, a)
		}
	}
	e.head = len(t.lines)
	for _, c := range e.inside {
		t.element(c, depth+1, nil)
	}
	if e.text != "" {
		t.add(depth+1, escape(e.text))
	}
	if end == ">" {
		t.add(depth, "</"+e.name+">")
	}
	e.last = len(t.lines)
}

// String returns the whole document.
func (t *text) String() string { return strings.Join(t.lines, "\n") + "\n" }

// maxQuoted bounds the bytes of one quotation.
const maxQuoted = 16 << 10

// between returns lines first to last, at most limit of them.
func (t *text) between(first, last, limit int) string {
	size := 0
	for i := max(first, 1); i <= min(last, len(t.lines)); i++ {
		if size += len(t.lines[i-1]); size > maxQuoted {
			limit = min(limit, max(i-first, 1))
			break
		}
	}
	first, last = max(first, 1), min(last, len(t.lines))
	if first > last {
		return ""
	}
	if n := last - first + 1; n > limit {
		cut := append(slices.Clone(t.lines[first-1:first-1+limit]), fmt.Sprintf("<!-- %d more lines -->", n-limit))
		return strings.Join(cut, "\n")
	}
	return strings.Join(t.lines[first-1:last], "\n")
}

// escape writes what XML cannot hold as it is; control characters, which it cannot hold at all, become U+FFFD.
func escape(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || strings.ContainsRune(`<>&"`, r) || r >= 0xfffd }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '&':
			b.WriteString("&amp;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\n', r == '\t', r == '\r':
			fmt.Fprintf(&b, "&#%d;", r)
		case r < ' ', r == 0xfffe, r == 0xffff:
			b.WriteRune('\uFFFD')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
