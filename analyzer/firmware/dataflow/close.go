package dataflow

import "slices"

// opUnregister takes back a receiver that was registered elsewhere; see [frame.takeBack] for one registered in the same
// stretch of code.
func opUnregister(f *frame, c *call) (value, bool) {
	f.record(event{kind: evStart, call: &Call{Text: "unregister"}, ref: c.r, args: []value{c.at(1)}, conds: f.gates[f.block], site: c.site})
	return nothing, false
}

// settleUnregister notes who is unregistered.
func (a *analysis) settleUnregister(f *frame, e *event) {
	for _, at := range a.t.atomsOf(e.args[0]) {
		a.takenBack = append(a.takenBack, a.share(f.s, a.t.one(at)))
	}
}

// begins calls yield with where the runs that lead to a method begin, until it returns false: a call that is only started runs
// on, whoever is gone.
func (a *analysis) begins(m *Method, yield func(*Method) bool) {
	seen, todo := map[*Method]bool{m: true}, []*Method{m}
	for len(todo) > 0 {
		m, todo = todo[len(todo)-1], todo[:len(todo)-1]
		calls := a.callersOf(m)
		started := slices.ContainsFunc(calls, func(e callEdge) bool { return e.async })
		if (a.entries[m] != "" || started) && !yield(m) {
			return
		}
		for _, e := range calls {
			if !e.async && !seen[e.from] {
				seen[e.from] = true
				todo = append(todo, e.from)
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
	for _, who := range a.takenBack {
		known := false
		for _, at := range a.t.atomsOf(a.expand(who)) {
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
	closed, any := a.closed()
	for i := range a.edgeList {
		e := &a.edgeList[i]
		if e.listens == 0 || !any && !closed[a.plain(e.listens)] {
			continue
		}
		shown := true
		a.begins(e.from, func(m *Method) bool {
			shown = a.ofActivity(m)
			return shown
		})
		if shown {
			e.adds, e.shown = 0, true
		}
	}
}
