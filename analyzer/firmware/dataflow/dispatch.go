package dataflow

import "slices"

// Some methods do one of several things, by what they are handed: a message, an intent. That one of them is done without
// the user does not mean that each is. Where the work goes on in a library, which has ways of its own to ask for it, it
// is not told which of them leads to a call: the verdict on such flows is that it cannot be told.

// dispatchers are methods that the platform hands messages and requests.
var dispatchers = map[string]bool{"handleMessage": true, "onStartCommand": true, "onStart": true, "onHandleIntent": true, "onHandleWork": true}

// syncName is the method of a sync adapter: it runs for accounts that the user added and did not take the sync from.
const syncName = "onPerformSync"

// straight finds what automatic reasons lead to without a call of certain methods.
func (r *reachability) straight(through func(*Method) bool) map[*Method]bool {
	out := map[*Method][]callEdge{}
	seen := map[*Method]bool{}
	var todo []*Method
	visit := func(m *Method) {
		if !seen[m] && !through(m) {
			seen[m] = true
			todo = append(todo, m)
		}
	}
	for _, e := range r.a.edgeList {
		out[e.from] = append(out[e.from], e)
		if e.adds&automatic != 0 && r.why[e.from] != 0 {
			visit(e.to)
		}
	}
	for m, class := range r.a.entries {
		if r.a.startLabel(class, m.Name)&automatic != 0 && !r.a.onlySynced(class) {
			visit(m)
		}
	}
	for len(todo) > 0 {
		m := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, e := range out[m] {
			if along(automatic, &e)&automatic != 0 {
				visit(e.to)
			}
		}
	}
	return seen
}

// onlySynced reports whether nothing but the sync starts a component without the user.
func (a *analysis) onlySynced(class string) bool {
	c := a.app.component(class)
	if c == nil || !slices.Contains(c.Triggers, "sync") {
		return false
	}
	return !slices.ContainsFunc(c.Triggers, func(t string) bool { return t != "sync" && triggerLabels[t]&automatic != 0 })
}

// undecided returns the gate of a flow that stands behind none and of which it cannot be told whether it runs without the
// user; false where it can.
func (r *reachability) undecided(f *Flow, why label) (Gate, bool) {
	if f.doubt && (f.Guard == guardNone.String() || f.Guard == guardPermission.String()) {
		return Gate{Guard: guardUnknown.String(), Default: "unknown", Reads: "what a message or an intent asks for"}, true
	}
	if why&automatic == 0 || f.Guard != guardNone.String() && f.Guard != guardPermission.String() {
		return Gate{}, false
	}
	if r.unsynced == nil {
		r.unsynced = r.straight(func(m *Method) bool { return m.Name == syncName })
		r.direct = r.straight(func(m *Method) bool { return m.Name == syncName || dispatchers[m.Name] })
	}
	gate := Gate{Guard: guardUnknown.String(), Default: "unknown"}
	switch {
	case !r.unsynced[f.In]:
		gate.Reads = "an account and its sync setting"
	case !r.direct[f.In] && f.throughLibrary():
		gate.Reads = "what a message or an intent asks for"
	default:
		return gate, false
	}
	return gate, true
}

// Confirm leaves those flows exact that another analysis of the same code found too, to the same addresses.
func (r *Result) Confirm(by *Result) {
	type key struct {
		data, source, sink string
		from, at           uint32
	}
	of := func(f *Flow) key {
		k := key{data: f.Data, from: f.Source.Addr, at: f.Sink.Addr}
		if f.Source.Method != nil {
			k.source = f.Source.Method.Ref()
		}
		if f.Sink.Method != nil {
			k.sink = f.Sink.Method.Ref()
		}
		return k
	}
	known := map[key][]string{} // the addresses of exact flows
	for i := range by.Flows {
		if f := &by.Flows[i]; f.Exact {
			known[of(f)] = append(known[of(f)], append([]string{""}, f.Endpoints...)...)
		}
	}
	var out []Flow
	for _, f := range r.Flows {
		to, found := known[of(&f)]
		rest := f
		rest.Exact = false
		switch {
		case !f.Exact || found && len(f.Endpoints) == 0:
			out = append(out, f)
			continue
		case !found:
			out = append(out, rest)
			continue
		}
		rest.Endpoints = nil
		both := f.Endpoints
		f.Endpoints = nil
		for _, e := range both {
			if slices.Contains(to, e) {
				f.Endpoints = append(f.Endpoints, e)
			} else {
				rest.Endpoints = append(rest.Endpoints, e)
			}
		}
		for _, x := range []Flow{f, rest} {
			if len(x.Endpoints) > 0 {
				out = append(out, x)
			}
		}
	}
	r.Flows = out
}

// throughLibrary reports whether any step of a flow lies in a library.
func (f *Flow) throughLibrary() bool {
	for _, list := range [][]Site{{f.Source, f.Sink}, f.Calls, f.Way} {
		for _, s := range list {
			if s.Method != nil && s.Method.Class.Lib {
				return true
			}
		}
	}
	return f.In != nil && f.In.Class.Lib
}
