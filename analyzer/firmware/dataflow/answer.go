package dataflow

import "strings"

// What a button of a dialog starts was announced before: the dialog says something, and who goes on has read it.

// dialogAnswer stands for the button that was tapped.
const dialogAnswer = "the answer to a dialog"

// agrees holds the methods by which a dialog's builder is given what runs when the user goes on, whoever's the builder is:
// android.app.AlertDialog.Builder and its vendors' kin.
var agrees = map[string]bool{"setPositiveButton": true}

// says holds the methods by which a dialog is told what to say.
var says = map[string]bool{"setMessage": true}

// agreed is the condition under which the platform calls a listener: that of a dialog that says something, and which its
// reader lets go on. None for other listeners.
func (a *analysis) agreed(e *event) condset {
	if e.ref == nil || e.ref.class != "callbacks" || !agrees[e.ref.name] || !strings.HasSuffix(e.ref.proto, "Builder;") {
		return 0
	}
	m := a.sites[e.site].Method
	if m == nil || !a.mentionsCall(m, says) {
		return 0
	}
	x := a.t.of(node{kind: kApi, s: dialogAnswer})
	return a.c.set([]uint32{a.c.cond(cond{unequal, x, a.t.num(0), e.site})})
}

// mentionsCall reports whether a method's code calls one of some name.
func (a *analysis) mentionsCall(m *Method, names map[string]bool) bool {
	code, err := m.Class.File.Code(m.Code)
	if err != nil {
		return false
	}
	g := newGraph(a.u, m.Class.File, &code, func(g *graph) { a.restore(m, g) })
	if g == nil {
		return false
	}
	for i := range g.insns {
		if in := &g.insns[i]; in.Op.Invoke() {
			if r := a.u.methodRef(m.Class.File, in.Index); r != nil && names[r.name] {
				return true
			}
		}
	}
	return false
}

// answer reports whether a condition is that a dialog was answered.
func (a *analysis) answer(c cond) bool {
	at, one := a.t.single(c.x)
	return one && a.t.node(at).kind == kApi && a.t.node(at).s == dialogAnswer
}
