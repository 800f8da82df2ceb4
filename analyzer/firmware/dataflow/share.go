package dataflow

import (
	"slices"
	"strings"
)

// Export is personal data that the app hands out to whoever may read it.
type Export struct {
	Channel    string // what Data is of the flows that begin with it in other apps
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
			r.Exports = append(r.Exports, Export{a.t.node(b).s, a.types[n.a], transforms(n.b), a.sites[n.n], n.b&asInexact == 0})
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
