package dataflow

import (
	"slices"
	"strings"
)

// A matcher of content addresses has a number for each (android.content.UriMatcher): by it a provider tells what it is asked for.

// maxMatched bounds the addresses that the matchers of an app know.
const maxMatched = 512

// matching is what is known of the matchers of an app.
type matching struct {
	numbers map[string][]int64 // by authority and path
	lost    bool               // some address could not be told
}

// opMatchAdd is UriMatcher.addURI: the number of an address.
func opMatchAdd(f *frame, c *call) (value, bool) {
	a := f.a
	of, path, number := f.text(c.at(1)), f.text(c.at(2)), c.at(3)
	if a.t.symbolic(of) || a.t.symbolic(path) || a.t.symbolic(number) {
		return nothing, true
	}
	authority, ok1 := a.t.text(of)
	n, ok2 := a.t.number(number)
	name, ok3 := a.t.text(path)
	if null, ok := a.t.number(c.at(2)); ok && null == 0 {
		name, ok3 = "", true
	}
	if !ok1 || !ok2 || !ok3 || len(a.matched.numbers) >= maxMatched {
		a.matched.lost = true
		return nothing, false
	}
	if a.matched.numbers == nil {
		a.matched.numbers = map[string][]int64{}
	}
	key := strings.Trim(authority+"/"+strings.Trim(name, "/"), "/")
	if list := a.matched.numbers[key]; !slices.Contains(list, n) {
		list = append(slices.Clone(list), n)
		slices.Sort(list)
		a.matched.numbers[key] = list
	}
	return nothing, false
}

// opMatch is UriMatcher.match: of what the provider is asked by, what the matchers of the app know.
func opMatch(f *frame, c *call) (value, bool) {
	return f.a.matchOf(c.at(1)), false
}

// matchOf is the number that matchers have for what a provider is asked by, or is asked by in a context.
func (a *analysis) matchOf(v value) value {
	out := nothing
	for _, at := range a.t.atomsOf(v) {
		switch n := a.t.node(at); {
		case n.kind == kParam, n.kind == kLoad, n.kind == kResult:
			out = a.t.join(out, a.t.of(node{kind: kLoad, a: uint32(at), s: matchedField}))
		case n.kind == kStore && strings.HasPrefix(n.s, askedPlace):
			out = a.t.join(out, a.cells[slot{at, matchedField}])
		case n.kind == kStore && strings.HasPrefix(n.s, rowsPlace):
			out = a.t.join(out, a.t.of(node{kind: kCell, a: uint32(at), s: matchedField}))
		default:
			out = a.t.join(out, a.t.any())
		}
	}
	if out == nothing {
		return a.t.any()
	}
	return out
}

// askedRows is an address of which only the number that a matcher has for it is known.
func (a *analysis) askedRows(numbers []int64) value {
	name := askedPlace
	for _, n := range numbers {
		name += "#" + intText(n)
	}
	at := a.t.atom(node{kind: kStore, s: name})
	for _, n := range numbers {
		a.writeCell(slot{at, matchedField}, a.t.num(n), nil)
	}
	return a.t.one(at)
}

// matchedBy are the numbers that matchers have for an address; false where they do not tell it, or there are none.
func (a *analysis) matchedBy(address string) ([]int64, bool) {
	authority, path := splitRows(address)
	if a.matched.lost || len(a.matched.numbers) == 0 || strings.Contains(authority, "{}") {
		return nil, false
	}
	key, some := MatchPath(authority+path, sortedKeys(a.matched.numbers))
	switch {
	case some:
		return a.matched.numbers[key], true
	case strings.Contains(path, "{}"):
		return nil, false
	}
	return []int64{-1}, true // UriMatcher.NO_MATCH
}

// splitRows takes a content address apart into its authority and the path after it, with the stroke before each part.
func splitRows(address string) (authority, path string) {
	rest, ok := strings.CutPrefix(address, "content://")
	if !ok {
		return "{}", ""
	}
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		rest = rest[:i]
	}
	authority, path, ok = strings.Cut(rest, "/")
	if path = strings.Trim(path, "/"); ok && path != "" {
		path = "/" + path
	}
	return authority, path
}

// MatchPath finds the path of a list that a matcher takes an address for, both with the authority before them: one without
// placeholders first. Of a part of the address that is not known it is known that it is something, which "*" and "#" stand for.
func MatchPath(address string, paths []string) (path string, ok bool) {
	parts := strings.Split(address, "/")
	paths = slices.Sorted(slices.Values(paths))
	best := -1
	for i, p := range paths {
		if takesPath(parts, strings.Split(p, "/")) && (best < 0 || strings.ContainsAny(paths[best], "*#") && !strings.ContainsAny(p, "*#")) {
			best = i
		}
	}
	if best < 0 {
		return "", false
	}
	return paths[best], true
}

func takesPath(parts, of []string) bool {
	if len(parts) != len(of) {
		return false
	}
	for i, want := range of {
		switch have := parts[i]; {
		case want == "*":
		case want == "#":
			if have != "{}" && (have == "" || strings.Trim(have, "0123456789") != "") {
				return false
			}
		case want != have:
			return false
		}
	}
	return true
}
