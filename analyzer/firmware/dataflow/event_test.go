package dataflow

import (
	"strconv"
	"testing"
)

// testFrame is a frame of a method without code, and its analysis.
func testFrame() *frame {
	a := newAnalysis(newUniverse(NewProgram(nil), nil, nil), &App{}, &Vocabulary{}, "", Limits{})
	m := &Method{Class: &Class{Name: "La;"}, Name: "m", Proto: "()V"}
	return &frame{a: a, m: m, g: &graph{loops: make([]bool, 1)}, gates: make([]condset, 1), index: map[eventKey]int{}, s: &state{heap: map[atom]*object{}}}
}

// TestPostponedCallsOfOneInstruction: a call that is postponed in thousands of ways to one instruction is one event beyond the
// bound on events, and all that wait for its answer get it. Calls of as many instructions are too many, and that is told.
func TestPostponedCallsOfOneInstruction(t *testing.T) {
	const many = 3 * maxEvents
	ref := &methodRef{class: late, name: "read", proto: "()I"}
	place := func(f *frame, i int) atom { return f.a.t.atom(node{kind: kStore, s: "answer:" + strconv.Itoa(i)}) }

	f := testFrame()
	for i := range many {
		recv := f.a.t.of(node{kind: kLoad, a: uint32(f.a.t.atom(node{kind: kParam})), s: strconv.Itoa(i % 3)})
		f.record(event{kind: evAsync, ref: ref, args: []value{recv}, site: f.a.siteN(f.m, 7, uint32(i)), chain: f.a.chains.push(uint32(i+1), 0), result: place(f, i)})
	}
	if len(f.events) != maxEvents+1 || f.a.cutsBy["events of a method"] != 0 {
		t.Errorf("one instruction: %d events, cuts %v", len(f.events), f.a.cutsBy)
	}
	if n := len(f.a.t.atomsOf(f.events[maxEvents].args[0])); n != 3 {
		t.Errorf("%d receivers, want 3", n)
	}
	f.a.writeCell(slot{place(f, many-1), "[?]"}, f.a.t.str("answer"), nil)
	for _, i := range []int{maxEvents, maxEvents + 1, many - 1} {
		if s, _ := f.a.t.text(f.a.contents(place(f, i), "[*]")); s != "answer" {
			t.Errorf("place %d holds %q", i, s)
		}
	}

	f = testFrame()
	for i := range many {
		f.record(event{kind: evAsync, ref: ref, args: []value{f.a.any()}, site: f.a.site(f.m, uint32(i)), result: place(f, i)})
	}
	if f.a.cutsBy["events of a method"] == 0 {
		t.Error("calls of many instructions: no cut is told")
	}
	f.a.writeCell(slot{place(f, 1), "[?]"}, f.a.t.str("answer"), nil)
	if v := f.a.contents(place(f, 0), "[*]"); v != nothing {
		t.Error("calls of two instructions share their answer")
	}
}

// TestSameCallWaitsOnce: beyond the bound on calls that wait, one that waits already is the same call; another is cut.
func TestSameCallWaitsOnce(t *testing.T) {
	f := testFrame()
	recv := f.a.t.of(node{kind: kParam})
	ref := func(i int) *methodRef {
		return &methodRef{class: "Lsource;", name: "read" + strconv.Itoa(i), proto: "()I", ret: "I"}
	}
	var first value
	for i := range maxPending {
		v := f.pend(ref(i), nil, []value{recv}, f.a.site(f.m, uint32(i)))
		if i == 0 {
			first = v
		}
	}
	if v := f.pend(ref(0), nil, []value{recv}, f.a.site(f.m, 100)); v != first || f.a.cutsBy["calls handed up"] != 0 {
		t.Errorf("the same call: %v, want %v; cuts %v", v, first, f.a.cutsBy)
	}
	f.pend(ref(0), nil, []value{f.a.any()}, f.a.site(f.m, 101))
	f.pend(ref(maxPending), nil, []value{recv}, f.a.site(f.m, 102))
	if n := f.a.cutsBy["calls handed up"]; n != 2 {
		t.Errorf("other calls: %d cuts, want 2", n)
	}
}
