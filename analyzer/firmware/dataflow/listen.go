package dataflow

import "strings"

// What a registered receiver does happens where it was registered and the broadcast was sent. What stands before either stands
// before that: of all registrations what they have in common, and of all that send. Why it happens is why the broadcast is
// sent. Of an action that is not the system's, and that the app itself sends, the reasons of the code that registers are none.
// A receiver that is registered only while the user has an activity open is heard of then: for the user.

// maxListens bounds how often it is looked at what stands before registrations that rest on each other.
const maxListens = 4

// listening is what is known of registered receivers.
type listening struct {
	loud   map[heard]bool   // actions that nobody was seen to send: the receiver is taken to hear them once it is registered
	known  map[atom]bool    // receivers that are registered by code that runs
	before map[atom]condset // what stands before that; what is not in it is not known yet
	done   bool             // the calls of contexts say so themselves
}

// heard is an action as a receiver hears it.
type heard struct {
	who    atom
	action string
}

// quiet reports whether a registration is no reason of what is done once something is heard.
func (g *contextGraph) quiet(e *callEdge) bool {
	of := g.r.a.app.TriggerOf
	return e.listens != 0 && !e.shown && e.action != "" && e.adds == 0 && of != nil && of(e.action) == "" && e.action != secretCode &&
		!strings.HasPrefix(e.action, "android.") && !g.listen.loud[heard{e.listens, e.action}]
}

// idle reports whether a call leads nowhere: that of a registration which is no reason, and of what nobody hears.
func (g *contextGraph) idle(e *callEdge) bool {
	return e.cast != 0 && !g.listen.known[e.cast] || g.quiet(e)
}

// reached finds why methods run, and which receivers are registered by what runs.
func (g *contextGraph) reached() {
	g.listen = listening{loud: map[heard]bool{}, known: map[atom]bool{}, before: map[atom]condset{}}
	for {
		g.reasons()
		more, sent, quiet := false, map[heard]bool{}, map[heard]bool{}
		for _, n := range g.nodes {
			if n.why == 0 {
				continue
			}
			for i := range n.out {
				e := n.out[i].e
				if e.listens != 0 && !e.shown && !g.listen.known[e.listens] {
					g.listen.known[e.listens], more = true, true
				}
				if e.cast != 0 {
					sent[heard{e.cast, e.action}] = true
				}
				if g.quiet(e) {
					quiet[heard{e.listens, e.action}] = true
				}
			}
		}
		if more {
			continue
		}
		for h := range quiet {
			if !sent[h] {
				g.listen.loud[h], more = true, true
			}
		}
		if !more {
			return
		}
	}
}

// conditions finds what stands before each context, what stands before registrations included, and leaves out the calls
// that lead nowhere.
func (g *contextGraph) conditions() {
	casts := false
	for _, n := range g.nodes {
		for i := range n.out {
			casts = casts || n.out[i].e.cast != 0
		}
	}
	for round := 0; casts && round <= maxListens; round++ {
		g.forget()
		g.allCommon()
		now, same := g.registered(), true
		for who, s := range now {
			if old, ok := g.listen.before[who]; ok && old == s {
				continue
			}
			same = false
			if round == maxListens { // what rests on itself says nothing
				now[who] = 0
			}
		}
		g.listen.before = now
		if same {
			break
		}
	}
	for _, n := range g.nodes {
		kept := n.out[:0]
		for _, e := range n.out {
			if !g.idle(e.e) {
				e.conds = g.heardBehind(&e)
				kept = append(kept, e)
			}
		}
		n.out = kept
	}
	g.forget()
	g.listen.done = true
	g.allCommon()
}

// registered finds what stands before the registrations of each receiver.
func (g *contextGraph) registered() map[atom]condset {
	out := map[atom]condset{}
	for _, n := range g.nodes {
		if n.has == 0 {
			continue
		}
		for _, e := range n.out {
			if e.e.listens == 0 || e.e.shown {
				continue
			}
			s := g.r.a.c.and(g.anyway(n), e.conds)
			if old, ok := out[e.e.listens]; ok {
				s = g.r.a.either(old, s)
			}
			out[e.e.listens] = s
		}
	}
	return out
}

// heardBehind is what stands before a call: of a broadcast, what stands before who hears it was registered too.
func (g *contextGraph) heardBehind(e *contextEdge) condset {
	if e.e.cast == 0 || g.listen.done {
		return e.conds
	}
	return g.r.a.c.and(e.conds, g.listen.before[e.e.cast])
}

// waits reports whether nothing is known yet of what stands before who hears a broadcast was registered.
func (g *contextGraph) waits(e *callEdge) bool {
	if e.cast == 0 || g.listen.done {
		return false
	}
	_, ok := g.listen.before[e.cast]
	return !ok
}

// forget drops what was found of conditions.
func (g *contextGraph) forget() {
	for _, n := range g.nodes {
		n.gates, n.has = [labels]condset{}, 0
	}
}
