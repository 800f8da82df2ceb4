package dataflow

import (
	"maps"
	"slices"
	"sort"
	"strings"
)

func (f *frame) mention(kind, v string) {
	m := Mention{kind, v, Site{f.m, f.addr}}
	if v != "" && v != "{}" && f.m != nil && !f.a.mentions[m] && len(f.a.mentionL) < maxRecovered {
		f.a.mentions[m] = true
		f.a.mentionL = append(f.a.mentionL, m)
	}
}

// Result is what was found in one app.
type Result struct {
	Flows    []Flow
	Uses     []Use
	Exports  []Export    // what its providers hand out
	Imports  []Flow      // what it sends that other apps gave it
	Sent     []Sent      // intents that may reach other apps
	Listens  []Component // receivers that code registers, binders, sync adapters
	Apart    []Apart     // intents that components tell apart
	Writes   []Write     // what it writes where others read it, personal or not
	Strings  []Recovered
	Switches []Switch // what switches settings on
	Mentions []Mention
	Clients  []Client
	Props    []PropAsked // of system properties: the result depends on the answers
	Packages []string    // of which it was asked whether the image has them: on these answers too
	Files    []string    // of which it was asked whether anything of the image makes them: on these answers too
	Cuts     map[string]int
	Steps    int
	Methods  int
	a        *analysis
	reach    *reachability
	both     *bothWays
	ways     []doorway
}

// Analyze follows the data of one app. lib may be nil.
func Analyze(prog, lib *Program, app *App, voc *Vocabulary, profile string, l Limits) *Result {
	a := newAnalysis(newUniverse(prog, lib, voc.Supers), app, voc, profile, l)
	a.u.system = app.System
	a.libLeft = a.limits.Library
	a.dec = newDecoder(prog.files)
	a.enterApp()
	linked := 0
	for round := 0; round < a.limits.Rounds; round++ {
		a.runRoots()
		more := a.distribute()
		clear(a.expanded)
		n := linked
		linked = a.linkStarts(linked)
		a.hearAll()
		entered := a.enterBinders()
		if !a.wake() && !entered && !more && n == linked && !a.guess() {
			break
		}
	}
	a.sweep()
	return a.result()
}

func (a *analysis) result() *Result {
	r := &Result{Cuts: a.cutsBy, Steps: a.steps, Methods: len(a.sums), a: a}
	clear(a.expanded)
	clear(a.expandedApart)
	r.reach = a.reached()
	r.doors()
	r.both = &bothWays{a: a, events: map[ending][]*settledEvent{}, known: map[ending][]resolvent{}}
	for i := range a.settled {
		if e := &a.settled[i]; e.call.Sink != madeClient && !a.throughUnmade(e.in, e.chain, e.site) {
			if why, _ := r.reach.whyOf(e); why != 0 {
				r.both.add(e)
			}
		}
	}
	met := map[uint32]bool{} // instructions that something which was seen leads to
	var unmet []*settledEvent
	for i := range a.settled {
		e := &a.settled[i]
		if a.throughUnmade(e.in, e.chain, e.site) {
			continue
		}
		if why, where := r.reach.whyOf(e); why != 0 {
			met[e.site] = true
			a.flowsOf(e, r, why, where)
		} else {
			unmet = append(unmet, e)
		}
	}
	for _, e := range unmet { // not all that sends is found: in doubt
		if why, where := r.reach.whyOf(&settledEvent{in: e.in}); why != 0 && !met[e.site] {
			e.doubt = true
			a.flowsOf(e, r, why, where)
		}
	}
	r.Flows = closer(merged(r.Flows))
	r.share()
	r.Switches = r.switches()
	r.Mentions = a.mentionL
	for _, e := range a.settled {
		kind := map[string]string{"sms": "sms-number", "process": "command"}[e.call.Sink]
		for _, s := range a.spellings(e.to) {
			if m := (Mention{kind, s, a.sites[e.site]}); kind != "" && s != "{}" && !a.mentions[m] {
				a.mentions[m] = true
				r.Mentions = append(r.Mentions, m)
			}
		}
	}
	for _, s := range a.strings {
		r.Strings = append(r.Strings, s)
	}
	sort.Slice(r.Strings, func(i, j int) bool { return r.Strings[i].Value < r.Strings[j].Value })
	r.Packages, r.Files = slices.Sorted(maps.Keys(a.packages)), slices.Sorted(maps.Keys(a.files))
	r.Props = slices.SortedFunc(maps.Keys(a.asked), func(p, q PropAsked) int { return strings.Compare(p.key(), q.key()) })
	return r
}

func (a *analysis) flowsOf(e *settledEvent, r *Result, why label, where []*contextNode) {
	if e.call.Sink == madeClient {
		a.clientOf(e, r)
		return
	}
	to := a.placesTo(e)
	places := to
	if e.call == streamCall && len(to) == 0 {
		return // a stream, and nothing says that it is a connection's
	}
	calls := a.placesOf(nil, a.chains.list(e.chain))
	if a.app.System && e.call.Sink == "native" && !vendorPart(e.ref.class) {
		return // to the system's own library, which drives the hardware
	}
	sink := a.sites[e.site]
	if e.call.Sink == "network" {
		r.Uses = append(r.Uses, Use{Endpoints: to, Sink: sink, SinkCall: e.ref.String(), Transport: e.call.Transport, In: e.in})
	}
	doubt := e.doubt || !slices.ContainsFunc(where, func(n *contextNode) bool { return !n.doubt })
	sinkGuard, sinkGates, why := r.reach.guardFor(e, why)
	way := r.reach.way(why, where)
	sure, to, unsure := a.apart(e, to)
	payload := a.expand(e.payload)
	a.asks(a.t.join(payload, a.whole(payload)), lostData, lostThing)
	for n := range a.data(payload) {
		if a.answers(e.root) && !strings.HasPrefix(a.types[n.a], othersAnswer) {
			continue // seen where any answer is looked at
		}
		a.asks(a.expand(e.to), lostText, lostData, lostThing)
		guard, gates, why := sinkGuard, sinkGates, why
		own := *e
		if s := r.both.conditions(e, n, places); s != e.conds {
			own.conds = s
			guard, gates, why = r.reach.guardFor(&own, why)
		}
		g2, gates2 := r.reach.sourceGuard(uint32(n.n), why)
		weaker := gates2
		if g2 > guard {
			guard, gates, weaker = g2, gates2, gates
		}
		for _, g := range weaker { // what shuts either of the two shuts the flow, whatever else stands before it
			if g.closed() {
				gates = append(slices.Clone(gates), g)
			}
		}
		fl := Flow{
			Data: a.types[n.a], Transforms: transforms(n.b), Source: a.sites[n.n], Sink: sink, SinkKind: e.call.Sink, SinkCall: e.ref.String(),
			Transport: e.call.Transport, Unchecked: e.trust, Endpoints: to, Calls: calls, In: e.in, conds: e.conds, doubt: doubt,
			Exact: n.b&asInexact == 0 && !e.mixed, Activation: why.names(), Guard: guard.String(), Gates: gates, Way: way,
			Doors: r.through(&own, g2, gates2),
		}
		never := false
		for _, g := range gates {
			fl.Off, never = fl.Off || g.Off, never || g.Never
		}
		if never {
			continue
		}
		if g, ok := r.reach.undecided(&fl, why, where); ok {
			fl.Guard, fl.Gates = g.Guard, append([]Gate{g}, fl.Gates...)
		}
		fl.common = fl.Exact
		whole := fl
		whole.Exact = fl.Exact && sure(n)
		if len(to) > 0 || len(unsure) == 0 {
			r.add(whole, to)
		}
		if len(unsure) > 0 {
			fl.Exact = false
			r.add(fl, unsure)
		}
	}
}

// add notes a flow to some addresses, those apart that the app talks to under conditions of their own.
func (r *Result) add(f Flow, to []string) {
	for _, d := range r.reach.byHost(to) {
		own := f
		own.Endpoints = d.to
		switch g := d.guard.String(); {
		case d.guard == guardNone:
		case Stronger(f.Guard, g):
			own.Gates = slices.Concat(f.Gates, d.gates)
		default:
			own.Guard, own.Gates = g, slices.Concat(d.gates, f.Gates)
		}
		own.Off = own.Off || slices.ContainsFunc(d.gates, func(g Gate) bool { return g.Off })
		if len(d.gates) > 0 {
			own.Doors = slices.Clone(f.Doors)
			for i := range own.Doors {
				own.Doors[i].behind(d.guard, d.gates)
			}
		}
		r.Flows = append(r.Flows, own)
	}
}

// sourceGuard judges what stands before the call that reads the data: what is never read is never sent.
func (r *reachability) sourceGuard(site uint32, why label) (guard, []Gate) {
	at, ok := r.a.readAt[site]
	if !ok || at.in == nil || r.why[at.in] == 0 {
		return guardNone, nil
	}
	over := why & r.why[at.in]
	if over == 0 {
		over = r.why[at.in]
	}
	a := r.a
	// what depends on the caller is judged where the data is sent
	e := &settledEvent{event: event{conds: a.plainConds(at.conds)}, in: at.in}
	g, gates := r.guardOf(e, over)
	if rest := r.why[at.in] & (automatic | byUser | byTap) &^ over; rest != 0 && closed(gates) { // what was read for another reason may be kept
		if g, gates, _ := r.guardFor(e, rest); !closed(gates) {
			return g, gates
		}
	}
	return g, gates
}

// guardOf judges what stands before an event: of all reasons for which it happens without the user the worst, of those
// with the user where there is no other.
func (r *reachability) guardOf(e *settledEvent, why label) (guard, []Gate) {
	g, gates, _ := r.guardFor(e, why)
	return g, gates
}

// guardFor is guardOf with the reasons for which the event happens: where those that need no user are shut in this build, the user
// alone, if that is open. What other apps ask for may have begun with the same.
func (r *reachability) guardFor(e *settledEvent, why label) (guard, []Gate, label) {
	auto, user := why&automatic, why&(byUser|byTap)
	if auto == 0 {
		auto, user = why, 0
	}
	g, gates := r.worst(e, auto)
	if user != 0 && closed(gates) {
		if g2, gates2 := r.worst(e, user); !closed(gates2) {
			return g2, gates2, user
		}
	}
	return g, gates, why
}

// worst is what stands before an event for that of some reasons for which the least does: one for which it happens in this build, where
// there is any.
func (r *reachability) worst(e *settledEvent, of label) (guard, []Gate) {
	worst, first := guardNone, true
	var gates []Gate
	_, where := r.whyOf(e)
	for bit := range labels {
		if of&(1<<bit) == 0 {
			continue
		}
		g, list := r.verdict(r.gatesOf(e, where, bit))
		if shut := closed(list); first || closed(gates) && !shut || g < worst && closed(gates) == shut {
			worst, gates, first = g, list, false
		}
	}
	return worst, gates
}

// closed reports whether nothing gets past some gates in this build.
func closed(gates []Gate) bool {
	return slices.ContainsFunc(gates, Gate.closed)
}

func (g Gate) closed() bool { return g.Never || g.Off }
