package dataflow

// reasons hands on why methods run, from the entries along all calls.
func (g *contextGraph) reasons() {
	var todo []int
	for i, n := range g.nodes {
		if n.entry {
			todo = append(todo, i)
		}
	}
	for len(todo) > 0 {
		n := g.nodes[todo[0]]
		todo = todo[1:]
		for _, e := range n.out {
			to := g.nodes[e.to]
			if l := along(n.why, e.e); to.why|l != to.why {
				to.why |= l
				todo = append(todo, e.to)
			}
		}
	}
}

// common finds, for one reason, the conditions that hold on every way to each context.
func (g *contextGraph) common(number int) {
	c, bit := g.r.a.c, label(1)<<number
	var todo []int
	queued := make([]bool, len(g.nodes))
	push := func(i int) {
		if !queued[i] {
			queued[i] = true
			todo = append(todo, i)
		}
	}
	meet := func(i int, s condset) {
		n := g.nodes[i]
		if n.has&bit != 0 {
			if s = g.r.a.either(n.gates[number], s); s == n.gates[number] {
				return
			}
		}
		n.gates[number] = s
		n.has |= bit
		push(i)
	}
	for i, n := range g.nodes {
		if n.entry && n.own&bit != 0 {
			meet(i, 0)
		}
		if n.why == 0 {
			continue
		}
		for _, e := range n.out { // a reason that a call adds begins there
			u := e.e.byUser()
			switch {
			case u&bit != 0:
				meet(e.to, e.e.agreed)
			case u == 0 && e.e.adds&bit != 0:
				meet(e.to, e.conds)
			}
		}
	}
	for rounds := 0; len(todo) > 0 && rounds < 2_000_000; rounds++ {
		n := g.nodes[todo[0]]
		queued[todo[0]] = false
		todo = todo[1:]
		for _, e := range n.out {
			if e.e.byUser() == 0 {
				meet(e.to, c.and(n.gates[number], e.conds))
			}
		}
	}
}
