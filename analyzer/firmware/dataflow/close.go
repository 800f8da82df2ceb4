package dataflow

// takenBack is a receiver that code unregisters.
type takenBack struct {
	who value
	by  *Method
}

// opUnregister takes back a receiver that was registered elsewhere; see [frame.takeBack] for one registered in the same
// stretch of code.
func opUnregister(f *frame, c *call) (value, bool) {
	f.record(event{kind: evStart, call: &Call{Text: "unregister"}, ref: c.r, args: []value{c.at(1)}, conds: f.gates[f.block], site: c.site})
	return nothing, false
}

// settleUnregister notes who is unregistered, and by what.
func (a *analysis) settleUnregister(f *frame, e *event) {
	for _, at := range a.t.atomsOf(e.args[0]) {
		a.takenBack = append(a.takenBack, takenBack{a.share(f.s, a.t.one(at)), f.m})
	}
}

// callers are the calls within one run of the platform's: what is only started runs on, whoever is gone.
type callers struct {
	from    map[*Method][]*Method
	started map[*Method]bool // what runs later, too
}

func (a *analysis) callersOf() *callers {
	c := &callers{map[*Method][]*Method{}, map[*Method]bool{}}
	for i := range a.edgeList {
		if e := &a.edgeList[i]; e.async {
			c.started[e.to] = true
		} else {
			c.from[e.to] = append(c.from[e.to], e.from)
		}
	}
	return c
}

// begins calls yield with where the runs that lead to a method begin, until it returns false.
func (c *callers) begins(m *Method, a *analysis, yield func(*Method) bool) {
	seen, todo := map[*Method]bool{m: true}, []*Method{m}
	for len(todo) > 0 {
		m, todo = todo[len(todo)-1], todo[:len(todo)-1]
		if (a.entries[m] != "" || c.started[m]) && !yield(m) {
			return
		}
		for _, caller := range c.from[m] {
			if !seen[caller] {
				seen[caller] = true
				todo = append(todo, caller)
			}
		}
	}
}

// ofActivity reports whether the platform calls a method as one of an activity.
func (a *analysis) ofActivity(m *Method) bool {
	c := a.app.component(a.entries[m])
	return c != nil && c.Kind == "activity"
}

// closed lists the receivers that are unregistered somewhere; any is set where it cannot be told which one is.
func (a *analysis) closed() (list map[atom]bool, any bool) {
	list = map[atom]bool{}
	for _, t := range a.takenBack {
		known := false
		for _, at := range a.t.atomsOf(a.expand(t.who)) {
			for _, h := range a.alike(a.plain(at)) {
				list[h] = true
				known = known || a.t.node(h).kind == kHome
			}
		}
		any = any || !known
	}
	return list, any
}

// whileHeard leaves out what receivers add to the reasons of a call that only activities register and that are taken back
// again: they hear of what happens while the user is at it, whatever context they were registered with.
func (a *analysis) whileHeard() {
	if len(a.takenBack) == 0 {
		return
	}
	c := a.callersOf()
	closed, any := a.closed()
	for i := range a.edgeList {
		e := &a.edgeList[i]
		if e.heard == 0 || !any && !closed[a.plain(e.heard)] {
			continue
		}
		shown := true
		c.begins(e.from, a, func(m *Method) bool {
			shown = a.ofActivity(m)
			return shown
		})
		if shown {
			e.adds = 0
		}
	}
}
