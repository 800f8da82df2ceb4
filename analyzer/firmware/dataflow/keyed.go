package dataflow

import (
	"slices"
	"strings"
)

// A method that goes over the entries of a map and asks what they are called does one thing to some of them and another to others.
// Where the map that it is given has known keys alone, the method is run again for them: entry by entry, each question answered. What
// the entries hold stays the caller's.

// Bounds on such runs: keys of a map, runs of one method, of an app, and instructions of a method. All runs together take no more of
// the work on an app than those for constants do; see specialShare.
const (
	maxKeys       = 24
	maxKeyedOf    = 12
	maxKeyed      = 300
	maxKeyedInsns = 200
)

// Fields of a map in such a run, and of its entries.
const (
	keysField  = "$keys" // the names of all its keys
	entryKey   = "[key]"
	entryValue = "[value]"
	entryClass = "Ljava/util/Map$Entry;"
)

// asksEntries notes that a method asks something of what it came to by going over a map that it is given.
func (f *frame) asksEntries(v value) {
	if f.m == nil || f.closed || f.a.profile == "droidbench" || !f.a.t.symbolic(v) {
		return
	}
	for _, at := range f.a.t.atomsOf(v) {
		over := false
		for range 2 * maxDepth {
			n := f.a.t.node(at)
			if n.kind == kParam && over {
				f.keyedBy(n)
			}
			if n.kind != kLoad && n.kind != kDerived && n.kind != kAllOf {
				break
			}
			over = over || n.kind == kAllOf || n.s == "[*]"
			at = atom(n.a)
		}
	}
}

// keyedBy notes that what a method does depends on the keys of a parameter, where that is a map.
func (f *frame) keyedBy(param *node) {
	i := int(param.a)
	if !f.m.Static() {
		i--
	}
	if i >= 0 && i < len(f.m.params) && param.a < 32 && f.a.u.is(f.m.params[i], "Ljava/util/Map;") {
		f.keyed |= 1 << param.a
	}
}

// keysOf lists the keys of a map, as texts; false where it may have others.
func (f *frame) keysOf(at atom) (value, bool) {
	a := f.a
	o, n := f.s.heap[at], a.t.node(at)
	_, given := o.get(keysField)
	_, mixed := o.get("[?]")
	if o == nil || mixed || f.s.lost(at) || f.s.lost(anyAtom) || f.s.sent(at) || !given && (n.kind != kObj || !a.u.is(n.s, "Ljava/util/Map;")) {
		return nothing, false
	}
	var keys []atom
	for _, name := range o.names {
		if strings.HasPrefix(name, "[") && name != "[*]" {
			keys = append(keys, a.t.atom(node{kind: kStr, s: strings.TrimSuffix(name[1:], "]")}))
		}
	}
	if len(keys) == 0 || len(keys) > maxKeys {
		return nothing, false
	}
	return a.t.make(keys), true
}

// forKeys returns what a method does with the keys of the maps that it is given here; of a map that is the caller's own, the caller
// depends on the keys too.
func (f *frame) forKeys(m *Method, given []value, s *summary) *summary {
	a := f.a
	if s.keyed == 0 || !s.done || f.m == nil {
		return s
	}
	list := make([]value, min(len(given), 32))
	for i := range list {
		at, one := a.t.single(given[i])
		if !one || s.keyed&(1<<i) == 0 {
			continue
		}
		if keys, ok := f.keysOf(at); ok {
			list[i] = keys
		} else if n := a.t.node(at); n.kind == kParam && !f.closed {
			f.keyedBy(n)
		}
	}
	k := specialKey{s, a.handed.of(list)}
	if k.list == 0 {
		return s
	}
	if own := a.special.keyed[k]; own != nil {
		return own
	}
	if a.special.spent > a.limits.Steps/specialShare || a.stack >= maxStack || len(a.special.keyed) >= maxKeyed || a.special.keyedOf[s] >= maxKeyedOf {
		a.cut("runs for the keys of a map")
		return s
	}
	a.special.keyedOf[s]++
	a.special.keyed[k] = s // for calls of itself
	before := a.steps
	own := a.runForKeys(m, list, s)
	a.special.spent += a.steps - before
	a.special.keyed[k] = own
	return own
}

// runForKeys runs a method with the keys of some of its parameters known; general is its summary. What that settles by itself is
// settled.
func (a *analysis) runForKeys(m *Method, list []value, general *summary) *summary {
	f := a.newFrame(m)
	if f == nil || len(f.g.insns) > maxKeyedInsns {
		return general
	}
	for i, keys := range list {
		if keys == nothing {
			continue
		}
		p := a.t.atom(node{kind: kParam, a: uint32(i)})
		f.in[0].put(slot{p, keysField}, keys)
		for _, at := range a.t.atomsOf(keys) {
			field := "[" + a.t.node(at).s + "]"
			f.in[0].put(slot{p, field}, a.initial(p, field))
		}
	}
	f.silent, f.closed = true, true
	a.stack++
	f.run()
	a.stack--
	if f.exit == nil || f.spent > a.limits.MethodSteps {
		return general
	}
	if f.plain {
		f.answersByPath()
	}
	own := &summary{done: true, rounds: general.rounds, ret: f.returns, throws: f.throws, steers: general.steers, makes: general.makes}
	if m.Class.Lib {
		a.lean(m, own)
	}
	f.s = f.exit
	for i := range f.events {
		e := &f.events[i]
		if e.kind != evGone && (f.deep(e) || slices.ContainsFunc(general.events, func(g event) bool { return g.kind == e.kind && g.site == e.site })) {
			own.events = append(own.events, *e)
		}
	}
	clear(a.sharing)
	own.heap = a.exported(f, own)
	return own
}

// opMapView is what a map shows of itself: in a run for its keys a list of them, of what they lead to, or of entries.
func opMapView(f *frame, c *call) (value, bool) {
	a := f.a
	at, one := a.t.single(c.at(0))
	if !one || f.looping() || !f.closed && c.Text != "keys" {
		return c.at(0), false
	}
	keys, ok := f.keysOf(at)
	if !ok {
		return c.at(0), false
	}
	if !f.closed { // in no order
		v := f.object("Ljava/util/ArrayList;")
		a.store(f.s, v, "[?]", keys)
		return v, false
	}
	v := f.object("Ljava/util/ArrayList;")
	for i, k := range a.t.atomsOf(keys) {
		e := a.t.one(k)
		if held := a.load(f.s, c.at(0), "["+a.t.node(k).s+"]"); c.Text == "values" {
			e = held
		} else if c.Text == "entries" {
			e = a.t.of(node{kind: kObj, a: f.siteN(uint32(i + 1)), s: entryClass})
			a.store(f.s, e, entryKey, a.t.one(k))
			a.store(f.s, e, entryValue, held)
			a.store(f.s, e, listField, c.at(0))
		}
		a.store(f.s, v, element(int64(i)), e)
	}
	a.store(f.s, v, countField, a.t.num(int64(len(a.t.atomsOf(keys)))))
	return v, false
}

// opEntry is the key or the value of an entry; opSetEntry gives it another value, and the map with it.
func opEntry(f *frame, c *call) (value, bool) {
	a := f.a
	field := map[string]string{"getKey": entryKey}[c.r.name]
	if field == "" {
		field = entryValue
	}
	out := nothing
	for _, at := range a.t.atomsOf(c.at(0)) {
		v := f.s.at(slot{at, field})
		if a.t.node(at).s != entryClass || v == nothing {
			return opGet(f, c)
		}
		out = a.t.join(out, v)
	}
	if out == nothing {
		return opGet(f, c)
	}
	return out, false
}

func opSetEntry(f *frame, c *call) (value, bool) {
	a := f.a
	for _, at := range a.t.atomsOf(c.at(0)) {
		one := a.t.one(at)
		key, known := a.t.text(f.s.at(slot{at, entryKey}))
		if a.t.node(at).s != entryClass || !known {
			a.add(f.s, one, "[?]", c.at(1))
			continue
		}
		if of := f.s.at(slot{at, listField}); f.looping() || len(a.t.atomsOf(c.at(0))) > 1 {
			a.add(f.s, one, entryValue, c.at(1))
			a.add(f.s, of, "["+key+"]", c.at(1))
		} else {
			a.store(f.s, one, entryValue, c.at(1))
			a.store(f.s, of, "["+key+"]", c.at(1))
		}
	}
	return a.any(), false
}
