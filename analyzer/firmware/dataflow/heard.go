package dataflow

import (
	"slices"
	"strings"
)

// A receiver that code registers hears what its filter names, from the registration on. Of each action it is told apart why
// it is sent: by the system, or by code of the app itself. An action that only code of the app sends is heard for the
// reasons of that code; what stands before the registration stands before what is done then, see listen.go.

const onReceive = "onReceive(Landroid/content/Context;Landroid/content/Intent;)V"

// settleRegister schedules a receiver that code registers: each object gets its own intents. One that lies in a cell is known
// when all code was seen.
func (a *analysis) settleRegister(f *frame, e *event) {
	a.asks(e.args[0], lostThing)
	for _, at := range a.t.atomsOf(e.args[0]) {
		n := a.t.node(at)
		if n.kind == kCell || n.kind == kLoad {
			a.waitFor(f, e, at)
			continue
		}
		if (n.kind != kObj && n.kind != kHome) || a.u.class(n.s) == nil {
			continue
		}
		home := a.share(f.s, a.t.one(at))
		to := a.own(home)
		d := dynamicReceiver{class: n.s, home: home, store: to, actions: e.args[1], schemes: e.args[2], by: f.m, conds: e.conds}
		d.local = localBroadcast(e.ref)
		if len(e.args) > 3 {
			d.permission = e.args[3]
		}
		a.dynamic = append(a.dynamic, d)
		m := a.u.find(n.s, onReceive)
		if m == nil || !a.u.app.matters(m) {
			continue
		}
		args := append([]value{home}, a.given(m, to)...)
		begin := callEdge{from: f.m, to: m, conds: e.conds, site: e.site, chain: e.chain, async: true, listens: firstAtom(a, home)}
		a.hears(begin, args, e.args[1], e.call.Transport != whileOpen)
		a.addRoot(m, args)
	}
}

// hears adds the calls of the platform that a registration leads to, one for each action where all are known. The system's
// actions are reasons of their own, where the receiver is heard of for good.
func (a *analysis) hears(e callEdge, args []value, actions value, stays bool) {
	reason := func(action string) label {
		if !stays || a.app.TriggerOf == nil {
			return 0
		}
		return triggerLabels[a.app.TriggerOf(action)]
	}
	add := func(adds label) {
		e.adds, e.shown, e.args = adds, !stays, a.argsOf(args)
		a.addEdge(e)
	}
	list := a.spellings(actions)
	if !a.texts(actions) || len(list) > maxContexts/2 {
		adds := label(0)
		for _, action := range list {
			adds |= reason(action)
		}
		add(adds)
		return
	}
	args = slices.Clone(args)
	for _, action := range list {
		e.action, args[2] = action, a.askedFor(action)
		add(reason(action))
	}
}

// texts reports whether a value is some texts and nothing else.
func (a *analysis) texts(v value) bool {
	list := a.t.atomsOf(v)
	return len(list) > 0 && !slices.ContainsFunc(list, func(at atom) bool { return a.t.node(at).kind != kStr })
}

// broadcasts reports whether a start sends what registered receivers may hear. A pending intent does where it was made for one.
func (a *analysis) broadcasts(p *pendingStart, named bool) bool {
	switch {
	case named:
	case p.call.Text == "receiver":
		p.cast = true
	case p.call.Text == "pending":
		p.cast = slices.Contains(a.spellings(p.sort), "receiver")
	}
	return p.cast
}

// hear hands a broadcast to the receivers that were registered, from the one with a number on; it reports whether one hears it.
func (a *analysis) hear(p *pendingStart, from int) bool {
	found, w := false, a.wants(p)
	for i := from; i < len(a.dynamic); i++ {
		d := &a.dynamic[i]
		f := Filter{Actions: a.spellings(d.actions), Categories: w.categories, Schemes: a.spellings(d.schemes), Types: w.types}
		if d.local == localBroadcast(p.ref) && w.takes(&f, "receiver") {
			found = true
			a.deliver(p, d.store)
			a.enter(p, d.class, "onReceive", d)
		}
	}
	p.heard = len(a.dynamic)
	return found
}

// hearAll hands what was sent to the receivers that were found since.
func (a *analysis) hearAll() {
	for i := range a.starts {
		if p := &a.starts[i]; p.cast && p.heard < len(a.dynamic) {
			a.hear(p, p.heard)
		}
	}
}

// localBroadcast reports whether a call is about broadcasts that stay in the app.
func localBroadcast(r *methodRef) bool {
	return r != nil && strings.Contains(r.class, "LocalBroadcastManager")
}
