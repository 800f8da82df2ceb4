package dataflow

import "slices"

// eventKind is what an event is about.
type eventKind uint8

const (
	evSink  eventKind = iota // a value leaves
	evCall                   // a call that waits for its receiver or a key
	evAsync                  // a method that runs later
	evStart                  // a component is started
	evGone                   // nothing: what was registered is taken back
	evKept                   // a setting is written
)

// event is something a method does that its callers complete.
type event struct {
	kind    eventKind
	call    *Call
	ref     *methodRef
	target  *Method // of evAsync
	args    []value
	payload value
	to      value
	conds   condset
	given   condset // objects of the caller that have to be there, or not: see given.go
	site    uint32  // the instruction
	chain   uint32  // calls from the method that holds the event down to it
	trust   bool    // the connection accepts every certificate
	mixed   bool    // stands for several ways to the instruction: what is sent may go elsewhere, or under other conditions
	result  atom    // of evCall: what stands for its result
}

type eventKey struct {
	kind  eventKind
	site  uint32
	chain uint32
	ref   string
}

// maxEvents bounds the events one method hands to its callers. Those beyond are kept by instruction, whatever calls lead
// to it and whatever was known there when it was run: as many again.
const (
	maxEvents = 96
	anyChain  = ^uint32(0)
)

// Bounds on calls that wait for their callers: how many of one method, and through how many callers.
const (
	maxPending = 16
	maxLevels  = 4
)

// record notes an event of this frame, once.
func (f *frame) record(e event) {
	e.given = f.a.c.and(e.given, f.given)
	k := eventKey{e.kind, e.site, e.chain, ""}
	if e.target != nil {
		k.ref = e.target.Ref()
	} else if e.ref != nil {
		k.ref = e.ref.String()
	}
	if e.kind == evKept {
		if _, ok := f.index[k]; !ok && f.writes >= maxKept/2 {
			k.chain = anyChain // by whatever calls: the conditions that they share
		}
		if _, ok := f.index[k]; !ok {
			if f.writes == maxKept {
				f.a.keptLost = true
				return
			}
			f.writes++
		}
	}
	if i, ok := f.index[k]; ok {
		f.merge(&f.events[i], &e)
		return
	}
	if e.target != nil && !f.a.u.app.matters(e.target) {
		return
	}
	most := maxEvents
	if f.a.u.app.narrow != nil { // the system server starts everything from one method
		most *= 4
	}
	if e.kind != evKept && len(f.events)-f.writes >= most {
		k.chain, k.site = anyChain, f.a.instruction(e.site)
		if i, ok := f.index[k]; ok && e.kind != evCall {
			old := &f.events[i]
			f.a.answerAlike(old.result, e.result)
			differ := 0
			for _, d := range [...]bool{e.payload != old.payload, e.to != old.to, e.conds != old.conds, e.trust != old.trust} {
				if d {
					differ++
				}
			}
			old.mixed = old.mixed || e.mixed || differ > 1
			f.merge(old, &e)
			return
		}
		if len(f.events)-f.writes >= 2*most || e.kind == evCall {
			f.a.cut("events of a method")
			return
		}
	}
	f.index[k] = len(f.events)
	f.events = append(f.events, e)
}

// merge adds what another run of the same instruction does.
func (f *frame) merge(old, e *event) {
	old.trust = old.trust || e.trust
	old.payload, old.to = f.a.t.join(old.payload, e.payload), f.a.t.join(old.to, e.to)
	for j := range old.args {
		if j < len(e.args) {
			old.args[j] = f.a.t.join(old.args[j], e.args[j])
		}
	}
	old.conds, old.given = f.a.either(old.conds, e.conds), f.a.c.common(old.given, e.given)
}

// pend leaves a call to the callers and returns what stands for its result.
func (f *frame) pend(r *methodRef, c *Call, args []value, site uint32) value {
	if f.pended >= maxPending {
		if i := f.waitsAlready(r, c, args); i >= 0 {
			f.events[i].conds, f.events[i].given = f.a.either(f.events[i].conds, f.gates[f.block]), f.a.c.common(f.events[i].given, f.given)
			return f.pendedResult(r, f.events[i].result)
		}
	}
	if f.level >= maxLevels || f.pended >= maxPending {
		if v, ok := f.unasked(c, args); ok {
			return v
		}
		f.a.cut("calls handed up")
		return f.a.derive(join(f.a.t, args), 0)
	}
	res := f.a.t.atom(node{kind: kResult, a: site, s: r.String()})
	n := len(f.events)
	chain := uint32(0)
	for range f.level {
		chain = f.a.chains.push(site, chain)
	}
	f.record(event{kind: evCall, call: c, ref: r, args: args, conds: f.gates[f.block], site: site, chain: chain, result: res})
	f.pended += len(f.events) - n
	if ofStream(c) && fills(r) {
		return f.a.any()
	}
	return f.pendedResult(r, res)
}

func (f *frame) pendedResult(r *methodRef, stands atom) value {
	if r.ret == "V" || r.name == "<init>" {
		return nothing
	}
	return f.a.t.one(stands)
}

// waitsAlready returns the number of the event that is a call of the same method with the same arguments, -1 where there is
// none: what reads a structure asks the same of its source for every field, and none of the answers is known.
func (f *frame) waitsAlready(r *methodRef, c *Call, args []value) int {
	return slices.IndexFunc(f.events, func(e event) bool {
		return e.kind == evCall && e.call == c && e.ref.name == r.name && e.ref.class == r.class && e.ref.proto == r.proto && slices.Equal(e.args, args)
	})
}

// deep reports whether an event still depends on the caller: through its values, what they hold, or its conditions.
func (f *frame) deep(e *event) bool {
	a := f.a
	if a.t.symbolic(e.payload) || a.t.symbolic(e.to) || a.symbolicConds(e.conds) {
		return true
	}
	if e.kind == evKept {
		return slices.ContainsFunc(a.t.atomsOf(e.payload), func(at atom) bool {
			n := a.t.node(at)
			return n.kind == kWhen && a.symbolicConds(condset(n.b))
		})
	}
	if e.kind == evSink {
		return false
	}
	for i, v := range e.args {
		if e.kind == evCall && ofStream(e.call) && f.outlets(v).open {
			return true
		}
		if a.t.symbolic(v) || (e.kind != evCall || i == 1 && ofRows(e.call)) && a.t.symbolic(a.reach(f.s, v)) {
			return true
		}
	}
	return false
}
