package dataflow

// sight is what a context sees of the values of its method.
type sight struct {
	a      *analysis
	p      *mapping
	m      *Method
	known  map[condset]judgedSet
	intent value  // what the component was started with, or asked by, nothing where that is not known
	stated bool   // of the condition looked at last: it compares what senders state
	fields bool   // of it: fields of the program's own objects are among that, or answers under conditions
	stores []atom // the places that stand for it in runs of the method
}

// seen returns what a context sees.
func (g *contextGraph) seen(n *contextNode) *sight {
	if n.sight != nil {
		return n.sight
	}
	a := g.r.a
	f := &frame{a: a, m: n.m, s: &state{heap: map[atom]*object{}}}
	list := make([]value, len(n.m.params)+1)
	copy(list, a.handed.list(n.args))
	s := &sight{a: a, m: n.m, known: map[condset]judgedSet{}}
	for i, p := range n.m.params {
		at := i
		if !n.m.Static() {
			at++
		}
		if (p == "Landroid/content/Intent;" || p == uriType) && at < len(list) && list[at] != nothing {
			if s.stores = a.intentsOf(n.m); len(s.stores) > 0 {
				s.intent = list[at]
			}
		}
	}
	for i, v := range list {
		if v == nothing {
			list[i] = a.any()
		}
	}
	s.p = &mapping{f: f, args: list, before: f.s}
	s.p.reset()
	n.sight = s
	return s
}

// intentsOf lists the places of what is handed to a method of a component, or of receivers that code registers.
func (a *analysis) intentsOf(m *Method) (out []atom) {
	if class, entry := a.entries[m]; entry {
		out = append(out, a.t.atom(node{kind: kStore, s: "intent:" + class}), a.t.atom(node{kind: kStore, s: rowsPlace + class}))
	}
	if m.Name+m.Proto != onReceive {
		return out
	}
	for i := range a.dynamic {
		if d := &a.dynamic[i]; a.u.find(d.class, onReceive) == m {
			out = append(out, a.t.atom(node{kind: kStore, s: "intent:" + d.store}))
		}
	}
	return out
}

func (s *sight) value(v value) value { return s.p.whole(v) }

// conditions returns those conditions of a set that may fail in a context, and whether one of them asks for what came with
// a message or an intent; false where one cannot hold.
func (s *sight) conditions(set condset) (left condset, open, ok bool) {
	if j, seen := s.known[set]; seen {
		return j.left, j.open, j.ok
	}
	left, open, ok = s.judge(set)
	s.known[set] = judgedSet{left, open, ok}
	return left, open, ok
}

// judgedSet is what a context says of a set of conditions.
type judgedSet struct {
	left     condset
	open, ok bool
}

func (s *sight) judge(set condset) (left condset, open, ok bool) {
	a := s.a
	var out []uint32
	for _, id := range a.c.sets[set] {
		c := a.c.conds[id]
		switch s.decide(c) {
		case never:
			return 0, false, false
		case always:
			continue
		}
		if ways, free, ok := a.waysOf(c); ok {
			if free {
				continue
			}
			c, asks, can := s.oneOf(ways, c)
			if !can {
				return 0, false, false
			}
			open = open || asks
			out = append(out, c...)
			continue
		}
		open = open || s.asks(c.x) || s.asks(c.y)
		if !s.stated { // what a sender states either way is nobody's choice
			out = append(out, id)
		}
	}
	return a.c.set(out), open, true
}

// oneOf judges a condition that one of several sets of conditions holds: what of it may fail, and whether that asks for what
// came with a message or an intent; false where none can hold.
func (s *sight) oneOf(ways []condset, c cond) (left []uint32, open, ok bool) {
	a := s.a
	list := []atom{a.otherwise()}
	for _, w := range ways {
		w, asks, can := s.judge(w)
		switch {
		case !can:
			continue
		case w == 0:
			return nil, false, true
		}
		open = open || asks
		list = append(list, a.t.atom(node{kind: kWhen, n: 1, b: uint32(w)}))
	}
	if len(list) == 1 {
		return nil, false, false
	}
	return a.simpler(nil, cond{c.rel, a.t.make(list), c.y, c.site}), open, true
}

// plain replaces a value by what it may be where that is known; nothing where it decides nothing.
func (s *sight) plain(v value) value {
	a := s.a
	s.fields = false
	if list, ok := s.all(v, 0); ok && !s.fields {
		out := nothing
		for _, k := range list {
			if k.isText {
				out = a.t.join(out, a.t.str(k.text))
			} else if k.at != 0 {
				out = a.t.join(out, a.t.one(k.at))
			} else {
				out = a.t.join(out, a.t.num(k.number))
			}
		}
		v = out
	}
	if !a.deciding(v) {
		return nothing
	}
	return v
}
