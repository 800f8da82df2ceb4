package dataflow

import "slices"

// Why an app sends another a broadcast is known only once both were followed. What runs because others call a receiver is
// therefore noted with the way in, a door, and with what stands between that and what is done: who knows of both apps hands
// the reasons of the one on to the other. So it is of a sync adapter, whoever asks for the sync, and of a provider. Activities and
// services are left out: of what starts them, much is the user's doing in the other app, and more often than not that cannot be
// told.

// Door is a way into an app for others, and what stands between it and what happens behind.
type Door struct {
	Class  string // of the receiver, the provider, or the service of a sync adapter
	Action string // of the intent, where the code tells it from others; "" for those that it does not tell apart; of a provider the method and the address
	Guard  string
	Gates  []Gate
}

// Apart are the actions of a receiver's intents of which each has doors of its own.
type Apart struct {
	Class   string
	Actions []string
}

// maxDoors bounds the doors of one app.
const maxDoors = 400

// doorway is a door and what is reached through it: contexts, and the conditions on every way to each.
type doorway struct {
	Door
	begin  []int
	synced bool // it is a sync adapter's
	rows   bool // it is a provider's
	to     map[int]passage
}

// passage is what holds on every way from a door to a context.
type passage struct {
	conds  condset
	open   bool // it is up to what came with the intent besides
	synced bool // it is a sync's
}

// doors finds what others start from outside, of that from which something leaves or is sent to others.
func (r *Result) doors() {
	a, g := r.a, r.reach.graph
	was := len(g.nodes)
	for i := range a.app.Components {
		c := &a.app.Components[i]
		switch {
		case !c.Enabled || a.u.class(c.Class) == nil:
		case c.Kind == "receiver" && c.Exported:
			r.doorsOf(c)
		case c.Kind == "provider" && c.Exported:
			r.doorsOfRows(c)
		case len(c.Syncs) > 0: // the system binds to it, exported or not
			r.doorOfSync(c)
		}
	}
	g.extend(was)
	matters := g.leadingTo(r.endings())
	for i := range r.ways {
		d := &r.ways[i]
		d.begin = slices.DeleteFunc(d.begin, func(n int) bool { return !matters[n] })
		if len(d.begin) > 0 {
			d.to = g.through(d.begin, d.synced, matters)
		}
	}
}

// doorsOf makes the doors of one receiver.
func (r *Result) doorsOf(c *Component) {
	a, g := r.a, r.reach.graph
	methods := slices.DeleteFunc(a.lifecycle(c.Class), func(m *Method) bool { return m.Name != "onReceive" })
	if m := a.u.find(c.Class, "<init>()V"); m != nil && m.Class == a.u.class(c.Class) {
		methods = append(methods, m)
	}
	var told []string
	if len(c.Actions) > 0 && len(c.Actions) <= maxContexts/2 && slices.ContainsFunc(methods, func(m *Method) bool { return g.cares[m]&intentBit(m) != 0 }) {
		told = c.Actions
		r.Apart = append(r.Apart, Apart{c.Class, told})
	}
	for _, action := range append([]string{""}, told...) {
		if len(r.ways) == maxDoors {
			a.cut("doors of an app")
			return
		}
		way := doorway{Door: Door{Class: c.Class, Action: action}}
		for _, m := range methods {
			var list []value
			if bit := intentBit(m); action != "" && bit != 0 {
				list = make([]value, len(m.params)+1)
				for i := range list {
					if bit&(1<<i) != 0 {
						list[i] = a.askedFor(action)
					}
				}
			}
			way.begin = append(way.begin, g.node(m, list))
		}
		r.ways = append(r.ways, way)
	}
}

// doorOfSync makes the door of a sync adapter.
func (r *Result) doorOfSync(c *Component) {
	a, g := r.a, r.reach.graph
	way := doorway{Door: Door{Class: c.Class}, synced: true}
	for _, m := range a.lifecycle(c.Class) {
		if p := (&pendingStart{settledEvent: settledEvent{event: event{call: &Call{Text: askSync}}}}); m.Name != dumped && !p.other(m) {
			way.begin = append(way.begin, g.node(m, nil))
		}
	}
	r.wayIn(way)
}

// intentBit is the set of arguments of a receiver's method that are the intent it is called for.
func intentBit(m *Method) uint32 {
	out := uint32(0)
	for i, t := range m.params {
		if t == "Landroid/content/Intent;" && i < 31 {
			out |= 2 << i
		}
	}
	return out
}

// extend follows the calls of contexts that were made since the graph was built. Nothing runs in them but for others.
func (g *contextGraph) extend(from int) {
	for i := from; i < len(g.nodes); i++ {
		n := g.nodes[i]
		for _, e := range g.out[n.m] {
			if to, ok := g.follow(n, e); ok && !g.idle(e) {
				if e.cast != 0 {
					to.conds = g.r.a.c.and(to.conds, g.listen.before[e.cast])
				}
				n.out = append(n.out, to)
			}
		}
	}
}

// endings lists the methods from which something leaves, or is sent to other apps.
func (r *Result) endings() map[*Method]bool {
	out := map[*Method]bool{}
	for i := range r.a.settled {
		out[r.a.settled[i].in] = true
	}
	for i := range r.a.starts {
		out[r.a.starts[i].in] = true
	}
	return out
}

// leadingTo finds the contexts from which methods are reached.
func (g *contextGraph) leadingTo(ends map[*Method]bool) []bool {
	in := make([][]int, len(g.nodes))
	out := make([]bool, len(g.nodes))
	var todo []int
	for i, n := range g.nodes {
		for _, e := range n.out {
			if e.e.byUser() == 0 {
				in[e.to] = append(in[e.to], i)
			}
		}
		if ends[n.m] {
			out[i] = true
			todo = append(todo, i)
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, from := range in[i] {
			if !out[from] {
				out[from] = true
				todo = append(todo, from)
			}
		}
	}
	return out
}

// through finds what runs because a component is started, and what stands before it, as [contextGraph.common] does. What
// only the user leads to is not among it, nor what nothing that was seen leads to.
func (g *contextGraph) through(begin []int, synced bool, matters []bool) map[int]passage {
	c := g.r.a.c
	out := map[int]passage{}
	queued := map[int]bool{}
	var todo []int
	meet := func(i int, p passage) {
		if !matters[i] || g.nodes[i].doubt {
			return
		}
		if old, ok := out[i]; ok {
			p = passage{g.r.a.either(old.conds, p.conds), old.open && p.open, old.synced && p.synced}
			if p == old {
				return
			}
		}
		out[i] = p
		if !queued[i] {
			queued[i] = true
			todo = append(todo, i)
		}
	}
	for _, i := range begin {
		meet(i, passage{synced: synced})
	}
	for rounds := 0; len(todo) > 0 && rounds < 2_000_000; rounds++ {
		i := todo[0]
		todo = todo[1:]
		queued[i] = false
		p := out[i]
		for _, e := range g.nodes[i].out {
			if e.e.byUser() == 0 {
				meet(e.to, passage{c.and(p.conds, e.conds), p.open || e.open, p.synced || e.e.syncs || syncs[g.nodes[e.to].m.Name]})
			}
		}
	}
	return out
}

// behind puts something besides before what happens behind a door.
func (d *Door) behind(g guard, gates []Gate) {
	if Stronger(g.String(), d.Guard) {
		d.Guard = g.String()
	}
	d.Gates = slices.Concat(d.Gates, gates)
}

// through lists the doors behind which an event happens, where something stands before it besides, whatever led to it.
func (r *Result) through(e *settledEvent, besides guard, more []Gate) (out []Door) {
	a, g := r.a, r.reach.graph
	for i := range r.ways {
		var all passage
		some := false
		for _, n := range g.of[e.in] {
			p, ok := r.ways[i].to[n]
			if !ok || e.root > 0 && !g.fits(g.nodes[n], e.root) {
				continue
			}
			left, open := e.conds, false
			if e.root > 0 {
				if left, open, ok = g.seen(g.nodes[n]).conditions(e.conds); !ok {
					continue
				}
			}
			p = passage{a.c.and(p.conds, left), p.open || open, p.synced}
			if some {
				p = passage{a.either(all.conds, p.conds), all.open && p.open, all.synced && p.synced}
			}
			all, some = p, true
		}
		if !some {
			continue
		}
		if r.ways[i].rows && all.open {
			continue // it may be what is done for another address
		}
		d := r.ways[i].Door
		worth, gates := r.reach.verdict(all.conds)
		if all.open && worth < guardUnknown {
			worth, gates = guardUnknown, append([]Gate{{Guard: guardUnknown.String(), Default: "unknown", Reads: "what a message or an intent asks for"}}, gates...)
		}
		if all.synced && worth < guardUnknown {
			worth, gates = guardUnknown, append([]Gate{syncGate()}, gates...)
		}
		d.Guard, d.Gates = worth.String(), gates
		if d.behind(besides, more); !shut(d.Gates) {
			out = append(out, d)
		}
	}
	return out
}

// addDoors joins the doors of two flows that count as one.
func addDoors(list, more []Door) []Door {
	for _, d := range more {
		i := slices.IndexFunc(list, func(o Door) bool { return o.Class == d.Class && o.Action == d.Action })
		switch {
		case i < 0:
			list = append(list, d)
		case Stronger(list[i].Guard, d.Guard):
			list[i] = d
		}
	}
	return list
}
