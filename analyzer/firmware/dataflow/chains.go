package dataflow

// chainTable interns the calls between a settled event and the instruction it is about, innermost first.
type chainTable struct {
	nodes []chainNode
	ids   map[chainNode]uint32
}

type chainNode struct {
	site uint32 // a call
	rest uint32 // the calls inside it
	n    uint32
}

func newChainTable() *chainTable {
	return &chainTable{nodes: make([]chainNode, 1), ids: map[chainNode]uint32{}}
}

// maxCalls bounds a chain; outer calls of a longer one are not kept.
const maxCalls = 12

func (t *chainTable) push(site, rest uint32) uint32 {
	n := chainNode{site, rest, t.nodes[rest].n + 1}
	if n.n > maxCalls {
		return rest
	}
	if id, ok := t.ids[n]; ok {
		return id
	}
	id := uint32(len(t.nodes))
	t.nodes = append(t.nodes, n)
	t.ids[n] = id
	return id
}

// list returns the sites of a chain, outermost first.
func (t *chainTable) list(id uint32) []uint32 {
	var out []uint32
	for ; id != 0; id = t.nodes[id].rest {
		out = append(out, t.nodes[id].site)
	}
	return out
}

// maxCtx bounds the calls that tell objects of one instruction apart.
const maxCtx = 3

// through returns the atom of an object as seen by the caller of the method that made it.
func (a *analysis) through(at atom, site uint32) atom {
	if place, ok := a.enums.made[at]; ok {
		return place
	}
	n := *a.t.node(at)
	if n.n >= maxCtx {
		return at
	}
	n.b = a.chains.push(site, n.b)
	n.n++
	return a.t.atom(n)
}
