package dataflow

import (
	"slices"
	"strconv"
)

// settleStart notes that a component is started, or a receiver registered. Who is meant is decided when all code was seen.
func (a *analysis) settleStart(f *frame, e *event) {
	if e.call.Text == "register" {
		a.settleRegister(f, e)
		return
	}
	if e.call.Text == "unregister" {
		a.settleUnregister(f, e)
		return
	}
	if a.settleSystem(f, e) || a.settleAsked(f, e) {
		return
	}
	a.asks(e.args[0], lostThing)
	p := pendingStart{settledEvent: settledEvent{event: *e, in: f.m, root: a.inRoot}}
	for _, at := range a.t.atomsOf(e.args[0]) {
		one := a.t.one(at)
		p.class = a.t.join(p.class, a.load(f.s, one, classField))
		p.action = a.t.join(p.action, a.load(f.s, one, actionField))
		p.address = a.t.join(p.address, a.load(f.s, one, addressField))
		p.category = a.t.join(p.category, a.load(f.s, one, categoryField))
		p.mime = a.t.join(p.mime, a.load(f.s, one, typeField))
		p.pkg = a.t.join(p.pkg, a.load(f.s, one, packageField))
		p.sort = a.t.join(p.sort, a.load(f.s, one, pendingField))
	}
	if e.to != nothing {
		p.class = e.to
	}
	for _, v := range [...]value{p.class, p.action, p.address} {
		a.asks(v, lostText, lostThing)
	}
	p.args = nil
	for _, v := range e.args {
		p.args = append(p.args, a.share(f.s, v))
	}
	a.starts = append(a.starts, p)
}

// own names what belongs to one shared object: the intents it gets, the binder it is given.
func (a *analysis) own(home value) string {
	at, _ := a.t.single(home)
	return "@" + strconv.Itoa(int(a.plain(at)))
}

// linkStarts connects starts with the components of the app; those that lead out of it become sinks where the
// vocabulary says so.
func (a *analysis) linkStarts(from int) int {
	for ; from < len(a.starts); from++ {
		p := &a.starts[from]
		if p.call.Text == "result" {
			a.giveBack(p)
			a.leaves(p)
			continue
		}
		switch p.call.Text {
		case askSync:
			a.linkSync(p)
			continue
		case Rows:
			a.linkRows(p)
			continue
		}
		a.sticks(p)
		if !a.linkStart(p) {
			a.leaves(p)
		}
	}
	return from
}

// linkStart connects one start; it reports whether it stays in the app.
func (a *analysis) linkStart(p *pendingStart) bool {
	found, named := false, false
	classes, w := a.spellings(p.class), a.wants(p)
	for _, at := range a.t.atomsOf(a.expand(p.class)) {
		if n := a.t.node(at); n.kind == kClass {
			named = true
			classes = append(classes, n.s)
		}
	}
	kind := p.call.Text
	for i := range a.app.Components {
		c := &a.app.Components[i]
		if !c.Enabled || kind != "pending" && c.Kind != kind {
			continue
		}
		if slices.Contains(classes, c.Class) || !named && w.takenBy(c, c.Kind) {
			found = true
			a.deliver(p, c.Class)
			a.enter(p, c.Class, "", nil)
			a.connect(p, c)
		}
	}
	if a.broadcasts(p, named) {
		found = a.hear(p, 0) || found
	}
	if !found {
		a.awaitsOther(p)
	}
	for _, c := range classes {
		found = found || a.u.class(c) != nil // of this app, though the manifest does not know it: nothing starts
	}
	return found
}

// connect hands the binder of a service to the connection that asked for it, and notes which activity asked another for
// a result, and by what number.
func (a *analysis) connect(p *pendingStart, c *Component) {
	if len(p.args) < 2 {
		return
	}
	for _, at := range a.t.atomsOf(a.expand(p.args[1])) {
		n := a.t.node(at)
		if n.kind != kHome {
			continue
		}
		if c.Kind == "service" {
			to := a.t.atom(node{kind: kStore, s: "binder:" + a.own(a.t.one(at))})
			from := a.t.atom(node{kind: kStore, s: "binder:" + c.Class})
			a.writeCell(slot{to, "[?]"}, a.t.of(node{kind: kCell, a: uint32(from), s: "[*]"}), p.in)
			continue
		}
		if len(p.args) > 2 {
			a.writeCell(slot{a.t.atom(node{kind: kStore, s: "request:" + n.s}), "[?]"}, p.args[2], p.in)
		}
		a.awaits(p, resultLink{n.s, c.Class})
		if l := (resultLink{n.s, c.Class}); !slices.Contains(a.askers, l) {
			a.askers = append(a.askers, l)
			for _, i := range a.results {
				a.giveTo(&a.starts[i], l)
			}
		}
	}
}

// other reports whether the platform calls a method of a service only where it is asked for in the other way: started, or
// bound (android.app.Service).
func (p *pendingStart) other(m *Method) bool {
	switch m.Name {
	case "onBind", "onUnbind", "onRebind":
		return p.call.Text == "service" && p.call.Op != "bind"
	case "onStart", "onStartCommand", "onHandleIntent":
		return p.call.Op == "bind" || p.call.Text == askSync
	}
	return false
}

// handsOn is the intent of a start. Where it is the one that the component was itself started with, and with its action, it
// is whatever that was.
func (a *analysis) handsOn(p *pendingStart) value {
	v := a.expand(p.args[0])
	at, ok := a.t.single(v)
	class, entry := a.entries[p.in]
	if n := a.t.node(at); !ok || !entry || n.kind != kStore || n.s != "intent:"+class {
		return v
	}
	for _, x := range a.t.atomsOf(p.action) {
		if n := a.t.node(x); n.kind != kCell || atom(n.a) != at || n.s != actionField {
			return v
		}
	}
	for i, t := range p.in.params {
		if t == "Landroid/content/Intent;" {
			return a.t.of(node{kind: kParam, a: uint32(i + 1)})
		}
	}
	return v
}

// enter adds the calls of the platform that a start leads to; to is the receiver that was registered, where one gets it.
func (a *analysis) enter(p *pendingStart, class, only string, to *dynamicReceiver) {
	for _, m := range a.lifecycle(class) {
		if only != "" && m.Name != only || m.Name == dumped || p.other(m) {
			continue
		}
		e := callEdge{from: p.in, to: m, conds: p.conds, site: p.site, chain: p.chain, async: true, syncs: p.call.Text == askSync}
		switch p.call.Transport {
		case onSchedule:
			e.adds = bySchedule
		case whenShown:
			e.tap, e.conds = true, 0
		}
		list := make([]value, len(m.params)+1)
		if to != nil {
			list[0], e.cast = to.home, firstAtom(a, to.home)
			if said := a.spellings(p.action); len(said) == 1 {
				e.action = said[0]
			}
		}
		for i, t := range m.params {
			if t == "Landroid/content/Intent;" && m.Name != "onActivityResult" {
				list[i+1] = a.handsOn(p)
				if a.fillable(p) {
					list[i+1] = a.filled(list[i+1])
				}
			}
		}
		e.args = a.argsOf(list)
		a.inRoot = p.root
		a.addEdge(e)
		a.inRoot = 0
	}
}
