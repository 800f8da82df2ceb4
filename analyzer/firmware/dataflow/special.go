package dataflow

import "slices"

// What a method makes of a number or a text that it is given, where that decides which way it takes or which place of an array it
// means, is told apart by the constant: the method is run again for it, and gives back and sends what it does then. What it calls stays
// that of its one summary, whose conditions say when.

// Bounds on such runs: constants of one method, runs of an app, instructions of a method, and the part of the work on an app.
const (
	maxSpecial      = 8
	maxSpecials     = 4000
	maxSpecialInsns = 120
	specialShare    = 60
)

// specialKey is the summary of a method, which may be made anew, and the constants the method is given.
type specialKey struct {
	general *summary
	list    args
}

// specials are the summaries for constants.
type specials struct {
	known map[specialKey]*summary
	of    map[*summary]int
	spent int // units of work

	keyed   map[specialKey]*summary
	keyedOf map[*summary]int
}

// steer notes that a value decides which way the method takes, or which place of an array it means.
func (f *frame) steer(v value) {
	if v != nothing && f.a.t.symbolic(v) {
		f.steers |= f.a.paramsOf(v)
	}
}

// forConstants returns what a method does with the constants it is given here.
func (a *analysis) forConstants(m *Method, given []value, s *summary) *summary {
	if s.steers == 0 || !s.mixed {
		return s
	}
	list := make([]value, min(len(given), 32))
	for i := range list {
		if at, one := a.t.single(given[i]); one && s.steers&(1<<i) != 0 {
			if k := a.t.node(at).kind; k == kInt || k == kStr || a.enums.of[at] != nil {
				list[i] = given[i]
			}
		}
	}
	k := specialKey{s, a.handed.of(list)}
	if k.list == 0 {
		return s
	}
	if own := a.special.known[k]; own != nil {
		return own
	}
	if a.special.of[s] >= maxSpecial || a.stack >= maxStack || len(a.special.known) >= maxSpecials || a.special.spent > a.limits.Steps/specialShare {
		return s
	}
	a.special.of[s]++
	a.special.known[k] = s // for calls of itself
	before := a.steps
	own := a.runFor(m, list, s)
	a.special.spent += a.steps - before
	a.special.known[k] = own
	return own
}

// runFor runs a method with some of its parameters known; general is its summary.
func (a *analysis) runFor(m *Method, list []value, general *summary) *summary {
	f := a.newFrame(m)
	if f == nil || len(f.g.insns) > maxSpecialInsns {
		return general
	}
	for r, v := range f.in[0].regs {
		if at, one := a.t.single(v); one && a.t.node(at).kind == kParam {
			if i := int(a.t.node(at).a); i < len(list) && list[i] != nothing {
				f.in[0].regs[r] = list[i]
			}
		}
	}
	f.silent = true
	a.stack++
	f.run()
	a.stack--
	if f.exit == nil || f.spent > a.limits.MethodSteps || slices.ContainsFunc(f.events, func(e event) bool { return e.kind == evCall }) {
		return general
	}
	if f.plain {
		f.answersByPath()
	}
	own := *general
	own.ret, own.throws, own.events = f.returns, f.throws, f.sentFor(general)
	f.s = f.exit
	own.heap = a.exported(f, &own)
	written := map[atom]bool{}
	for _, e := range own.heap {
		written[e.base] = true
	}
	for _, e := range general.heap { // of objects that only calls and what is sent know of
		if a.t.node(e.base).kind == kObj && !written[e.base] {
			own.heap = append(own.heap, e)
		}
	}
	return &own
}

// sentFor lists the events of a summary with what a run for constants finds that calls send; those that it does not come to are left out.
// Under which conditions they send the summary says: where it has too many events to tell them apart all stay as they are.
func (f *frame) sentFor(general *summary) []event {
	old := general.events
	if len(old) >= maxEvents || f.a.followsTests() || !slices.ContainsFunc(old, f.a.sendsSeveral) || slices.ContainsFunc(old, func(e event) bool { return e.mixed }) {
		return old
	}
	var out []event
	for _, e := range old {
		if e.kind == evSink {
			i := slices.IndexFunc(f.events, func(o event) bool { return o.kind == evSink && o.site == e.site && o.chain == e.chain })
			if i < 0 {
				continue
			}
			e.payload, e.to = f.events[i].payload, f.events[i].to
		}
		out = append(out, e)
	}
	return out
}

// sendsSeveral reports whether a call sends something changed on the way, and something changed otherwise or not at all.
func (a *analysis) sendsSeveral(e event) bool {
	if e.kind != evSink {
		return false
	}
	const changes = asHashed | asEncrypted | asEncoded | asCompressed
	first, some, differ := uint32(0), false, false
	for _, at := range a.t.atomsOf(e.payload) {
		if n := a.t.node(at); n.kind == kDerived || n.kind == kSource {
			differ = differ || some && n.b&changes != first
			first, some = n.b&changes, true
		}
	}
	return differ
}

// waits reports whether a summary leaves calls open: what those give back is that of the one summary.
func (s *summary) waits() bool {
	return slices.ContainsFunc(s.events, func(e event) bool { return e.kind == evCall })
}

// mixes reports whether a summary leaves several things in the place of one that a constant may decide about.
func (a *analysis) mixes(s *summary) bool {
	return a.several(s.ret) || slices.ContainsFunc(s.heap, func(e effect) bool { return a.several(e.v) }) || slices.ContainsFunc(s.events, a.sendsSeveral)
}

// several reports whether a value may be several things that are no numbers.
func (a *analysis) several(v value) bool {
	n := 0
	for _, at := range a.t.atomsOf(v) {
		switch a.t.node(at).kind {
		case kAny, kInt, kWhen, kCompare, kAsk, kApi:
		default:
			n++
		}
	}
	return n > 1
}
