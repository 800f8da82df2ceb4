package dataflow

import (
	"strings"

	"romscan/analyzer/fact/dex"
)

// settledEvent is an event that depends on no caller any more: it happens whenever its method runs.
type settledEvent struct {
	event
	in   *Method
	root int32 // the run of in that it is an event of, plus one; 0 where that does not matter

	doubt bool // its conditions hold in no context that was seen
}

type settledKey struct {
	site, chain uint32
	root        int32
	in          *Method
	payload, to value
}

// dynamicReceiver is a receiver that code registers.
type dynamicReceiver struct {
	class      string
	home       value
	store      string // of the intents it gets
	actions    value
	schemes    value
	permission value // who sends to it has to hold it
	local      bool  // only this app can
	by         *Method
	conds      condset
}

// pendingStart is a component start that waits until all receivers are known.
type pendingStart struct {
	settledEvent
	class, action, address, category, mime, pkg value

	sort  value // of a pending intent: what it was made to start
	heard int   // of a broadcast: how many registered receivers were asked whether they hear it
	cast  bool  // it is one
}

// settle takes an event out of the summaries.
func (a *analysis) settle(f *frame, e *event) {
	switch e.kind {
	case evSink:
		k := settledKey{e.site, e.chain, a.inRoot, f.m, e.payload, e.to}
		if i, ok := a.settledI[k]; ok {
			a.settled[i].conds = a.either(a.settled[i].conds, e.conds)
			return
		}
		a.settledI[k] = len(a.settled)
		a.settled = append(a.settled, settledEvent{event: *e, in: f.m, root: a.inRoot})
	case evAsync:
		a.settleAsync(f, e)
	case evStart:
		a.settleStart(f, e)
	case evKept:
		a.settleKept(f, e)
	case evCall:
		a.unanswered(f, e)
	}
}

// settleAsync schedules what runs later.
func (a *analysis) settleAsync(f *frame, e *event) {
	recv := e.args[0]
	a.asks(recv, lostThing)
	for _, at := range a.t.atomsOf(recv) {
		n := a.t.node(at)
		if n.kind == kCell || n.kind == kLoad { // known when all code was seen
			a.waitFor(f, e, at)
			continue
		}
		if n.kind != kObj && n.kind != kHome {
			continue
		}
		class := n.s
		if a.u.class(class) == nil && (e.ref == nil || e.ref.class != late) && a.wrapped(f, e, at) {
			continue
		}
		if e.target != nil {
			if !a.u.is(class, e.target.Class.Name) {
				continue
			}
			a.later(f, e, e.target, at, nil)
			continue
		}
		switch {
		case e.ref.class == late:
			a.settleLate(f, e, at)
		case e.ref.class == "callbacks":
			a.callbacksOf(f, e, at)
		case e.ref.class == scripted:
			a.scriptsCall(f, e, at)
		case e.ref.class == loaderEvent:
			a.loaderSteps(f, e, at)
		case e.ref.class == "task":
			a.taskStep(f, e, at)
		default:
			m := a.u.find(class, e.ref.key())
			switch {
			case m != nil:
			case e.ref.name == "run": // a task that a thread was made of
				m = a.u.find(class, "call()Ljava/lang/Object;")
			case e.ref.name == "handleMessage": // of a callback
				m = a.u.find(class, "handleMessage(Landroid/os/Message;)Z")
			}
			if m == nil && e.ref.name == "run" && a.u.is(class, "Ljava/util/concurrent/FutureTask;") {
				a.wrapped(f, e, at)
				if done := a.u.find(class, "done()V"); done != nil {
					a.later(f, e, done, at, nil)
				}
			}
			if m != nil {
				var ret []slot
				if m.Name == "call" || m.Name == loads {
					home, _ := a.t.single(a.share(f.s, a.t.one(at)))
					ret = []slot{{home, resultField}}
				}
				a.later(f, e, m, at, ret)
			}
		}
	}
}

// maxWaiting bounds the calls on objects in cells.
const maxWaiting = 5000

// waitFor keeps what happens to an object that lies in a cell until it is known what the cell holds.
func (a *analysis) waitFor(f *frame, e *event, at atom) {
	w := settledEvent{event: *e, in: f.m, root: a.inRoot}
	w.args = []value{a.t.one(at)}
	for _, v := range e.args[1:] {
		w.args = append(w.args, a.share(f.s, v))
	}
	a.wait(w)
}

// wait keeps a call on an object that lies in a cell, once; a registration once for each set of conditions.
func (a *analysis) wait(w settledEvent) {
	key := waitKey{in: w.in, site: w.site, target: w.target, args: string(appendValues(nil, w.args))}
	if w.kind == evStart {
		key.conds, key.root = w.conds, w.root
	}
	if w.ref != nil {
		key.ref = w.ref.class + w.ref.key()
	}
	if a.waits[key] {
		return
	}
	if len(a.waiting) == maxWaiting {
		a.cut("calls on stored objects")
		return
	}
	a.waits[key] = true
	a.waiting = append(a.waiting, w)
}

type waitKey struct {
	in, target *Method
	site       uint32
	ref, args  string
	conds      condset
	root       int32
}

func appendValues(b []byte, list []value) []byte {
	for _, v := range list {
		b = append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
	}
	return b
}

// wrapped follows a platform object to what it wraps: a messenger to its handler.
func (a *analysis) wrapped(f *frame, e *event, at atom) bool {
	one := a.t.one(at)
	in := a.load(f.s, one, wrappedField)
	if e.target != nil || in == nothing || in == one || len(e.args) > 8 {
		return false
	}
	if a.unwrapped[at] {
		return true
	}
	if a.unwrapped == nil { // objects may hold each other
		a.unwrapped = map[atom]bool{}
		defer func() { a.unwrapped = nil }()
	}
	a.unwrapped[at] = true
	inner := *e
	inner.args = append([]value{in}, e.args[1:]...)
	a.settleAsync(f, &inner)
	return true
}

// later schedules one method of one object.
func (a *analysis) later(f *frame, e *event, m *Method, at atom, ret []slot) {
	if !a.u.app.matters(m) {
		return
	}
	home := a.share(f.s, a.t.one(at))
	args := []value{home}
	for _, v := range e.args[1:] {
		args = append(args, a.share(f.s, v))
	}
	edge := callEdge{from: f.m, to: m, conds: e.conds, site: e.site, chain: e.chain, async: true, args: a.argsOf(args)}
	edge.agreed = a.agreed(e)
	if m.Name == "onChange" || m.Name == "onEvent" {
		edge.adds = byObserver
	}
	a.addEdge(edge)
	a.addRoot(m, args, ret...)
}

// taskStep schedules one method of an AsyncTask.
func (a *analysis) taskStep(f *frame, e *event, at atom) {
	home := a.share(f.s, a.t.one(at))
	n := a.t.node(at)
	hs, _ := a.t.single(home)
	for c, depth := a.u.class(n.s), 0; c != nil && depth < maxChain; c, depth = a.u.class(c.Super), depth+1 {
		a.u.load(c)
		for _, m := range c.order {
			if m.Name != e.ref.name || m.Access&dex.AccStatic != 0 {
				continue
			}
			step := *e
			step.args = append([]value{}, e.args...)
			var ret []slot
			switch e.ref.name {
			case "doInBackground":
				ret = []slot{{hs, resultField}}
			case "onPostExecute", "onProgressUpdate", "onCancelled":
				step.args = append(step.args[:1:1], a.t.of(node{kind: kCell, a: uint32(hs), s: e.ref.proto}))
			}
			a.later(f, &step, m, at, ret)
		}
	}
}

// scriptsCall schedules the public methods of an object that scripts may call.
func (a *analysis) scriptsCall(f *frame, e *event, at atom) {
	class := a.t.node(at).s
	for c, depth := a.u.class(class), 0; c != nil && depth < maxChain; c, depth = a.u.class(c.Super), depth+1 {
		a.u.load(c)
		for _, m := range c.order {
			if m.Static() || m.Code == 0 || m.Access&public == 0 || strings.HasPrefix(m.Name, "<") || a.u.find(class, m.Name+m.Proto) != m {
				continue
			}
			step := *e
			step.args = append(step.args[:1:1], a.given(m, "")...)
			a.later(f, &step, m, at, nil)
		}
	}
}

// calledBackWith is callbacks of an object that is told something by them: the text of a view.
func (f *frame) calledBackWith(r *methodRef, to, v value, site uint32, told ...value) {
	a := f.a
	listens := a.mayCallBack(r) || v == to
	if listens {
		a.asks(v, lostThing)
	}
	var recv []atom
	for _, at := range a.t.atomsOf(v) {
		n := a.t.node(at)
		switch n.kind {
		case kObj, kHome:
			if a.u.class(n.s) != nil && a.calledBack(n.s) && (listens || !a.u.is(n.s, "Landroid/content/Context;")) {
				recv = append(recv, at)
			}
		case kParam, kLoad, kResult, kCell:
			if listens {
				recv = append(recv, at)
			}
		}
	}
	if len(recv) == 0 {
		return
	}
	f.register(r, to, v, event{kind: evAsync, ref: &methodRef{class: "callbacks", name: r.name, proto: r.class}, args: append([]value{a.t.make(recv)}, told...), conds: f.gates[f.block], site: site})
}
