package dataflow

// One method may do one of several things, by what it is handed: the number of a message, the action of an intent, a flag.
// Why it runs is therefore kept for each set of arguments it is run with, a context, and a call that stands behind a
// condition is followed from those contexts only in which the condition can hold. Arguments of which nothing is known
// are one context of their own, in which everything can.

// maxContexts bounds the contexts of one method; what comes with others counts as unknown.
const maxContexts = 32

// context is a method with arguments.
type context struct {
	m    *Method
	args args
}

// contextNode is why a method runs with some arguments.
type contextNode struct {
	context
	why   label
	own   label // why the platform calls it
	entry bool
	out   []contextEdge
	gates [labels]condset
	has   label // the reasons that gates are known of
	sight *sight
	doubt bool  // nothing that was seen leads here
	runs  uint8 // 2 where the method was run with these arguments, 1 where not, 0 where that was not asked
}

type contextEdge struct {
	to    int
	e     *callEdge
	conds condset // that may fail
	open  bool    // one of them asks for what came with a message or an intent
}

// contextGraph holds the contexts that the entries lead to.
type contextGraph struct {
	r     *reachability
	out   map[*Method][]*callEdge
	cares map[*Method]uint32 // parameters that decide something
	nodes []*contextNode
	ids   map[context]int
	of    map[*Method][]int
	in    [][]calledBy      // what leads to each, once it was asked for
	roots map[*Method][]int // the runs of each method, once they were asked for

	listen listening
}

// build follows all calls from the entries. Not all code that calls or sends is found: what no context that was seen would
// lead to is entered all the same, in doubt.
func (g *contextGraph) build() {
	type left struct {
		from int
		e    *callEdge
	}
	var shut []left
	doubt := false
	for i := 0; ; i++ {
		if i == len(g.nodes) {
			for len(shut) > 0 && len(g.of[shut[0].e.to]) > 0 {
				shut = shut[1:]
			}
			if len(shut) == 0 {
				return
			}
			l := shut[0]
			to := g.node(l.e.to, nil)
			g.nodes[l.from].out = append(g.nodes[l.from].out, contextEdge{e: l.e, to: to, conds: l.e.conds, open: true})
			doubt = true
		}
		n := g.nodes[i]
		n.doubt = doubt
		for _, e := range g.out[n.m] {
			if to, ok := g.follow(n, e); ok {
				n.out = append(n.out, to)
			} else {
				shut = append(shut, left{i, e})
			}
		}
	}
}

// node returns the number of a context, made where it is new.
func (g *contextGraph) node(m *Method, list []value) int {
	a := g.r.a
	kept := make([]value, len(list))
	for i, v := range list {
		if i < 32 && g.cares[m]&(1<<i) != 0 {
			kept[i] = v
		}
	}
	c := context{m, a.handed.of(kept)}
	if c.args != 0 && len(g.of[m]) >= maxContexts {
		if _, ok := g.ids[c]; !ok {
			c.args = 0
		}
	}
	if i, ok := g.ids[c]; ok {
		return i
	}
	i := len(g.nodes)
	g.nodes, g.ids[c] = append(g.nodes, &contextNode{context: c}), i
	g.of[m] = append(g.of[m], i)
	return i
}

// follow finds what a call leads to from a context; false where its conditions cannot hold there.
func (g *contextGraph) follow(n *contextNode, e *callEdge) (contextEdge, bool) {
	a := g.r.a
	out := contextEdge{e: e, conds: e.conds}
	if e.root > 0 && !g.fits(n, e.root) {
		return out, false
	}
	s := g.seen(n)
	if e.conds != 0 {
		var ok bool
		if out.conds, out.open, ok = s.conditions(e.conds); !ok {
			return out, false
		}
	}
	var list []value
	for _, v := range a.handed.list(e.args) {
		if v != nothing && a.t.symbolic(v) {
			v = s.plain(s.value(v))
		}
		list = append(list, v)
	}
	out.to = g.node(e.to, list)
	return out, true
}

// fits reports whether a run of a method on its own may be one in a context.
func (g *contextGraph) fits(n *contextNode, root int32) bool {
	a := g.r.a
	given := a.handed.list(n.args)
	if _, entry := a.entries[n.m]; entry {
		return true
	}
	for i, v := range a.roots[root-1].args {
		if i < len(given) && given[i] != nothing && g.cares[n.m]&(1<<i) != 0 && given[i] != v && (a.deciding(v) || g.hasOwn(n)) {
			return false
		}
	}
	return true
}

// hasOwn reports whether a method was run with what a context hands it: of runs with what is not known there nothing is to be
// learnt then.
func (g *contextGraph) hasOwn(n *contextNode) bool {
	if n.runs != 0 {
		return n.runs > 1
	}
	a := g.r.a
	if g.roots == nil {
		g.roots = map[*Method][]int{}
		for i := range a.roots {
			g.roots[a.roots[i].m] = append(g.roots[a.roots[i].m], i)
		}
	}
	n.runs = 1
	given := a.handed.list(n.args)
	for _, i := range g.roots[n.m] {
		with := a.roots[i].args
		same := true
		for k, v := range given {
			same = same && (v == nothing || k < len(with) && with[k] == v)
		}
		if same {
			n.runs = 2
			break
		}
	}
	return n.runs > 1
}

// cared finds which parameters of methods decide something, by themselves or where they are handed on.
func (g *contextGraph) cared(list []callEdge) {
	a := g.r.a
	in := map[*Method][]*callEdge{}
	var todo []*Method
	note := func(m *Method, bits uint32) {
		if g.cares[m]|bits != g.cares[m] {
			g.cares[m] |= bits
			todo = append(todo, m)
		}
	}
	for i := range list {
		e := &list[i]
		in[e.to] = append(in[e.to], e)
		note(e.from, a.paramsIn(e.conds))
		if e.root > 0 && e.conds != 0 {
			note(e.from, 1<<32-1)
		}
	}
	for i := range a.settled {
		if e := &a.settled[i]; e.root > 0 && e.conds != 0 {
			note(e.in, 1<<32-1)
		}
	}
	for len(todo) > 0 {
		m := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, e := range in[m] {
			bits := uint32(0)
			for i, v := range a.handed.list(e.args) {
				if g.cares[m]&(1<<i) != 0 {
					bits |= a.paramsOf(v)
				}
			}
			note(e.from, bits)
		}
	}
}
