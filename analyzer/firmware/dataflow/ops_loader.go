package dataflow

// A loader is made by one method of who asks for it, loads in the background, and what it loaded is given to another
// (android.app.LoaderManager).

const (
	loaderEvent = "loader" // the class that marks the event
	loads       = "loadInBackground"
)

// opLoader asks for a loader.
func opLoader(f *frame, c *call) (value, bool) {
	f.register(c.r, c.at(0), c.at(3), event{kind: evAsync, ref: &methodRef{class: loaderEvent, name: c.r.name}, args: []value{c.at(3), c.at(1), c.at(2)}, conds: f.gates[f.block], site: c.site})
	return f.a.any(), false
}

// loaderSteps schedules the methods of who asks for a loader, and that of the loader.
func (a *analysis) loaderSteps(f *frame, e *event, at atom) {
	home := a.share(f.s, a.t.one(at))
	place := a.t.atom(node{kind: kStore, s: "loader:" + a.own(home)})
	made := a.t.of(node{kind: kCell, a: uint32(place), s: "[*]"})
	loaded := a.t.of(node{kind: kCell, a: uint32(firstAtom(a, made)), s: resultField})
	class := a.t.node(at).s
	for c, depth := a.u.class(class), 0; c != nil && depth < maxChain; c, depth = a.u.class(c.Super), depth+1 {
		a.u.load(c)
		for _, m := range c.order {
			if m.Static() || a.u.find(class, m.Name+m.Proto) != m {
				continue
			}
			step := *e
			switch m.Name {
			case "onCreateLoader":
				a.later(f, &step, m, at, []slot{{place, "[?]"}})
			case "onLoadFinished":
				step.args = []value{e.args[0], made, loaded}
				a.later(f, &step, m, at, nil)
			case "onLoaderReset":
				step.args = []value{e.args[0], made}
				a.later(f, &step, m, at, nil)
			}
		}
	}
	load := *e
	load.ref = &methodRef{name: loads, proto: "()Ljava/lang/Object;"}
	load.args = []value{made}
	a.waitFor(f, &load, firstAtom(a, made))
}

// opCursorLoader is a loader of the rows of a content address.
func opCursorLoader(f *frame, c *call) (value, bool) {
	if len(c.r.params) < 2 {
		return nothing, false
	}
	query, ref := *c, *c.r
	ref.params = c.r.params[1:]
	query.r, query.at = &ref, func(i int) value { return c.at(i + 1) }
	line := *c.Call
	line.Args = nil
	query.Call = &line
	rows, wait := opQuery(f, &query)
	if !wait {
		f.a.store(f.s, c.at(0), resultField, rows)
	}
	return nothing, wait
}
