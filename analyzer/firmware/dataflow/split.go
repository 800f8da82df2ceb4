package dataflow

import (
	"slices"

	"romscan/analyzer/fact/dex"
)

// Where ways through a method meet, what they have in common is kept of each value by itself. That two values were chosen
// together, or that a test was passed before, is lost. Short methods where that may matter are run way by way.

// Bounds on methods that are run way by way: blocks of the method, and blocks that are run.
const (
	maxSplit  = 60
	maxBranch = 400
)

// fact is what is known on a way: how a tested value relates to another. rel has a bit for less, equal and greater.
type knownFact struct {
	x, y value
	reg  uint32 // of a value without a name: the register that holds it
	ver  int    // and how often that was written
	rel  uint8
}

var relations = [...]uint8{equal: 2, unequal: 5, less: 1, atLeast: 6, greater: 4, atMost: 3}

// correlated notes that a method tests something twice, or writes to one of several objects.
func (f *frame) correlated(in *dex.Insn, x, y value) {
	if f.split != nil {
		return
	}
	k := [2]value{x, y}
	if x == f.a.any() {
		k[0] = value(1<<31 | in.Reg(0))
	}
	if at, seen := f.once[k]; seen && at != f.block {
		f.twice = true
	}
	if f.once == nil {
		f.once = map[[2]value]int32{}
	}
	f.once[k] = f.block
}

// worthSplitting reports whether running the method way by way may change what it does with personal data.
func (f *frame) worthSplitting() bool {
	if !f.twice || f.plain || len(f.g.blocks) > maxSplit || slices.Contains(f.g.loops, true) {
		return false
	}
	for i := range f.events {
		if f.events[i].kind == evSink && f.a.taints(f.events[i].payload) != nothing {
			return true
		}
	}
	return f.a.taints(f.returns) != nothing
}

// splitWays is the state of a run way by way.
type splitWays struct {
	facts []knownFact
	vers  []int
	test  *dex.Insn
	x, y  value
	rel   relation
	left  int
}

// byWays runs the method way by way, in place of what run found; where there are too many ways, that stays.
func (f *frame) byWays() {
	old := *f
	f.events, f.index, f.registered = nil, map[eventKey]int{}, nil
	f.returns, f.throws, f.exit, f.lost, f.pended, f.writes = nothing, nothing, nil, nil, 0, 0
	f.split = &splitWays{vers: make([]int, len(f.in[0].regs)), left: maxBranch}
	f.walk(0, f.in[0])
	if f.split.left <= 0 {
		*f = old
		return
	}
	f.split = nil
}

func (f *frame) walk(b int32, s *state) {
	w := f.split
	if w.left--; w.left <= 0 {
		return
	}
	type next struct {
		to    int32
		s     *state
		facts []knownFact
	}
	var list []next
	facts := w.facts
	w.test, w.vers = nil, slices.Clone(w.vers)
	f.runBlock(b, s, func(to int32, way int, s *state) {
		known := facts
		if w.test != nil && way >= 0 {
			rel := w.rel
			if way == 1 {
				rel = negated[rel]
			}
			k, ok := f.learn(rel)
			if !ok {
				return
			}
			known = append(facts[:len(facts):len(facts)], k)
		}
		list = append(list, next{to, s.clone(), known})
	})
	vers := w.vers
	for _, n := range list {
		w.facts, w.vers = n.facts, vers
		f.walk(n.to, n.s)
	}
	w.facts = facts
}

// learn returns what a way out of a test says; false where it cannot be, after what is known.
func (f *frame) learn(rel relation) (knownFact, bool) {
	w := f.split
	k := knownFact{x: w.x, y: w.y, rel: relations[rel]}
	if at, one := f.a.t.single(w.x); !one || at == anyAtom {
		k.x, k.reg = f.a.any(), w.test.Reg(0)
		if uint64(k.reg) < uint64(len(w.vers)) {
			k.ver = w.vers[k.reg]
		}
	}
	for _, o := range w.facts {
		if o.x != k.x || o.reg != k.reg || o.ver != k.ver {
			continue
		}
		if o.y == k.y && o.rel&k.rel == 0 {
			return k, false
		}
		n, ok1 := f.a.t.number(o.y)
		m, ok2 := f.a.t.number(k.y)
		if ok1 && ok2 && n != m && o.rel == relations[equal] && k.rel == relations[equal] {
			return k, false
		}
	}
	return k, true
}
