package dataflow

// reasons hands on why methods run, from the entries along all calls.
func (g *contextGraph) reasons() {
	var todo []int
	for i, n := range g.nodes {
		if n.entry || n.why != 0 {
			todo = append(todo, i)
		}
	}
	for len(todo) > 0 {
		n := g.nodes[todo[0]]
		todo = todo[1:]
		for _, e := range n.out {
			if g.idle(e.e) {
				continue
			}
			to := g.nodes[e.to]
			if l := along(n.why, e.e); to.why|l != to.why {
				to.why |= l
				todo = append(todo, e.to)
			}
		}
	}
}

// maxMeetings bounds the work on conditions before contexts.
const maxMeetings = 2_000_000

// allCommon finds, for each reason, the conditions that hold on every way to each context.
func (g *contextGraph) allCommon() {
	added := label(0)
	for _, n := range g.nodes {
		for _, e := range n.out {
			if n.why != 0 && e.e.byUser() == 0 && !g.idle(e.e) {
				added |= e.e.adds
			}
		}
	}
	for bit := range labels {
		if added&(1<<bit) == 0 {
			g.common(1<<bit, 0)
		}
	}
	g.common(added, added)
}

// common finds, for some reasons, the conditions that hold on every way to each context. A reason that a call adds, an alarm
// or a broadcast, begins with the call: what holds on every way to that, for whatever reason, holds there too. The other
// reasons have to be known by then.
func (g *contextGraph) common(bits, added label) {
	c := g.r.a.c
	var todo []int
	news := make([]label, len(g.nodes)) // reasons whose conditions changed since a context was looked at
	meet := func(i, number int, s condset) {
		n := g.nodes[i]
		bit := label(1) << number
		if n.has&bit != 0 {
			if s = g.r.a.either(n.gates[number], s); s == n.gates[number] {
				return
			}
		}
		n.gates[number] = s
		n.has |= bit
		if news[i] == 0 {
			todo = append(todo, i)
		}
		news[i] |= bit
	}
	every := func(i int, set label, s condset) {
		for number := range labels {
			if set&(1<<number) != 0 {
				meet(i, number, s)
			}
		}
	}
	begin := func(n *contextNode) {
		before, known := condset(0), false
		for _, e := range n.out {
			if e.e.byUser() == 0 && e.e.adds&bits != 0 && !g.idle(e.e) && !g.waits(e.e) {
				if !known {
					before, known = g.anyway(n), true
				}
				every(e.to, e.e.adds&bits, c.and(before, g.heardBehind(&e)))
			}
		}
	}
	for i, n := range g.nodes {
		if n.entry {
			every(i, n.own&bits, 0)
		}
		if n.why == 0 {
			continue
		}
		for _, e := range n.out {
			if !g.idle(e.e) {
				every(e.to, e.e.byUser()&bits, e.e.agreed)
			}
		}
		if n.has != 0 {
			begin(n)
		}
	}
	for rounds := 0; len(todo) > 0 && rounds < maxMeetings; rounds++ {
		i := todo[0]
		todo = todo[1:]
		n, set := g.nodes[i], news[i]
		news[i] = 0
		for _, e := range n.out {
			if e.e.byUser() != 0 || g.idle(e.e) || g.waits(e.e) {
				continue
			}
			for number := range labels {
				if set&(1<<number) != 0 {
					meet(e.to, number, c.and(n.gates[number], g.heardBehind(&e)))
				}
			}
		}
		if added != 0 {
			begin(n)
		}
	}
}

// anyway is what holds on every way to a context that was found so far, for whatever reason it runs.
func (g *contextGraph) anyway(n *contextNode) condset {
	out, first := condset(0), true
	for number := range labels {
		switch {
		case n.has&(1<<number) == 0:
		case first:
			out, first = n.gates[number], false
		default:
			out = g.r.a.either(out, n.gates[number])
		}
	}
	return out
}
