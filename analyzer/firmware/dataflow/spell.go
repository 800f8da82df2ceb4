package dataflow

import (
	"sort"
	"strings"
)

// spellings lists the texts a value may be, unknown parts as "{}".
func (a *analysis) spellings(v value) []string {
	var out []string
	for _, at := range a.t.atomsOf(a.expand(v)) {
		n := a.t.node(at)
		switch n.kind {
		case kStr:
			out = append(out, n.s)
		case kConcat:
			out = append(out, a.spellParts(n.parts()))
		}
	}
	sort.Strings(out)
	return out
}

func (a *analysis) spellParts(parts []atom) string {
	var b strings.Builder
	for _, p := range parts {
		if n := a.t.node(p); n.kind == kStr {
			b.WriteString(n.s)
		} else if !strings.HasSuffix(b.String(), "{}") {
			b.WriteString("{}")
		}
	}
	return b.String()
}

// spell writes a value that is one text.
func (a *analysis) spell(v value) string {
	for _, at := range a.t.atomsOf(v) {
		switch n := a.t.node(at); n.kind {
		case kStr:
			return n.s
		case kConcat:
			return a.spellParts(n.parts())
		}
	}
	return "{}"
}
