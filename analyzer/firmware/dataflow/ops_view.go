package dataflow

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// opViewText is what a view shows; of a field for passwords, a secret.
func opViewText(f *frame, c *call) (value, bool) {
	a := f.a
	out := a.secretText(f.s, c.at(0), c.site)
	for _, at := range a.t.atomsOf(c.at(0)) {
		out = a.t.join(out, a.loadAtom(f.s, at, textField))
	}
	return out, false
}

// secretField begins the name of a field of the views that take passwords: what a call finds there that asks for their text.
const secretField = "$secret "

// secretText is what the user typed into a view for passwords. Where it is not known which view is meant, that is left to be
// found out.
func (a *analysis) secretText(s *state, view value, site uint32) value {
	out := nothing
	if len(a.app.Secret) == 0 {
		return out
	}
	source := a.t.of(node{kind: kSource, a: a.dataType("ui.password"), n: int64(site)})
	field := secretField + strconv.Itoa(int(site))
	for _, at := range a.t.atomsOf(view) {
		switch n := a.t.node(at); n.kind {
		case kStore:
			if id, ok := strings.CutPrefix(n.s, viewPlace); ok && a.secret(id) {
				out = a.t.join(out, source)
			}
		case kCell, kLoad, kParam, kResult:
			if !a.followsViews() {
				continue
			}
			for _, id := range slices.Sorted(maps.Keys(a.app.Secret)) {
				a.writeCell(slot{a.t.atom(node{kind: kStore, s: viewPlace + intText(int64(int32(id)))}), field}, source, nil)
			}
			out = a.t.join(out, a.loadAtom(s, at, field))
		}
	}
	return out
}

func (a *analysis) secret(id string) bool {
	for n := range a.app.Secret {
		if intText(int64(int32(n))) == id {
			return true
		}
	}
	return false
}

// opTextWatch gives a view an object that is told of its text.
func opTextWatch(f *frame, c *call) (value, bool) {
	f.calledBackWith(c.r, c.at(0), c.at(1), c.site, f.a.secretText(f.s, c.at(0), c.site))
	return nothing, false
}

// told puts the text of a view in the place of the parameters of its watcher that are given it.
func (a *analysis) told(m *Method, given []value, text value) {
	for i, p := range m.params {
		if p == "Ljava/lang/CharSequence;" || p == "Landroid/text/Editable;" {
			given[i] = a.t.join(given[i], text)
		}
	}
}
