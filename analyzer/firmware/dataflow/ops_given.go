package dataflow

import "strings"

// What the platform keeps for a component and gives back to it, or to who asks for it later.

// clipField is, of an intent, the clip that comes with it.
const clipField = "$clip"

// opRetained is what the activity before this one kept for it: what its method of a known name answered.
func opRetained(f *frame, c *call) (value, bool) {
	a := f.a
	if a.t.symbolic(c.at(0)) {
		return nothing, true
	}
	out := nothing
	for _, at := range a.t.atomsOf(c.at(0)) {
		if n := a.t.node(at); n.kind == kHome || n.kind == kObj {
			out = a.t.join(out, a.cell("retained:"+n.s))
		}
	}
	return out, false
}

// answersTo are the places where what a component's method answers is found again.
func (a *analysis) answersTo(class string, m *Method) []slot {
	place := func(s string) slot { return slot{a.t.atom(node{kind: kStore, s: s}), "[?]"} }
	switch m.Name {
	case "onBind":
		return []slot{place("binder:" + class)}
	case "onRetainNonConfigurationInstance", "onRetainCustomNonConfigurationInstance":
		return []slot{place("retained:" + class)}
	case "query", "call":
		var out []slot
		for _, auth := range a.app.Authorities[class] {
			out = append(out, place("provider:"+auth))
		}
		return out
	}
	return nil
}

// opProviderMethod asks a provider by the name of a method: what its answer holds is what its own method answered.
func opProviderMethod(f *frame, c *call) (value, bool) {
	a := f.a
	uri := f.uri(c.at(1))
	if a.t.symbolic(uri) {
		return nothing, true
	}
	f.rows(c, uri)
	out := nothing
	for _, s := range a.spellings(uri) {
		if rest, ok := strings.CutPrefix(s, "content://"); ok {
			authority, _, _ := strings.Cut(rest, "/")
			out = a.t.join(out, a.cell("provider:"+authority))
		}
	}
	if out == nothing {
		return a.any(), false
	}
	return out, false
}

// stickyPlace begins the name of a place that keeps the last intent of an action which was sent to stay.
const stickyPlace = "intent:sticky:"

// sticks keeps an intent that is sent to stay for who asks later.
func (a *analysis) sticks(p *pendingStart) {
	if p.call.Op != "start" || p.ref == nil || !strings.HasPrefix(p.ref.name, "sendSticky") {
		return
	}
	for _, s := range a.spellings(p.action) {
		a.deliver(p, strings.TrimPrefix(stickyPlace, "intent:")+s)
	}
}

// lastSent is what a registration gives at once: the last intent of the actions asked for that was sent to stay.
func (f *frame) lastSent(actions value) value {
	a := f.a
	out := a.any()
	for _, s := range a.spellings(actions) {
		if s != "" {
			out = a.t.join(out, a.t.of(node{kind: kStore, s: stickyPlace + s}))
		}
	}
	return out
}
