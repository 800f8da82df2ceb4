package dataflow

import "slices"

// Why an app sends another a broadcast is known only once both were followed. What runs because others call a receiver is
// therefore noted with the way in, a door, and with what stands between that and what is done: who knows of both apps hands
// the reasons of the one on to the other. So it is of a sync adapter, whoever asks for the sync, of a provider, and of what a
// service does each time it is started: not of what is done for some intents only, unless they are told apart by their actions.
// Activities are left out, and services that are bound to: what is asked of them then is not known.

// Door is a way into an app for others, and what stands between it and what happens behind.
type Door struct {
	Class  string // of the receiver, the provider, or the service, a sync adapter's among them
	Action string // of the intent, where the code tells it from others; "" for those that it does not tell apart; of a provider the method and the address
	Guard  string
	Gates  []Gate
}

// Apart are the actions of the intents of a receiver or service of which each has doors of its own.
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
	sure   bool // what is up to what came with the request besides is not told: it may be what is done for another one
	once   bool // nor what is done later for a reason of its own: an alarm, a broadcast, a change
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
			r.doorsOf(c, "onReceive")
		case c.Kind == "provider" && c.Exported:
			r.doorsOfRows(c)
		case len(c.Syncs) > 0: // the system binds to it, exported or not
			r.doorOfSync(c)
		case c.Kind == "service" && c.Exported:
			r.doorsOf(c, "onCreate", "onStart", "onStartCommand", "onHandleIntent")
		}
	}
	g.extend(was)
	matters := g.leadingTo(r.endings())
	for i := range r.ways {
		d := &r.ways[i]
		d.begin = slices.DeleteFunc(d.begin, func(n int) bool { return !matters[n] })
		if len(d.begin) > 0 {
			d.to = g.through(d, matters)
		}
	}
}

// doorsOf makes the doors of a receiver or service, of which the platform calls some methods then.
func (r *Result) doorsOf(c *Component, names ...string) {
	a, g := r.a, r.reach.graph
	methods := slices.DeleteFunc(a.lifecycle(c.Class), func(m *Method) bool { return !slices.Contains(names, m.Name) })
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
		way := doorway{Door: Door{Class: c.Class, Action: action}, sure: c.Kind == "service", once: c.Kind == "service"}
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

// intentBit is the set of arguments of a component's method that are the intent it is called for.
func intentBit(m *Method) uint32 {
	out := uint32(0)
	for i, t := range m.params {
		if t == "Landroid/content/Intent;" && i < 31 {
			out |= 2 << i
		}
	}
	return out
}
