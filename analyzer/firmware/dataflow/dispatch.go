package dataflow

import "slices"

// Some methods do one of several things, by what they are handed: a message, an intent. That one of them is done without
// the user does not mean that each is. Which of them a sender asks for is followed where it says so: see context. Where
// the work goes on in a library, and what is asked for cannot be told, the verdict on a flow is that it cannot be told.

// dispatchers are methods that the platform hands messages and requests.
var dispatchers = map[string]bool{"handleMessage": true, "onStartCommand": true, "onStart": true, "onHandleIntent": true, "onHandleWork": true}

// syncs holds the method of a sync adapter: it runs for accounts that the user added and did not take the sync from.
var syncs = map[string]bool{"onPerformSync": true}

// straight finds what automatic reasons lead to without a call of the methods named, from senders whose messages and
// intents are known where decided is set.
func (r *reachability) straight(through map[string]bool, decided bool) map[*contextNode]bool {
	g := r.graph
	out := map[*contextNode]bool{}
	seen := make([]bool, len(g.nodes))
	var todo []int
	visit := func(i int) {
		n := g.nodes[i]
		if seen[i] || through[n.m.Name] || decided && dispatchers[n.m.Name] && n.args == 0 {
			return
		}
		seen[i], out[n] = true, true
		todo = append(todo, i)
	}
	for i, n := range g.nodes {
		if n.own&automatic != 0 && !r.a.onlySynced(r.a.entries[n.m]) {
			visit(i)
		}
		if n.why == 0 {
			continue
		}
		for _, e := range n.out {
			if e.e.adds&automatic != 0 && !e.e.syncs {
				visit(e.to)
			}
		}
	}
	for len(todo) > 0 {
		n := g.nodes[todo[len(todo)-1]]
		todo = todo[:len(todo)-1]
		for _, e := range n.out {
			if along(automatic, e.e)&automatic != 0 && !e.e.syncs && !(decided && e.open) {
				visit(e.to)
			}
		}
	}
	return out
}

// asks reports whether a condition asks for what came with a message or an intent, and a context does not tell what it is.
func (g *contextGraph) asks(n *contextNode, conds condset) bool {
	_, open, ok := g.seen(n).conditions(conds)
	return open || !ok
}

// onlySynced reports whether nothing but the sync starts a component without the user.
func (a *analysis) onlySynced(class string) bool {
	c := a.app.component(class)
	if c == nil || !slices.Contains(c.Triggers, "sync") {
		return false
	}
	return !slices.ContainsFunc(c.Triggers, func(t string) bool { return t != "sync" && triggerLabels[t]&automatic != 0 })
}

// syncGate stands before what a sync adapter does.
func syncGate() Gate {
	return Gate{Guard: guardUnknown.String(), Default: "unknown", Reads: "an account and its sync setting"}
}

// undecided returns the gate of a flow that stands behind nothing worth more and of which it cannot be told whether it
// runs without the user; false where it can.
func (r *reachability) undecided(f *Flow, why label, where []*contextNode) (Gate, bool) {
	if f.doubt && (f.Guard == guardNone.String() || f.Guard == guardPermission.String()) {
		return Gate{Guard: guardUnknown.String(), Default: "unknown", Reads: "what a message or an intent asks for"}, true
	}
	if why&automatic == 0 || !Stronger(guardUnknown.String(), f.Guard) {
		return Gate{}, false
	}
	if r.unsynced == nil {
		r.unsynced = r.straight(syncs, false)
		r.direct = r.straight(syncs, true)
	}
	gate := Gate{Guard: guardUnknown.String(), Default: "unknown"}
	switch {
	case !slices.ContainsFunc(where, func(n *contextNode) bool { return r.unsynced[n] }):
		gate = syncGate()
	case f.Guard != guardNone.String() && f.Guard != guardPermission.String():
		return gate, false
	case f.throughLibrary() && !slices.ContainsFunc(where, func(n *contextNode) bool { return r.direct[n] && !r.graph.asks(n, f.conds) }):
		gate.Reads = "what a message or an intent asks for"
	default:
		return gate, false
	}
	return gate, true
}

// Mixed reports whether there are flows that rest on objects which all callers of a library share.
func (r *Result) Mixed() bool {
	return slices.ContainsFunc(r.Flows, func(f Flow) bool { return f.common && !f.Exact })
}

// Confirm makes flows that rest on common objects exact where another analysis of the same code, without libraries, found
// them too, to the same addresses.
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
		if f.Exact || !f.common || !found {
			out = append(out, f)
			continue
		}
		rest := f
		f.Exact = true
		if len(f.Endpoints) == 0 {
			out = append(out, f)
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
