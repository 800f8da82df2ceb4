package dataflow

import (
	"slices"
	"strings"
)

// reachability is why every method runs, and what all ways to it have in common.
type reachability struct {
	a         *analysis
	why       map[*Method]label
	graph     *contextGraph
	known     map[cond]judged
	hosts     map[string]hostJudged
	startedAt map[*Method][]*callEdge // what leads to each method, once it was asked for
	depth     int                     // of fields being judged
	// What automatic reasons lead to, but not through sync adapters; and neither through those nor dispatchers.
	unsynced, direct map[*contextNode]bool
}

// starts returns why the platform calls a component.
func (a *analysis) startLabel(class, method string) label {
	app := label(0)
	for i := range a.app.Components {
		if c := &a.app.Components[i]; c.Enabled && c.Kind != "main" {
			for _, t := range c.Triggers {
				app |= triggerLabels[t]
			}
		}
	}
	for _, t := range a.app.Triggers {
		app |= triggerLabels[t]
	}
	if class == a.app.Application && class != "" {
		return a.processLabel(app)
	}
	c := a.app.component(class)
	if c == nil && slices.Contains(a.app.Inflated, class) { // what is seen
		if taps[method] || a.tapped(method) {
			return byUser | byTap
		}
		return byUser
	}
	if c == nil {
		return byUnknown
	}
	if l, ok := programLabel(c); ok {
		return l
	}
	if method == dumped {
		return byUser
	}
	out := label(0)
	switch c.Kind {
	case "activity":
		if taps[method] || a.tapped(method) {
			return byUser | byTap
		}
		return byUser
	case "provider":
		if method == "onCreate" || method == "<init>" {
			return a.processLabel(app)
		}
		if c.Exported {
			return byOtherApp
		}
		return 0
	}
	for _, t := range c.Triggers {
		out |= triggerLabels[t]
	}
	if slices.Contains(c.Actions, secretCode) {
		out |= byUser | byTap
	}
	if a.u.is(class, "Landroid/app/job/JobService;") {
		out |= bySchedule
	}
	if out == 0 && c.Exported {
		out = byOtherApp
	}
	if out == 0 && a.profile == "droidbench" {
		out = byUnknown // whose labels count every component that the manifest declares
	}
	return out
}

func (a *analysis) tapped(method string) bool { return a.app.Clicks[method] }

// processLabel is why a process starts: automatically if one of its components does, else for the user, who opens an activity, or for
// other apps, which call what is open to them.
func (a *analysis) processLabel(app label) label {
	if app&automatic != 0 {
		return byProcess
	}
	for i := range a.app.Components {
		switch c := &a.app.Components[i]; {
		case !c.Enabled:
		case c.Kind == "activity":
			app |= byUser
		case c.Exported:
			app |= byOtherApp
		}
	}
	if app &= byUser | byOtherApp; app != 0 {
		return app
	}
	return byUser
}

// reached follows all calls from the entries.
func (a *analysis) reached() *reachability {
	r := &reachability{a: a, why: map[*Method]label{}, known: map[cond]judged{}, hosts: map[string]hostJudged{}}
	a.absent = a.neverMade()
	g := &contextGraph{r: r, out: map[*Method][]*callEdge{}, cares: map[*Method]uint32{}, ids: map[context]int{}, of: map[*Method][]int{}}
	r.graph = g
	a.whileHeard()
	for i := range a.edgeList {
		e := &a.edgeList[i]
		if a.unmade(e.to) || a.throughUnmade(e.from, e.chain, e.site) {
			continue
		}
		g.out[e.from] = append(g.out[e.from], e)
	}
	g.cared(a.edgeList)
	var todo []*Method
	for m := range a.entries {
		todo = append(todo, m)
	}
	slices.SortFunc(todo, func(x, y *Method) int { return int(x.id) - int(y.id) })
	for _, m := range todo {
		r.enter(m, a.entries[m])
	}
	g.build()
	g.reached()
	g.conditions()
	for _, n := range g.nodes {
		r.why[n.m] |= n.why
	}
	for m, l := range r.why {
		r.why[m] = l.settled()
	}
	return r
}

// whyOf returns why an event happens, and in which contexts; of one of no run in particular, why its method runs.
func (r *reachability) whyOf(e *settledEvent) (label, []*contextNode) {
	g := r.graph
	var out []*contextNode
	l := label(0)
	for _, i := range g.of[e.in] {
		n := g.nodes[i]
		if n.why == 0 {
			continue
		}
		if e.root > 0 {
			if !g.fits(n, e.root) {
				continue
			}
			if _, _, ok := g.seen(n).conditions(e.conds); !ok {
				continue
			}
		}
		l |= n.why
		out = append(out, n)
	}
	return l.settled(), out
}

// gatesOf is the set of conditions that hold on every way to an event, for a reason, in some contexts.
func (r *reachability) gatesOf(e *settledEvent, list []*contextNode, number int) condset {
	out, first := condset(0), true
	for _, n := range list {
		own := e.conds
		if e.root > 0 { // what the context decides is no condition there
			if left, _, ok := r.graph.seen(n).conditions(own); ok {
				own = left
			}
		}
		for i := range labels {
			if i != number && !(i == labels-1 && label(1)<<number == byOtherApp) || n.has&(1<<i) == 0 {
				continue
			}
			s := r.a.c.and(n.gates[i], own)
			if first {
				out, first = s, false
				continue
			}
			out = r.a.either(out, s)
		}
	}
	if first {
		return e.conds
	}
	return out
}

// enter adds the contexts in which the platform calls a method: a receiver gets broadcasts of one action each.
func (r *reachability) enter(m *Method, class string) {
	a := r.a
	l := a.startLabel(class, m.Name)
	add := func(l label, intent value) {
		n := r.graph.nodes[r.graph.node(m, []value{nothing, nothing, intent})]
		n.why |= l
		n.own |= l
		n.entry = true
	}
	c := a.app.component(class)
	if c == nil || c.Kind != "receiver" || m.Name+m.Proto != onReceive || class == a.app.Application || a.app.TriggerOf == nil || len(c.Actions) > maxContexts/2 || r.graph.cares[m]&4 == 0 {
		add(l, nothing)
		return
	}
	rest := l
	for _, action := range c.Actions {
		by := triggerLabels[a.app.TriggerOf(action)] & l
		if action == secretCode {
			by = l & (byUser | byTap)
		}
		if by == 0 && c.Exported {
			by = byAnyone
		}
		rest &^= by
		add(by, a.askedFor(action))
	}
	if c.Exported {
		rest |= byAnyone
	}
	if rest != 0 {
		add(rest, nothing)
	}
}

// along is why a callee runs, when its caller does for l. What the user does is not automatic, whoever asked to be told.
func along(l label, e *callEdge) label {
	if l == 0 {
		return 0
	}
	if u := e.byUser(); u != 0 {
		return u
	}
	return l | e.adds
}

// byUser is the reason of a callee that only the user leads to from its caller; 0 where the call does.
func (e *callEdge) byUser() label {
	switch {
	case e.async && taps[e.to.Name]:
		return byUser | byTap
	case e.tap:
		return byUser
	}
	return 0
}

// isPreference reports whether a place is one an app keeps its own settings in.
func isPreference(s string) bool { return strings.HasPrefix(s, "pref:") }
