package dataflow

import (
	"fmt"
	"slices"
	"strings"
)

// late is the class that marks calls on objects in cells, among those that run later.
const late = "late"

// postpone leaves a call, whose receiver lies in a cell, until it is known what the cell holds: only then it is known which
// of several bodies is meant. It reports whether the call can wait: what it is given must not be changed by it under the
// eyes of this method.
func (f *frame) postpone(r *methodRef, args []value, site uint32) (value, bool) {
	a := f.a
	for _, at := range a.t.atomsOf(args[0]) {
		if k := a.t.node(at).kind; k != kCell && k != kLoad {
			return nothing, false
		}
	}
	for _, v := range args[1:] {
		if r.ret != "V" && a.t.symbolic(v) {
			return nothing, false // what it answers would be one for all callers
		}
		for _, at := range a.t.atomsOf(v) {
			if n := a.t.node(at); n.kind == kObj && (strings.HasPrefix(n.s, "[") || a.u.class(n.s) != nil) {
				return nothing, false
			}
		}
	}
	place := a.t.atom(node{kind: kStore, s: fmt.Sprint(answerPlace, site, args)})
	f.record(event{kind: evAsync, ref: &methodRef{class: late, name: r.name, proto: r.proto, params: []string{r.class}}, args: args, conds: f.gates[f.block], site: site, result: place})
	if r.ret == "V" {
		return nothing, true
	}
	return a.t.of(node{kind: kCell, a: uint32(place), s: "[*]"}), true
}

// answerPlace begins the name of the place of what a postponed call answers.
const answerPlace = "answer:"

// settleLate schedules a postponed call on an object.
func (a *analysis) settleLate(f *frame, e *event, at atom) {
	if m := a.u.find(a.t.node(at).s, e.ref.key()); m != nil {
		a.laterPlain(f, e, m, at)
	}
}

func (a *analysis) laterPlain(f *frame, e *event, m *Method, at atom) {
	own := *e
	if a.rootIDs["#"+m.Ref()] > maxRootsOf/2 { // of many calls, only what they may carry is told apart
		own.args = append([]value{}, e.args...)
		for i, v := range own.args[1:] {
			if !a.carries(v) {
				own.args[i+1] = a.any()
			}
		}
	}
	a.later(f, &own, m, at, []slot{{e.result, "[?]"}})
}

// answerAlike notes that two postponed calls became one: either place may hold the answer.
func (a *analysis) answerAlike(x, y atom) {
	if x == y || x == anyAtom || y == anyAtom || slices.Contains(a.samePlace[x], y) {
		return
	}
	all := []atom{x, y}
	all = append(append(all, a.samePlace[x]...), a.samePlace[y]...)
	slices.Sort(all)
	all = slices.Compact(all)
	for _, at := range all {
		a.samePlace[at] = all
	}
}

// answered joins what places hold that share their answers with one.
func (a *analysis) answered(base atom) value {
	out := nothing
	for _, at := range a.samePlace[base] {
		out = a.t.join(out, a.expand(a.cells[slot{at, "[?]"}]))
	}
	return out
}

// guess enters all bodies of postponed calls whose receiver nobody was seen to store; it reports whether there were any.
func (a *analysis) guess() bool {
	if a.guessed {
		return false
	}
	a.guessed = true
	met := map[int]bool{}
	for k := range a.woken {
		met[k.event] = true
	}
	any := false
	for i := range len(a.waiting) {
		w := &a.waiting[i]
		if w.ref == nil || w.ref.class != late || met[i] {
			continue
		}
		list, more := a.bodies(w.ref.params[0], w.ref.key())
		if more || len(list) > maxGuesses {
			continue
		}
		f := &frame{a: a, m: w.in, s: &state{heap: map[atom]*object{}}}
		at, _ := a.t.single(w.args[0])
		a.inRoot = w.root
		for _, m := range list {
			any = true
			a.laterPlain(f, &w.event, m, at)
		}
		a.inRoot = 0
	}
	return any
}

// bodies are the methods that a call on an object of an unknown class may reach.
func (a *analysis) bodies(class, key string) ([]*Method, bool) {
	if a.u.class(class) != nil {
		return a.u.targets(class, key)
	}
	if class != "Ljava/lang/Object;" {
		return a.u.implementers(class, key)
	}
	return nil, false
}
