package dataflow

import (
	"slices"
	"strings"
)

// Export is personal data that a provider of the app hands out to whoever may read it.
type Export struct {
	Authority  string
	Data       string
	Transforms []string
	Source     Site
	Exact      bool
}

// providerData is how the data of a flow is called that comes from another app's provider.
const providerData = "provider:"

// share splits what was found between apps: what this one hands out, and what it sends of others'.
func (r *Result) share() {
	a := r.a
	own := map[string]bool{}
	for _, list := range a.app.Authorities {
		for _, authority := range list {
			own[authority] = true
		}
	}
	for _, b := range a.stores() {
		authority, ok := strings.CutPrefix(a.t.node(b).s, providerData)
		if !ok || !own[authority] {
			continue
		}
		held := a.contents(b, "[*]")
		for _, at := range a.t.atomsOf(a.t.join(held, a.whole(held))) {
			n := a.t.node(at)
			if n.kind != kSource || strings.HasPrefix(a.types[n.a], providerData) {
				continue
			}
			r.Exports = append(r.Exports, Export{authority, a.types[n.a], transforms(n.b), a.sites[n.n], n.b&asInexact == 0})
		}
	}
	r.Imports = nil
	r.Flows = slices.DeleteFunc(r.Flows, func(f Flow) bool {
		if strings.HasPrefix(f.Data, providerData) {
			r.Imports = append(r.Imports, f)
			return true
		}
		return false
	})
}

// Release lets go of everything but Imports and Exports.
func (r *Result) Release() {
	*r = Result{Imports: r.Imports, Exports: r.Exports}
}

// From returns the flow that an import becomes with what another app hands out; false where it is not of its provider.
func (f Flow) From(e Export) (Flow, bool) {
	if f.Data != providerData+e.Authority {
		return f, false
	}
	f.Data, f.Source = e.Data, e.Source
	f.Exact = f.Exact && e.Exact
	for _, t := range e.Transforms {
		if t != "plain" && !slices.Contains(f.Transforms, t) {
			f.Transforms = append(slices.DeleteFunc(slices.Clone(f.Transforms), func(s string) bool { return s == "plain" }), t)
		}
	}
	return f, true
}
