package dataflow

// wayStep is a place of a search from a method back to what runs it.
type wayStep struct {
	m    *Method
	via  callEdge // the call that leads on
	next int
}

// maxWay bounds the methods that a search for a way looks at.
const maxWay = 10_000

// way returns the calls that lead to a method from what the platform runs, for evidence: the shortest, the first call
// first. Of several reasons for which the method runs it shows one that needs no user, where there is one.
func (r *reachability) way(m *Method) []Site {
	for bit := range labels { // the automatic ones come first
		if l := label(1) << bit; r.why[m]&l != 0 {
			return r.wayFor(m, l)
		}
	}
	return nil
}

// wayFor searches the way on which one reason comes to a method.
func (r *reachability) wayFor(m *Method, l label) []Site {
	queue := []wayStep{{m, callEdge{}, -1}}
	seen := map[*Method]bool{m: true}
	for i := 0; i < len(queue) && len(queue) < maxWay; i++ {
		s := queue[i]
		if r.entry[s.m]&l != 0 {
			return r.sitesOf(queue, i)
		}
		for _, e := range r.in[s.m] {
			l2 := r.why[e.from]
			switch {
			case l2 == 0 || seen[e.from]:
			case e.adds&l != 0, e.byUser()&l != 0: // the reason begins with this call
				return r.sitesOf(append(queue, wayStep{e.from, e, i}), len(queue))
			case along(l2, e)&l2&l != 0:
				seen[e.from] = true
				queue = append(queue, wayStep{e.from, e, i})
			}
		}
	}
	return nil
}

// sitesOf lists the instructions of a way that was found.
func (r *reachability) sitesOf(queue []wayStep, i int) []Site {
	var out []Site
	for ; i >= 0; i = queue[i].next {
		via := queue[i].via
		for _, id := range append(r.a.chains.list(via.chain), via.site) {
			if id != 0 && r.a.sites[id].Method != nil {
				out = append(out, r.a.sites[id])
			}
		}
	}
	return out
}
