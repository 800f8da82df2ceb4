package dataflow

import (
	"slices"
	"strconv"
	"testing"
)

// many joins more values than a set holds.
func many(a *analysis, one func(i int) value) value {
	out := nothing
	for i := range 3 * maxSet {
		out = a.t.join(out, one(i))
	}
	return out
}

// TestLostIsToldWhereItIsAskedFor: alternatives that are cut off a value are a cut of the app where something asks for what they
// were, and nowhere else.
func TestLostIsToldWhereItIsAskedFor(t *testing.T) {
	a := testFrame().a
	param := uint32(a.t.atom(node{kind: kParam}))
	texts := many(a, func(i int) value { return a.t.str("t" + strconv.Itoa(i)) })
	loads := many(a, func(i int) value { return a.t.of(node{kind: kLoad, a: param, s: strconv.Itoa(i) + ":L"}) })
	numbers := many(a, func(i int) value { return a.t.of(node{kind: kLoad, a: param, s: strconv.Itoa(i) + ":I"}) })
	objects := many(a, func(i int) value { return a.t.of(node{kind: kObj, a: uint32(i), s: "La;"}) })
	read := &Call{Op: "read", Key: 1}
	for _, c := range []struct {
		name string
		use  func()
		cuts bool
	}{
		{"texts as what is sent", func() { a.asks(texts, lostData, lostThing) }, false},
		{"texts as an address", func() { a.asks(texts, lostText) }, true},
		{"a text made of texts as an address", func() {
			a.asks(a.t.make(a.append(a.append(nil, a.t.str("http://a/"), true), texts, false)), lostText)
		}, true},
		{"texts as a key", func() { a.consults(read, []value{a.any(), texts}) }, true},
		{"a hash of texts as a key", func() { a.consults(read, []value{a.any(), a.derive(texts, asHashed)}) }, false},
		{"texts kept in objects of which some are lost", func() { a.storesTo(objects, texts) }, false},
		{"fields kept there", func() { a.storesTo(objects, a.t.of(node{kind: kLoad, a: param, s: "f:L"})) }, true},
		{"fields kept in one object", func() { a.storesTo(a.t.of(node{kind: kObj, s: "La;"}), loads) }, false},
		{"fields as what is sent", func() { a.asks(loads, lostData, lostThing) }, true},
		{"a hash of fields as what is sent", func() { a.asks(a.derive(loads, asHashed), lostData, lostThing) }, true},
		{"numbers of fields as what is sent", func() { a.asks(numbers, lostData, lostThing) }, true},
		{"numbers of fields as a receiver", func() { a.asks(numbers, lostThing) }, false},
		{"objects as a receiver", func() { a.asks(objects, lostThing) }, true},
		{"what objects hold as what is sent", func() {
			a.asks(a.reach(&state{heap: map[atom]*object{}}, objects), lostData)
		}, true},
		{"fields of objects as a receiver", func() { a.asks(a.load(&state{heap: map[atom]*object{}}, objects, "f:L"), lostThing) }, true},
	} {
		a.cutsBy = map[string]int{}
		if c.use(); (a.cutsBy[alternatives] > 0) != c.cuts {
			t.Errorf("%s: cuts %v, want %v", c.name, a.cutsBy, c.cuts)
		}
	}
}

// TestLostStaysInGrowingSets: what was lost is not forgotten when more is cut off, and takes no room from the rest.
func TestLostStaysInGrowingSets(t *testing.T) {
	a := testFrame().a
	v := many(a, func(i int) value { return a.t.of(node{kind: kObj, a: uint32(i), s: "La;"}) })
	v = a.t.join(v, many(a, func(i int) value { return a.t.of(node{kind: kSource, n: int64(i + 1)}) }))
	if !a.misses(v, lostThing) || !a.misses(v, lostData) {
		t.Errorf("marks %v", a.lossOf(v))
	}
	if n := unmarked(a.t.atomsOf(v)); n != maxSet {
		t.Errorf("%d atoms beside the marks, want %d", n, maxSet)
	}
}

// TestFieldsOfTexts: a field beyond the bound of an object that only holds a text is no cut, and one that holds data is.
func TestFieldsOfTexts(t *testing.T) {
	a := testFrame().a
	obj := a.t.of(node{kind: kObj, s: "La;"})
	fill := func(one func(i int) value) *state {
		a.cutsBy = map[string]int{}
		s := &state{heap: map[atom]*object{}}
		for i := range maxFields + 10 {
			a.store(s, obj, strconv.Itoa(i)+":L", one(i))
		}
		return s
	}
	s := fill(func(i int) value { return a.t.str(strconv.Itoa(i)) })
	if v := a.load(s, obj, strconv.Itoa(maxFields+9)+":L"); a.cutsBy["fields"] != 0 || !a.misses(v, lostText) || a.misses(v, lostData) {
		t.Errorf("texts: cuts %v, marks %v", a.cutsBy, a.lossOf(v))
	}
	fill(func(i int) value { return a.t.of(node{kind: kParam, a: uint32(i)}) })
	if a.cutsBy["fields"] == 0 {
		t.Error("parameters: no cut is told")
	}
}

// TestNumbersOfMessagesStay: which of several things a message asks for is known in however large a state; what else it holds is
// not.
func TestNumbersOfMessagesStay(t *testing.T) {
	a := testFrame().a
	s := &state{heap: map[atom]*object{}}
	for i := range 3 * maxObjects {
		a.store(s, a.t.of(node{kind: kObj, a: uint32(i), s: "La;"}), "x:I", a.t.num(1))
	}
	m := a.t.of(node{kind: kObj, a: 1 << 20, s: "Landroid/os/Message;"})
	a.store(s, m, "what:I", a.t.num(7))
	a.store(s, m, "arg1:I", a.t.num(8))
	a.forget(s, anyAtom, nothing)
	if n, ok := a.t.number(a.load(s, m, "what:I")); !ok || n != 7 {
		t.Errorf("number of the message: %d, %v", n, ok)
	}
	if n, ok := a.t.number(a.load(s, m, "arg1:I")); ok {
		t.Errorf("what came with the message is known: %d", n)
	}
	one, _ := a.t.single(m)
	var list []effect
	for i := range 2 * maxEffects {
		list = append(list, effect{slot{a.t.atom(node{kind: kParam, a: uint32(i)}), "x:I"}, a.t.num(1)})
	}
	list = append(list, effect{slot{one, "what:I"}, a.t.num(7)})
	if !slices.ContainsFunc(a.within(list, maxEffects), func(e effect) bool { return e.base == one && e.field == "what:I" }) {
		t.Error("no caller is told the number of the message")
	}
}

// TestCallsThatNeedNotWait: a call beyond the bound on those that wait is no cut where all it does is to read; what it may have
// found is lost where it is asked for.
func TestCallsThatNeedNotWait(t *testing.T) {
	f := testFrame()
	recv := f.a.t.of(node{kind: kParam})
	f.pended = maxPending
	v := f.pend(&methodRef{class: "Ljava/util/Map;", name: "get", ret: "Ljava/lang/Object;"}, &Call{Op: "get", Key: 1}, []value{recv, recv}, 1)
	if len(f.a.cutsBy) != 0 || !f.a.misses(v, lostThing) || !f.a.carries(v) {
		t.Errorf("get: cuts %v, marks %v", f.a.cutsBy, f.a.lossOf(v))
	}
	f.pend(&methodRef{class: "Ljava/util/Map;", name: "put", ret: "Ljava/lang/Object;"}, &Call{Op: "put", Key: 1}, []value{recv, recv, recv}, 1)
	if f.a.cutsBy["calls handed up"] != 1 {
		t.Errorf("put: cuts %v", f.a.cutsBy)
	}
}
