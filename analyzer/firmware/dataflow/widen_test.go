package dataflow

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Of an address behind a static base, where a value is too many things: the base with the path stays, the base by itself is none.
func TestShrinkKeepsPath(t *testing.T) {
	tab := newTables()
	empty := tab.atom(node{kind: kStr})
	base := tab.atom(node{kind: kCell, a: uint32(tab.atom(node{kind: kHome, s: "Lplaces;"})), s: "BASE:L"})
	address := tab.concat(tab.concat(empty, base), tab.atom(node{kind: kStr, s: "/place"}))
	list := []atom{address}
	for i := range 2 * maxSet {
		given := tab.atom(node{kind: kParam, a: uint32(i)})
		list = append(list, tab.concat(tab.concat(address, tab.atom(node{kind: kStr, s: "?d="})), given))
	}
	found := false
	for _, at := range tab.atomsOf(tab.make(list)) {
		if at == base {
			t.Error("the base stands by itself")
		}
		parts := tab.partsOf(at)
		found = found || parts[0] == base && len(parts) > 1 && strings.HasPrefix(tab.node(parts[1]).s, "/place")
	}
	if !found {
		t.Error("the path is gone")
	}
}

// Of an address behind a parameter, where a value is too many things, the query stays too.
func TestShrinkKeepsQuery(t *testing.T) {
	tab := newTables()
	base, query := tab.atom(node{kind: kParam}), tab.atom(node{kind: kStr, s: "?d="})
	var list []atom
	for i := range 2 * maxSet {
		held := tab.atom(node{kind: kLoad, a: uint32(tab.atom(node{kind: kParam, a: 1})), s: strconv.Itoa(i)})
		list = append(list, tab.concat(tab.concat(base, query), tab.atom(node{kind: kDerived, a: uint32(held)})))
	}
	for _, at := range tab.atomsOf(tab.make(list)) {
		if parts := tab.partsOf(at); len(parts) > 1 && parts[0] == base && parts[1] == query {
			return
		}
	}
	t.Error("the query is gone")
}

// A text that a new builder begins with is no beginning of one, and a text that only that was put before stays a text.
func TestConcatEmpty(t *testing.T) {
	tab := newTables()
	empty, given, more := tab.atom(node{kind: kStr}), tab.atom(node{kind: kParam}), tab.atom(node{kind: kStr, s: "?"})
	one := tab.concat(empty, given)
	if n := tab.node(one); n.kind != kConcat {
		t.Errorf("an empty text and a parameter are a node of kind %d", n.kind)
	}
	if got := tab.partsOf(tab.concat(one, more)); len(got) != 2 || got[0] != given || got[1] != more {
		t.Errorf("parts %v", got)
	}
	if n := tab.beginsWith(tab.concat(one, more), one); n <= 0 {
		t.Error("a longer text does not begin with the shorter")
	}
}

// Where data is there in more forms than a value holds, other data is not lost for them.
func TestShrinkKeepsData(t *testing.T) {
	tab := newTables()
	var list []atom
	for i := range maxSet - 2 {
		held := uint32(tab.atom(node{kind: kParam, a: uint32(i)}))
		for _, bits := range []uint32{0, asHashed, asEncoded | asHashed} {
			list = append(list, tab.atom(node{kind: kDerived, a: held, b: bits}))
		}
	}
	v := tab.atomsOf(tab.make(list))
	for i := range maxSet - 2 {
		if plain := tab.atom(node{kind: kDerived, a: uint32(tab.atom(node{kind: kParam, a: uint32(i)}))}); !slices.Contains(v, plain) {
			t.Errorf("what is made of parameter %d is gone", i)
		}
	}
	if unmarked(v) < len(v) {
		t.Error("a form is told as a loss of data")
	}
}
