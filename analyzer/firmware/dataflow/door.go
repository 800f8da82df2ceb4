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
