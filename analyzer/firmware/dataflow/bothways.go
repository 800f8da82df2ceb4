package dataflow

import "slices"

// A test of which both ways on send the same data to the same place, by the same call, is nobody's choice whether it is sent:
// it chooses how, or what else is sent along. The conditions under which it happens are then those that both ways share.

// maxResolved bounds the sets of conditions that are looked at of one group of events.
const maxResolved = 200

// ending is what events have in common that may be the ends of several ways through one run of a method.
type ending struct {
	in   *Method
	root int32
	ref  string
}

// resolvent is a set of conditions that follows from others by leaving out a test whose both outcomes are among those.
type resolvent struct {
	conds condset
	of    []condset
}

// bothWays finds tests that decide nothing of what leaves.
type bothWays struct {
	a      *analysis
	events map[ending][]*settledEvent
	known  map[ending][]resolvent
}

func endingOf(e *settledEvent) ending { return ending{e.in, e.root, e.ref.String()} }

// add notes an event that happens.
func (b *bothWays) add(e *settledEvent) {
	if e.conds != 0 {
		k := endingOf(e)
		b.events[k] = append(b.events[k], e)
	}
}

// resolvents lists what follows from the conditions of a group of events, the fewest conditions first.
func (b *bothWays) resolvents(k ending) []resolvent {
	if out, ok := b.known[k]; ok {
		return out
	}
	t := b.a.c
	var all, out []resolvent
	at := map[condset]int{}
	note := func(s condset, of []condset) {
		if _, ok := at[s]; !ok && len(all) < maxResolved {
			at[s] = len(all)
			all = append(all, resolvent{s, of})
			if len(of) > 1 {
				out = append(out, all[len(all)-1])
			}
		}
	}
	for _, e := range b.events[k] {
		note(e.conds, []condset{e.conds})
	}
	for i := 0; len(at) > 1 && i < len(all); i++ {
		for _, id := range t.sets[all[i].conds] {
			c := t.conds[id]
			c.rel = negated[c.rel]
			other, ok := t.ids[c]
			if !ok {
				continue
			}
			rest := slices.DeleteFunc(slices.Clone(t.sets[all[i].conds]), func(x uint32) bool { return x == id })
			if j, ok := at[t.set(append(slices.Clone(rest), other))]; ok {
				of := slices.Concat(all[i].of, all[j].of)
				slices.Sort(of)
				note(t.set(rest), slices.Compact(of))
			}
		}
	}
	slices.SortStableFunc(out, func(x, y resolvent) int { return len(t.sets[x.conds]) - len(t.sets[y.conds]) })
	b.known[k] = out
	return out
}

// conditions are those under which some data leaves by an event or its like: the event's own where all count.
func (b *bothWays) conditions(e *settledEvent, n *node, to []string) condset {
	if e.conds == 0 {
		return 0
	}
	k := endingOf(e)
	for _, r := range b.resolvents(k) {
		if !slices.Contains(r.of, e.conds) {
			continue
		}
		if !slices.ContainsFunc(r.of, func(s condset) bool { return !b.sends(k, s, n, to) }) {
			return r.conds
		}
	}
	return e.conds
}

// sends reports whether one of a group of events, under some conditions, sends the same to the same place.
func (b *bothWays) sends(k ending, s condset, n *node, to []string) bool {
	a := b.a
	return slices.ContainsFunc(b.events[k], func(e *settledEvent) bool {
		if e.conds != s || !slices.Equal(a.placesTo(e), to) {
			return false
		}
		for m := range a.data(a.expand(e.payload)) {
			if *m == *n {
				return true
			}
		}
		return false
	})
}

// placesTo spells the addresses of an event.
func (a *analysis) placesTo(e *settledEvent) []string {
	to := slices.Compact(a.spellings(e.to))
	if e.call.Sink == "network" {
		to = addresses(to)
	}
	return to
}
