package dataflow

import "slices"

// extend follows the calls of contexts that were made since the graph was built. Nothing runs in them but for others.
func (g *contextGraph) extend(from int) {
	for i := from; i < len(g.nodes); i++ {
		n := g.nodes[i]
		for _, e := range g.out[n.m] {
			if to, ok := g.follow(n, e); ok && !g.idle(e) {
				if e.cast != 0 {
					to.conds = g.r.a.c.and(to.conds, g.listen.before[e.cast])
				}
				n.out = append(n.out, to)
			}
		}
	}
}

// endings lists the methods from which something leaves, or is sent to other apps.
func (r *Result) endings() map[*Method]bool {
	out := map[*Method]bool{}
	for i := range r.a.settled {
		out[r.a.settled[i].in] = true
	}
	for i := range r.a.starts {
		out[r.a.starts[i].in] = true
	}
	return out
}

// leadingTo finds the contexts from which methods are reached.
func (g *contextGraph) leadingTo(ends map[*Method]bool) []bool {
	in := make([][]int, len(g.nodes))
	out := make([]bool, len(g.nodes))
	var todo []int
	for i, n := range g.nodes {
		for _, e := range n.out {
			if e.e.byUser() == 0 {
				in[e.to] = append(in[e.to], i)
			}
		}
		if ends[n.m] {
			out[i] = true
			todo = append(todo, i)
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, from := range in[i] {
			if !out[from] {
				out[from] = true
				todo = append(todo, from)
			}
		}
	}
	return out
}

// through finds what runs because a component is started, and what stands before it, as [contextGraph.common] does. What
// only the user leads to is not among it, nor what nothing that was seen leads to.
func (g *contextGraph) through(d *doorway, matters []bool) map[int]passage {
	c := g.r.a.c
	out := map[int]passage{}
	queued := map[int]bool{}
	var todo []int
	meet := func(i int, p passage) {
		if !matters[i] || g.nodes[i].doubt {
			return
		}
		if old, ok := out[i]; ok {
			p = passage{g.r.a.either(old.conds, p.conds), old.open && p.open, old.synced && p.synced}
			if p == old {
				return
			}
		}
		out[i] = p
		if !queued[i] {
			queued[i] = true
			todo = append(todo, i)
		}
	}
	for _, i := range d.begin {
		meet(i, passage{synced: d.synced})
	}
	for rounds := 0; len(todo) > 0 && rounds < 2_000_000; rounds++ {
		i := todo[0]
		todo = todo[1:]
		queued[i] = false
		p := out[i]
		for _, e := range g.nodes[i].out {
			if e.e.byUser() == 0 && !(d.once && (e.e.listens != 0 || e.e.adds != 0)) {
				meet(e.to, passage{c.and(p.conds, e.conds), p.open || e.open, p.synced || e.e.syncs || syncs[g.nodes[e.to].m.Name]})
			}
		}
	}
	return out
}

// behind puts something besides before what happens behind a door.
func (d *Door) behind(g guard, gates []Gate) {
	if Stronger(g.String(), d.Guard) {
		d.Guard = g.String()
	}
	d.Gates = slices.Concat(d.Gates, gates)
}

// through lists the doors behind which an event happens, where something stands before it besides, whatever led to it.
func (r *Result) through(e *settledEvent, besides guard, more []Gate) (out []Door) {
	a, g := r.a, r.reach.graph
	for i := range r.ways {
		var all passage
		some := false
		for _, n := range g.of[e.in] {
			p, ok := r.ways[i].to[n]
			if !ok || e.root > 0 && !g.fits(g.nodes[n], e.root) {
				continue
			}
			left, open := e.conds, false
			if e.root > 0 {
				if left, open, ok = g.seen(g.nodes[n]).conditions(e.conds); !ok {
					continue
				}
			}
			p = passage{a.c.and(p.conds, left), p.open || open, p.synced}
			if some {
				p = passage{a.either(all.conds, p.conds), all.open && p.open, all.synced && p.synced}
			}
			all, some = p, true
		}
		if !some {
			continue
		}
		if r.ways[i].sure && all.open {
			continue
		}
		d := r.ways[i].Door
		worth, gates := r.reach.verdict(all.conds)
		if all.open && worth < guardUnknown {
			worth, gates = guardUnknown, append([]Gate{{Guard: guardUnknown.String(), Default: "unknown", Reads: "what a message or an intent asks for"}}, gates...)
		}
		if all.synced && worth < guardUnknown {
			worth, gates = guardUnknown, append([]Gate{syncGate()}, gates...)
		}
		d.Guard, d.Gates = worth.String(), gates
		if d.behind(besides, more); !shut(d.Gates) {
			out = append(out, d)
		}
	}
	return out
}

// addDoors joins the doors of two flows that count as one.
func addDoors(list, more []Door) []Door {
	for _, d := range more {
		i := slices.IndexFunc(list, func(o Door) bool { return o.Class == d.Class && o.Action == d.Action })
		switch {
		case i < 0:
			list = append(list, d)
		case Stronger(list[i].Guard, d.Guard):
			list[i] = d
		}
	}
	return list
}
