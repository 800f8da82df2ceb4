package dataflow

import (
	"slices"
	"strconv"
	"strings"
)

// What passes between apps by a bound service, where both have the code that the AIDL compiler makes: the proxy writes
// its parameters to a parcel and calls transact with the number of the method; onTransact of the stub in the other app
// reads them from its own. The name of the interface, which both write and check, says that they belong together.
const (
	tokenField = "$token"
	onTransact = "onTransact(ILandroid/os/Parcel;Landroid/os/Parcel;I)Z"
)

// maxCodes bounds the methods of one interface that are entered.
const maxCodes = 16

// opTransact is IBinder.transact: code, what is given, what comes back.
func opTransact(f *frame, c *call) (value, bool) {
	a := f.a
	token := a.load(f.s, c.at(2), tokenField)
	if a.t.symbolic(token) || a.t.symbolic(c.at(1)) {
		return nothing, a.t.symbolic(c.at(2)) && a.t.symbolic(c.at(1))
	}
	name, ok := a.t.text(token)
	code, known := a.t.number(c.at(1))
	if !ok || !known {
		return a.any(), false
	}
	a.add(f.s, a.t.of(node{kind: kStore, s: "call:" + name}), element(code), a.reach(f.s, c.at(2)))
	back := a.t.atom(node{kind: kStore, s: "reply:" + name})
	a.add(f.s, c.at(3), "[?]", a.t.of(node{kind: kCell, a: uint32(back), s: element(code)}))
	return a.any(), false
}

// enterBinders schedules the calls that other apps make of the binders that exported services give them; it reports
// whether there were new ones.
func (a *analysis) enterBinders() bool {
	any := false
	for i := range a.app.Components {
		c := &a.app.Components[i]
		if c.Kind != "service" || !c.Enabled || !c.Exported {
			continue
		}
		given := a.t.atom(node{kind: kStore, s: "binder:" + c.Class})
		for _, at := range a.t.atomsOf(a.expand(a.cells[slot{given, "[?]"}])) {
			n := a.t.node(at)
			if n.kind != kHome {
				continue
			}
			any = c.Class == systemBinders && a.offer(at) || any
			m := a.u.find(n.s, onTransact)
			token, ok := a.t.text(a.contents(at, tokenField))
			if m == nil || !ok || a.bound[at] {
				continue
			}
			if a.bound == nil {
				a.bound = map[atom]bool{}
			}
			a.bound[at] = true
			any = true
			a.binders = append(a.binders, Component{Kind: "binder", Class: token, Permission: c.Permission})
			a.entries[m] = c.Class
			for code := range a.codes(n.s) {
				to := token + ":" + strconv.Itoa(code+1)
				a.addRoot(m, []value{a.t.one(at), a.t.num(int64(code + 1)), a.t.of(node{kind: kStore, s: "called:" + to}), a.t.of(node{kind: kStore, s: "replied:" + to}), a.any()})
			}
		}
	}
	return any
}

// codes is how many methods the interface of a binder has.
func (a *analysis) codes(class string) int {
	most := 1
	for c, n := a.u.class(class), 0; c != nil && n < maxChain; c, n = a.u.class(c.Super), n+1 {
		for _, name := range c.Interfaces {
			if in := a.u.class(name); in != nil && slices.Contains(in.Interfaces, "Landroid/os/IInterface;") {
				a.u.load(in)
				most = max(most, len(in.order))
			}
		}
	}
	return min(most, maxCodes)
}

// boundPlace reports whether a place holds what passes by a bound service.
func boundPlace(s string) bool {
	kind, _, _ := strings.Cut(s, ":")
	return kind == "call" || kind == "called" || kind == "reply" || kind == "replied"
}
