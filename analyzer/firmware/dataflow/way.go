package dataflow

// wayStep is a place of a search from a context back to what runs it.
type wayStep struct {
	node int
	via  *callEdge // the call that leads on
	next int
}

// calledBy is a call that leads to a context.
type calledBy struct {
	from int
	e    *callEdge
}

// maxWay bounds the contexts that a search for a way looks at.
const maxWay = 10_000

// way returns the calls that lead to a method from what the platform runs, for evidence: the shortest, the first call
// first. Of several reasons for which the method runs it shows one that needs no user, where there is one.
func (r *reachability) way(why label, where []*contextNode) []Site {
	for bit := range labels { // the automatic ones come first
		if l := label(1) << bit; why&l != 0 {
			if l == byOtherApp {
				l |= byAnyone
			}
			return r.graph.wayFor(l, where)
		}
	}
	return nil
}

// wayFor searches the way on which a reason comes to one of some contexts.
func (g *contextGraph) wayFor(l label, where []*contextNode) []Site {
	g.back()
	var queue []wayStep
	seen := make([]bool, len(g.nodes))
	for _, n := range where {
		i := g.ids[n.context]
		seen[i] = true
		queue = append(queue, wayStep{i, nil, -1})
	}
	for i := 0; i < len(queue) && len(queue) < maxWay; i++ {
		s := queue[i]
		if n := g.nodes[s.node]; n.entry && n.own&l != 0 {
			return g.sites(queue, i)
		}
		for _, c := range g.in[s.node] {
			why := g.nodes[c.from].why
			switch {
			case why == 0 || seen[c.from]:
			case c.e.adds&l != 0, c.e.byUser()&l != 0: // the reason begins with this call
				return g.sites(append(queue, wayStep{c.from, c.e, i}), len(queue))
			case along(why, c.e)&why&l != 0:
				seen[c.from] = true
				queue = append(queue, wayStep{c.from, c.e, i})
			}
		}
	}
	return nil
}

// back makes the list of callers, once.
func (g *contextGraph) back() {
	if g.in != nil {
		return
	}
	g.in = make([][]calledBy, len(g.nodes))
	for i, n := range g.nodes {
		for _, e := range n.out {
			g.in[e.to] = append(g.in[e.to], calledBy{i, e.e})
		}
	}
}

// sites lists the instructions of a way that was found.
func (g *contextGraph) sites(queue []wayStep, i int) []Site {
	a := g.r.a
	var out []Site
	for ; i >= 0; i = queue[i].next {
		if via := queue[i].via; via != nil {
			out = a.placesOf(out, append(a.chains.list(via.chain), via.site))
		}
	}
	return out
}
