package dataflow

import (
	"slices"
	"strings"
)

// settleStart notes that a component is started, or a receiver registered. Who is meant is decided when all code was seen.
func (a *analysis) settleStart(f *frame, e *event) {
	if e.call.Text == "register" {
		for _, at := range a.t.atomsOf(e.args[0]) {
			n := a.t.node(at)
			if (n.kind != kObj && n.kind != kHome) || a.u.class(n.s) == nil {
				continue
			}
			a.dynamic = append(a.dynamic, dynamicReceiver{n.s, a.share(f.s, a.t.one(at)), e.args[1], f.m, e.conds})
			if m := a.u.find(n.s, "onReceive(Landroid/content/Context;Landroid/content/Intent;)V"); m != nil {
				a.later(f, &event{args: append([]value{a.t.one(at)}, a.given(m, n.s)...), conds: e.conds, site: e.site}, m, at, nil)
				adds := label(0)
				for _, act := range a.spellings(e.args[1]) {
					if a.app.TriggerOf != nil {
						adds |= triggerLabels[a.app.TriggerOf(act)]
					}
				}
				if adds != 0 {
					a.addEdge(callEdge{from: f.m, to: m, conds: e.conds, site: e.site, async: true, adds: adds})
				}
			}
		}
		return
	}
	intent := e.args[0]
	var class, action, address value
	for _, at := range a.t.atomsOf(intent) {
		one := a.t.one(at)
		class = a.t.join(class, a.load(f.s, one, classField))
		action = a.t.join(action, a.load(f.s, one, actionField))
		address = a.t.join(address, a.load(f.s, one, addressField))
	}
	p := pendingStart{settledEvent{*e, f.m}, class, action, address, 0}
	p.args = []value{a.share(f.s, intent)}
	a.starts = append(a.starts, p)
}

// linkStarts connects starts with the components of the app; those that lead out of it become sinks where the
// vocabulary says so.
func (a *analysis) linkStarts(from int) int {
	for ; from < len(a.starts); from++ {
		p := &a.starts[from]
		found := false
		classes, actions := a.spellings(p.class), a.spellings(p.action)
		named := false
		for _, at := range a.t.atomsOf(a.expand(p.class)) {
			if n := a.t.node(at); n.kind == kClass {
				named = true
				classes = append(classes, n.s)
			}
		}
		kind := p.call.Text
		if kind == "result" {
			a.deliver(p, "result")
			for i := range a.app.Components {
				if c := &a.app.Components[i]; c.Kind == "activity" {
					a.enter(p, c.Class, "onActivityResult")
				}
			}
			a.leaves(p)
			continue
		}
		for i := range a.app.Components {
			c := &a.app.Components[i]
			if !c.Enabled || kind != "pending" && c.Kind != kind {
				continue
			}
			hit := slices.Contains(classes, c.Class)
			if !hit && !named {
				for _, act := range actions {
					hit = hit || slices.Contains(c.Actions, act)
				}
			}
			if hit {
				found = true
				a.deliver(p, c.Class)
				a.enter(p, c.Class, "")
			}
		}
		if kind == "receiver" {
			for _, d := range a.dynamic {
				for _, act := range a.spellings(d.actions) {
					if slices.Contains(actions, act) {
						found = true
						a.deliver(p, d.class)
						a.enter(p, d.class, "onReceive")
					}
				}
			}
		}
		for _, c := range classes {
			found = found || a.u.class(c) != nil // of this app, though the manifest does not know it: nothing starts
		}
		if !found {
			a.leaves(p)
		}
	}
	return from
}

// leaves turns a start that reaches no component of the app into a sink.
func (a *analysis) leaves(p *pendingStart) {
	if p.call.Sink == "" {
		return
	}
	e := p.settledEvent
	e.kind, e.to = evSink, a.t.join(p.action, p.address)
	a.settled = append(a.settled, e)
}

// deliver puts what an intent carries where the component finds it.
func (a *analysis) deliver(p *pendingStart, class string) {
	base := a.t.atom(node{kind: kStore, s: "intent:" + class})
	for _, at := range a.t.atomsOf(a.expand(p.args[0])) {
		if at == base {
			continue
		}
		for _, field := range a.cellsOf[at] {
			if strings.HasPrefix(field, "[") || field == addressField || field == actionField {
				a.writeCell(slot{base, field}, a.cells[slot{at, field}], p.in)
			}
		}
		if n := a.t.node(at); n.kind == kStore && strings.HasPrefix(n.s, "intent:") {
			a.writeCell(slot{base, "[?]"}, a.t.of(node{kind: kCell, a: uint32(at), s: "[*]"}), p.in)
		}
	}
}

// enter adds the calls of the platform that a start leads to.
func (a *analysis) enter(p *pendingStart, class, only string) {
	for _, m := range a.lifecycle(class) {
		if only != "" && m.Name != only {
			continue
		}
		adds := label(0)
		if p.call.Transport == "schedule" {
			adds = bySchedule
		}
		a.addEdge(callEdge{from: p.in, to: m, conds: p.conds, site: p.site, async: true, adds: adds})
	}
}
