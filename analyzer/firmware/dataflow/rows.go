package dataflow

import (
	"slices"
	"strings"
)

// Who asks a content provider for its rows, or changes them, has it run: why the caller does so is why the provider's method runs. A
// provider tells its addresses apart by the number that a matcher has for each (android.content.UriMatcher): what it does for
// one is not done for another. Which app an address belongs to is known once all apps were seen; see Door. An address of which
// not enough is known is a reason of nothing, nor is a method that tells its addresses apart in another way.

// Rows is the kind of a call of a provider, of which the address says which, and the actions the method.
const Rows = "rows"

// matchedField is, of an address, the number that a matcher has for it; rowsPlace begins the name of the place of the address that
// a provider is asked by.
const (
	matchedField = "matched:I"
	rowsPlace    = "uri:"
)

// maxMatched bounds the addresses that the matchers of an app know.
const maxMatched = 512

// providerMethods are the methods of a provider by those of who calls it, the first that a provider has.
var providerMethods = map[string][]string{
	"query": {"query"}, "insert": {"insert"}, "update": {"update"}, "delete": {"delete"}, "bulkInsert": {"bulkInsert", "insert"},
	"openInputStream": {"openAssetFile", "openFile"}, "openOutputStream": {"openAssetFile", "openFile"},
}

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
		case n.kind == kStore && (strings.HasPrefix(n.s, rowsPlace) || strings.HasPrefix(n.s, askedPlace)):
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

// ofRows reports whether a line is about the rows of a provider, which wait for what their address is made of.
func ofRows(c *Call) bool {
	return c != nil && (c.Op == "query" || c.Op == "provider-write" || c.Op == "provider-call")
}

// rows notes a call of a provider.
func (f *frame) rows(c *call, uri value) {
	a := f.a
	if providerMethods[c.r.name] == nil || !slices.ContainsFunc(a.spellings(uri), func(s string) bool { return strings.HasPrefix(s, "content://") }) {
		return
	}
	f.record(event{kind: evStart, call: &Call{Text: Rows}, ref: c.r, args: []value{uri}, conds: f.gates[f.block], site: c.site})
}

// linkRows connects a call of a provider with that of the app, where no other app can call it. Of one that others can call too, see
// [Door]: there it counts as a reason of nothing where it may be what is done for another address.
func (a *analysis) linkRows(p *pendingStart) {
	for _, s := range a.spellings(p.address) {
		authority, _ := splitRows(s)
		for i := range a.app.Components {
			c := &a.app.Components[i]
			if !c.Enabled || c.Exported || c.Kind != "provider" || !slices.Contains(a.app.Authorities[c.Class], authority) {
				continue
			}
			for _, name := range providerMethods[p.ref.name] {
				if a.enterRows(p, c.Class, name, s) {
					break
				}
			}
		}
	}
}

// enterRows adds the call of a method of a provider; it reports whether there is such.
func (a *analysis) enterRows(p *pendingStart, class, name, address string) bool {
	found := false
	for _, m := range a.lifecycle(class) {
		if m.Name != name {
			continue
		}
		found = true
		list := make([]value, len(m.params)+1)
		if ns, ok := a.matchedBy(address); ok {
			for i, t := range m.params {
				if t == uriType {
					list[i+1] = a.askedRows(ns)
				}
			}
		}
		a.inRoot = p.root
		a.addEdge(callEdge{from: p.in, to: m, conds: p.conds, site: p.site, chain: p.chain, async: true, args: a.argsOf(list)})
		a.inRoot = 0
	}
	return found
}

const uriType = "Landroid/net/Uri;"

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

// doorsOfRows makes the doors of a provider: one for each method that others call, and for each address where these are told
// apart.
func (r *Result) doorsOfRows(c *Component) {
	a, g := r.a, r.reach.graph
	for _, m := range a.lifecycle(c.Class) {
		if !provides[m.Name] || m.Name == "onCreate" || m.Name == "getType" {
			continue
		}
		at := slices.Index(m.params, uriType) + 1
		if at > 0 && g.cares[m]&(1<<at) != 0 {
			r.doorsOfPaths(c, m, at)
			continue
		}
		r.wayIn(doorway{Door: Door{Class: c.Class, Action: m.Name}, rows: true, begin: []int{g.node(m, nil)}})
	}
}

// doorsOfPaths makes a door for each address that a method of a provider tells from others. Where there are more than contexts, or
// some are not known, there is none.
func (r *Result) doorsOfPaths(c *Component, m *Method, at int) {
	a, g := r.a, r.reach.graph
	if a.matched.lost {
		return
	}
	var told []string
	kinds := map[value]bool{}
	for _, key := range sortedKeys(a.matched.numbers) {
		if authority, _, _ := strings.Cut(key, "/"); slices.Contains(a.app.Authorities[c.Class], authority) {
			told = append(told, key)
			kinds[a.askedRows(a.matched.numbers[key])] = true
		}
	}
	if len(kinds) > maxContexts {
		return
	}
	r.Apart = append(r.Apart, Apart{c.Class + m.Name, told})
	for _, key := range told {
		list := make([]value, len(m.params)+1)
		list[at] = a.askedRows(a.matched.numbers[key])
		r.wayIn(doorway{Door: Door{Class: c.Class, Action: m.Name + " " + key}, rows: true, begin: []int{g.node(m, list)}})
	}
}

// wayIn adds a way into the app.
func (r *Result) wayIn(way doorway) {
	if len(r.ways) == maxDoors {
		r.a.cut("doors of an app")
		return
	}
	r.ways = append(r.ways, way)
}
