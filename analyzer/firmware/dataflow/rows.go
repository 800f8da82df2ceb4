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

// providerMethods are the methods of a provider by those of who calls it, the first that a provider has.
var providerMethods = map[string][]string{
	"query": {"query"}, "call": {"call"}, "insert": {"insert"}, "update": {"update"}, "delete": {"delete"}, "bulkInsert": {"bulkInsert", "insert"},
	"openInputStream": {"openAssetFile", "openFile"}, "openOutputStream": {"openAssetFile", "openFile"},
}

// ofRows reports whether a line is about the rows of a provider, which wait for what their address is made of.
func ofRows(c *Call) bool {
	return c != nil && (c.Op == "query" || c.Op == "provider-write" || c.Op == "provider-call" || c.Op == "provider-method")
}

// rows notes a call of a provider.
func (f *frame) rows(c *call, uri value) {
	a := f.a
	if providerMethods[c.r.name] == nil || !slices.ContainsFunc(a.spellings(uri), func(s string) bool { return strings.HasPrefix(s, "content://") }) {
		return
	}
	args := []value{uri}
	if a.ownRows(uri) {
		for i := range c.r.params[1:] {
			args = append(args, f.asGiven(c, c.at(i+2)))
		}
	}
	f.record(event{kind: evStart, call: &Call{Text: Rows}, ref: c.r, args: args, conds: f.gates[f.block], site: c.site})
}

// asGiven is what a provider of the app is called with, as it is then: a row that is made here is copied, for its maker may go on to
// fill it for the next call.
func (f *frame) asGiven(c *call, v value) value {
	a := f.a
	at, one := a.t.single(v)
	if n := a.t.node(at); !one || n.kind != kObj || n.s != rowType {
		return v
	}
	row := a.t.atom(node{kind: kObj, a: c.site, s: rowType})
	if c.site != f.here() { // it waited for the caller
		row = a.through(row, f.here())
	}
	if f.s.heap[row] != nil {
		f.s.own()
		delete(f.s.heap, row)
	}
	f.copyAll(v, a.t.one(row))
	return a.t.one(row)
}

// ownRows reports whether an address is of a provider of the app.
func (a *analysis) ownRows(uri value) bool {
	for _, s := range a.spellings(uri) {
		authority, _ := splitRows(s)
		for _, list := range a.app.Authorities {
			if slices.Contains(list, authority) {
				return true
			}
		}
	}
	return false
}

// givenRows has a provider's method run with what it is called with: its parameters are those of the call, but for the address
// in front where it is called by the name of a method. Of an address the provider asks what its matchers have for it.
func (a *analysis) givenRows(p *pendingStart, class string, m *Method, address string) {
	if len(p.args) < 2 || len(m.params) == 0 {
		return
	}
	from := 0
	if p.ref.name == "call" && m.params[0] != "Ljava/lang/String;" || p.ref.name != "call" && m.params[0] != uriType {
		return
	}
	if p.ref.name == "call" {
		from = 1
	}
	args := append([]value{a.t.one(a.at(class, phaseOf("provider", m.Name)))}, a.given(m, class)...)
	ns, told := a.matchedBy(address)
	for i, t := range m.params {
		switch {
		case t == uriType && told:
			args[i+1] = a.askedRows(ns)
		case t != uriType && i+from < len(p.args):
			args[i+1] = a.eachRow(p.args[i+from], t)
		}
	}
	a.addRoot(m, args, a.answersTo(class, m)...)
}

// eachRow is any of several rows where a method is called that takes one.
func (a *analysis) eachRow(v value, t string) value {
	if t != rowType {
		return v
	}
	out := nothing
	for _, at := range a.t.atomsOf(v) {
		if n := a.t.node(at); n.kind == kHome && strings.HasPrefix(n.s, "[") {
			out = a.t.join(out, a.contents(at, "[*]"))
		} else {
			out = a.t.join(out, a.t.one(at))
		}
	}
	return out
}

// linkRows connects a call of a provider with that of the app, where no other app can call it. Of one that others can call too, see
// [Door]: there it counts as a reason of nothing where it may be what is done for another address.
func (a *analysis) linkRows(p *pendingStart) {
	for _, s := range a.spellings(p.address) {
		authority, _ := splitRows(s)
		for i := range a.app.Components {
			c := &a.app.Components[i]
			if !c.Enabled || c.Kind != "provider" || !slices.Contains(a.app.Authorities[c.Class], authority) {
				continue
			}
			for _, name := range providerMethods[p.ref.name] {
				if a.enterRows(p, c.Class, name, s, c.Exported) {
					break
				}
			}
		}
	}
}

// enterRows adds the call of a method of a provider; it reports whether there is such.
func (a *analysis) enterRows(p *pendingStart, class, name, address string, exported bool) bool {
	found := false
	for _, m := range a.lifecycle(class) {
		if m.Name != name {
			continue
		}
		found = true
		a.givenRows(p, class, m, address)
		if exported {
			continue
		}
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

const (
	uriType = "Landroid/net/Uri;"
	rowType = "Landroid/content/ContentValues;"
)

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
		r.wayIn(doorway{Door: Door{Class: c.Class, Action: m.Name}, sure: true, begin: []int{g.node(m, nil)}})
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
		r.wayIn(doorway{Door: Door{Class: c.Class, Action: m.Name + " " + key}, sure: true, begin: []int{g.node(m, list)}})
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
