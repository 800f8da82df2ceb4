package dataflow

import "slices"

// summary is what a method does, as far as its callers see it.
type summary struct {
	done    bool
	used    bool // asked for while it was being made: the method calls itself
	ret     value
	throws  value
	heap    []effect
	events  []event
	rounds  int
	nothing bool          // returns never
	steers  uint32        // parameters that decide which way it takes
	keyed   uint32        // parameters that are maps whose keys decide what is done; see forKeys
	makes   []askedObject // objects that it makes if the caller asks for them
	mixed   bool          // what it gives back or writes is several things; see forConstants
}

// effect is a field that holds v when the method returns.
type effect struct {
	slot
	v value
}

// maxEffects bounds the fields a summary writes; see maxBlind for what is known of others.
const (
	maxEffects        = 160
	maxEffectsOfEntry = 4 * maxEffects
)

// Bounds on the fields, and then the objects, that are only known to be written to.
const (
	maxBlind = 32
	maxLost  = 160
	maxSeen  = 4096 // fields that are looked at
)

// maxStack bounds how deep calls are followed at once.
const maxStack = 1500

// maxRounds bounds how often a method that calls itself is interpreted.
const maxRounds = 2

// summary returns the summary of a method, making it first where needed.
func (a *analysis) summary(m *Method) *summary {
	s := a.sums[m]
	if s != nil {
		if !s.done {
			s.used = true
			a.rests(m)
		}
		return s
	}
	s = &summary{}
	a.sums[m] = s
	if a.spent() {
		s.done = true
		return s
	}
	if a.stack >= maxStack {
		a.cut("depth of calls")
		s.done = true
		return s
	}
	if m.Class.Lib {
		defer a.inLibrary()()
	}
	a.stack++
	a.opens = append(a.opens, opened{m: m})
	from := len(a.partials)
	for s.rounds < maxRounds {
		if s.used {
			a.again(from)
		}
		s.used = false
		s.rounds++
		f := a.newFrame(m)
		if f == nil {
			break
		}
		f.run()
		a.unentered(f)
		if f.worthSplitting() {
			f.byWays()
		}
		a.finish(f, s)
		if !s.used {
			break
		}
	}
	a.stack--
	s.done = true
	if last := len(a.opens) - 1; a.opens[last].partial {
		a.partials = append(a.partials, m)
		a.opens = a.opens[:last]
	} else {
		a.partials, a.opens = a.partials[:from], a.opens[:last]
	}
	return s
}

// finish turns a frame into a summary: events that depend on no caller are settled, the others handed up.
func (a *analysis) finish(f *frame, s *summary) {
	if f.plain {
		f.answersByPath()
	}
	s.ret, s.throws, s.events, s.heap = f.returns, f.throws, nil, nil
	if f.exit == nil {
		if f.exit = f.lost; f.exit == nil {
			f.exit = &state{heap: map[atom]*object{}}
		}
		s.nothing = f.throws != nothing
	}
	if f.m.Class.Lib {
		a.lean(f.m, s)
	}
	f.s = f.exit
	f.cancels()
	if f.m.Name == "<clinit>" {
		a.enumerate(f)
	}
	for i := range f.events {
		e := &f.events[i]
		if e.kind == evGone {
			continue
		}
		if f.deep(e) {
			s.events = append(s.events, *e)
			continue
		}
		a.settle(f, e)
		if e.kind == evSink && a.followsTests() {
			s.events = append(s.events, a.hollow(*e))
		}
	}
	clear(a.sharing)
	a.ifAsked(f, s)
	s.heap = a.exported(f, s)
	s.keyed = f.keyed
	if s.steers = f.steers; s.steers != 0 && !f.m.Class.Lib && len(f.g.insns) <= maxSpecialInsns {
		s.mixed = (f.picks || a.mixes(s)) && !s.waits()
	}
	a.thrown(f, s)
}

// exported selects the fields that a caller can see: of what it gave, of globals, and of objects it gets.
func (a *analysis) exported(f *frame, s *summary) []effect {
	seen := map[atom]bool{}
	var out []effect
	var todo []atom
	push := func(v value) {
		for _, at := range a.t.atomsOf(v) {
			if !seen[at] {
				seen[at] = true
				todo = append(todo, at)
			}
		}
	}
	var bases []atom
	for _, b := range f.s.bases() {
		if a.t.node(b).kind != kObj && b != caughtSlot.base {
			bases = append(bases, b)
		}
	}
	for _, b := range bases {
		push(a.t.one(b))
	}
	push(s.ret)
	push(s.throws)
	for i := range s.events {
		if s.events[i].kind == evKept {
			continue
		}
		push(s.events[i].payload)
		push(s.events[i].to)
		for _, v := range s.events[i].args {
			push(v)
		}
	}
	if f.s.lost(anyAtom) {
		out = append(out, effect{lostSlot, a.t.any()})
	}
	for len(todo) > 0 && len(out) < maxSeen {
		b := todo[0]
		todo = todo[1:]
		n := a.t.node(b)
		switch n.kind {
		case kAny: // what is being thrown
			continue
		case kConcat:
			push(a.t.make(n.parts()))
		}
		o := f.s.heap[b]
		if o == nil {
			continue
		}
		if lost, is := o.get(lostField); is { // before what is known again
			out = append(out, effect{slot{b, lostField}, lost})
		}
		for i, name := range o.names {
			if v := o.values[i]; name != lostField && name != keysField && (name != sharedField || n.kind == kObj) && (name != copiedField || a.copyOnly(f.s, b)) && v != a.initial(b, name) {
				push(v)
				out = append(out, effect{slot{b, name}, v})
			}
		}
	}
	most := maxEffects
	if _, entry := a.entries[f.m]; entry { // the platform calls it: no caller, or one, has to know
		most = maxEffectsOfEntry
	}
	if len(out) > most {
		out = a.within(out, most)
	}
	return out
}

// decisive reports whether what a place holds decides what runs later, or what is asked later: messages and settings.
func (a *analysis) decisive(base atom) bool {
	n := a.t.node(base)
	return n.kind == kObj && n.s == "Landroid/os/Message;" || n.kind == kStore && isPreference(n.s)
}

// within keeps to the bound on effects: of those that are too many, in which no source of data is read and that are
// of no place that decides, it is known only that they are written to, and of the last only in which objects.
func (a *analysis) within(list []effect, most int) []effect {
	rank := func(e effect) int {
		switch {
		case e.field == lostField:
			return 0
		case a.taints(e.v) != nothing, a.keptAnyway(e.base, e.field), a.decisive(e.base):
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(x, y effect) int { return rank(x) - rank(y) })
	out := list[:most:most]
	lost := map[atom]bool{}
	texts := map[atom]value{} // of objects of which nothing else is lost
	for _, e := range list[most:] {
		if _, seen := texts[e.base]; !seen {
			texts[e.base] = nothing
		}
		if a.onlyTexts(e.v) {
			texts[e.base] = a.t.join(texts[e.base], a.lostTexts(e.v))
		}
	}
	for i, e := range list[most:] {
		if !a.onlyTexts(e.v) {
			a.cut("fields of a method")
		}
		switch {
		case a.t.node(e.base).kind == kObj && lost[e.base]:
		case i < maxBlind && a.t.node(e.base).kind != kObj: // no caller knows of fields of what is made here
			out = append(out, effect{e.slot, a.t.join(a.unknown(e.field, e.v), a.lostTexts(e.v))})
		case len(lost) == maxLost:
			a.cut("fields of a method")
			return append(out, effect{lostSlot, a.t.any()})
		case !lost[e.base]:
			lost[e.base] = true
			out = append(out, effect{slot{e.base, lostField}, a.t.join(a.t.any(), texts[e.base])})
		}
	}
	return out
}
