package analyzer

import (
	"slices"

	"romscan/analyzer/firmware/dataflow"
)

// offersBinder reports whether a service of app i that others may bind to has an interface, and the caller what it takes.
func (m *meeting) offersBinder(i, caller int, name string) bool {
	return slices.ContainsFunc(m.found[i].Listens, func(c dataflow.Component) bool {
		return c.Kind == "binder" && c.Class == name && m.holds(caller, c.Permission)
	})
}

// binds reports whether a caller of an interface means the one of app i: where it is seen to bind to some app that has
// the interface, to that one; else to any.
func (m *meeting) binds(caller, i int, name string) bool {
	if !m.offersBinder(i, caller, name) {
		return false
	}
	some := false
	for k := range m.found {
		if m.offersBinder(k, caller, name) && m.asksFor(caller, k) {
			if k == i {
				return true
			}
			some = true
		}
	}
	return !some
}

// asksFor reports whether an app starts or binds a service of another.
func (m *meeting) asksFor(caller, i int) bool {
	list := m.manifest(i).Components
	for n := range m.found[caller].Sent {
		to := &m.found[caller].Sent[n].To
		if to.Kind == "service" && slices.ContainsFunc(list, func(c dataflow.Component) bool {
			reached, _ := to.Reaches(m.apps[i].Package, &c)
			return reached
		}) {
			return true
		}
	}
	return false
}
