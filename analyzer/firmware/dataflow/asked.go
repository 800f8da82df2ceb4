package dataflow

import (
	"slices"
	"strings"
)

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

// known is one thing that a value may be.
type known struct {
	text   string
	number int64
	isText bool
	at     atom // a constant of an enumeration, which the number stands for
}

// decide says whether a condition holds in a context.
func (s *sight) decide(c cond) truth {
	s.stated, s.fields = false, false
	xs, ok1 := s.all(s.value(c.x), 0)
	ys, ok2 := s.all(s.value(c.y), 0)
	if !ok1 || !ok2 {
		return maybe
	}
	can, cannot := false, false
	s.stated = !s.fields
	for _, x := range xs {
		for _, y := range ys {
			holds := false
			switch {
			case !x.isText && !y.isText:
				holds = c.rel.holds(x.number, y.number)
			case c.rel != equal && c.rel != unequal:
				return maybe
			default:
				holds = (x == y) == (c.rel == equal)
			}
			can, cannot = can || holds, cannot || !holds
		}
	}
	return outcome(can, cannot)
}

// all lists everything that a value may be; false where that is not known.
func (s *sight) all(v value, depth int) (out []known, ok bool) {
	a := s.a
	if v == nothing || depth > 3 {
		return nil, false
	}
	for _, at := range a.t.atomsOf(v) {
		n := *a.t.node(at)
		switch n.kind {
		case kInt:
			out = append(out, known{number: n.n})
		case kWhen: // its conditions are somebody's choice
			s.fields = true
			out = append(out, known{number: n.n})
		case kStr:
			out = append(out, known{text: n.s, isText: true})
		case kCompare:
			list, ok := s.equals(value(n.a), value(n.b), depth)
			if !ok {
				return nil, false
			}
			out = append(out, list...)
		case kHome:
			if a.enums.of[at] == nil {
				return nil, false
			}
			out = append(out, known{number: notNull + int64(at), at: at})
		case kLoad:
			if list, ok := s.ofConstants(&n, depth); ok {
				out = append(out, list...)
				continue
			}
			if n.s != textField { // of a builder; a text is its own
				return nil, false
			}
			if _, ok := s.all(a.t.one(atom(n.a)), depth+1); !ok {
				return nil, false
			}
		case kCell:
			list, ok := s.field(&n, depth)
			if !ok {
				return nil, false
			}
			out = append(out, list...)
		default:
			return nil, false
		}
	}
	return out, len(out) > 0
}

// ofConstants lists what a field of a constant of an enumeration may hold.
func (s *sight) ofConstants(n *node, depth int) (out []known, ok bool) {
	if strings.HasPrefix(n.s, namedField) {
		list, ok := s.all(s.a.t.one(atom(n.a)), depth+1)
		for i := range list {
			// null is no name, and a name of none throws
			if at, one := s.a.t.single(s.a.named(list[i].text, n.s)); one && list[i].isText {
				out = append(out, known{number: notNull + int64(at), at: at})
			}
		}
		return out, ok && len(out) > 0
	}
	if n.s != ordinalField && n.s != titleField && !strings.HasPrefix(n.s, caseField) {
		return nil, false
	}
	list, ok := s.all(s.a.t.one(atom(n.a)), depth+1)
	if !ok {
		return nil, false
	}
	for _, k := range list {
		held, ok := s.all(s.a.constantField(k.at, n.s), depth+1)
		if !ok {
			return nil, false
		}
		out = append(out, held...)
	}
	return out, true
}

// equals lists what a comparison of two texts may come to.
func (s *sight) equals(x, y value, depth int) (out []known, ok bool) {
	xs, ok1 := s.all(x, depth+1)
	ys, ok2 := s.all(y, depth+1)
	if !ok1 || !ok2 {
		return nil, false
	}
	var yes, no bool
	for _, i := range xs {
		for _, j := range ys {
			yes, no = yes || i == j, no || i != j
		}
	}
	if yes {
		out = append(out, known{number: 1})
	}
	if no {
		out = append(out, known{number: 0})
	}
	return out, true
}

// field lists what a field of a known object may hold.
func (s *sight) field(n *node, depth int) (out []known, ok bool) {
	a := s.a
	bases := []atom{atom(n.a)}
	if s.intent != nothing && slices.Contains(s.stores, bases[0]) {
		bases = a.t.atomsOf(s.intent)
	}
	for _, b := range bases {
		base := a.t.node(b)
		filled := base.kind == kStore && base.s == filledPlace
		if filled {
			b = atom(base.a)
			base = a.t.node(b)
		}
		switch {
		case base.kind == kStore && strings.HasPrefix(base.s, askedPlace) && (n.s == actionField || n.s == matchedField):
		case base.kind == kHome && base.b != 0:
		default:
			return nil, false
		}
		held := s.contents(b, n.s)
		if filled && (n.s == actionField || held == nothing) {
			return nil, false
		}
		if held != nothing {
			list, ok := s.all(held, depth+1)
			if !ok {
				return nil, false
			}
			out = append(out, list...)
		}
		switch {
		case base.kind == kStore:
		case base.s == "Landroid/os/Message;":
			if held == nothing {
				return nil, false
			}
		case base.s == "Landroid/content/Intent;":
			if s.contents(b, actionField) == nothing {
				return nil, false // not made here
			}
			if n.s == actionField {
				break
			}
			if !strings.HasPrefix(n.s, "[") || n.s == "[*]" || n.s == "[?]" {
				return nil, false
			}
			rest := []known{{}}
			if n.b != 0 {
				if rest, ok = s.all(value(n.b), depth+1); !ok {
					return nil, false
				}
			}
			out = append(out, rest...)
		case a.u.class(base.s) != nil && strings.Contains(n.s, ":"):
			s.fields = true
			if !a.surelyMade(base.s, n.s) {
				out = append(out, known{})
			}
		default:
			return nil, false
		}
	}
	return out, len(out) > 0
}

// asks reports whether a value came with a message or an intent.
func (s *sight) asks(v value) bool {
	a := s.a
	for _, at := range a.t.atomsOf(v) {
		for range 2 * maxDepth {
			n := a.t.node(at)
			switch {
			case n.kind == kLoad && n.s == matchedField, n.kind == kCompare && (s.asks(value(n.a)) || s.asks(value(n.b))),
				n.kind == kStore && (strings.HasPrefix(n.s, "intent:") || strings.HasPrefix(n.s, rowsPlace) || strings.HasPrefix(n.s, askedPlace) || n.s == filledPlace),
				n.kind == kHome && carriers[n.s], n.kind == kParam && carriers[s.m.param(int(n.a))]:
				return true
			}
			if n.kind != kLoad && n.kind != kCell && n.kind != kDerived && n.kind != kAllOf {
				break
			}
			at = atom(n.a)
		}
	}
	return false
}

// carriers are the classes of what is handed to a method that does one of several things.
var carriers = map[string]bool{"Landroid/os/Message;": true, "Landroid/content/Intent;": true, "Landroid/os/Bundle;": true}

// param is the type of an argument of a method, the object itself counted; "" for none.
func (m *Method) param(i int) string {
	if !m.Static() {
		if i == 0 {
			return m.Class.Name
		}
		i--
	}
	if i < 0 || i >= len(m.params) {
		return ""
	}
	return m.params[i]
}
