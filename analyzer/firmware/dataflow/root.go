package dataflow

import (
	"encoding/binary"
	"slices"
)

// root is a method that something outside the program's own calls runs.
type root struct {
	m    *Method
	args []value
	ret  []slot // where its result goes

	gave value // what it gave when it ran, where that is no object of its own
}

// callEdge is a call from one method to another, under conditions.
type callEdge struct {
	from, to *Method
	conds    condset
	site     uint32 // the instruction
	chain    uint32 // calls from the caller down to the method of the instruction
	async    bool
	adds     label   // why else the callee runs then
	listens  atom    // the receiver that the call registers
	shown    bool    // it is registered while the user has an activity open
	cast     atom    // the registered receiver that hears what the call sends
	action   string  // of what is heard, where one is known
	syncs    bool    // it asks for a sync
	tap      bool    // the callee runs when the user asks for it, whatever made the caller run
	args     args    // what the callee is given, as the caller knows it
	agreed   condset // of a callee that only the user leads to: what stands before that
	root     int32   // where the conditions are those of one run of the caller on its own: its number, plus one
}

// maxRootsOf bounds how often one method is run with other arguments.
const maxRootsOf = 64

func (a *analysis) edge(from, to *Method, conds condset, site uint32, list []value) {
	if from == nil {
		return
	}
	a.addEdge(callEdge{from: from, to: to, conds: conds, site: site, args: a.argsOf(list)})
}

func (a *analysis) addEdge(e callEdge) {
	e.root = a.inRoot
	k := e
	k.site, k.chain = 0, 0
	if _, ok := a.edges[k]; ok {
		return
	}
	a.edges[k] = struct{}{}
	a.edgeList = append(a.edgeList, e)
}

// addRoot schedules a method to be run on its own.
func (a *analysis) addRoot(m *Method, args []value, ret ...slot) {
	if m == nil || m.Code == 0 || !a.u.app.matters(m) {
		return
	}
	key := make([]byte, 0, 64)
	key = append(key, m.Ref()...)
	for _, v := range args {
		key = binary.LittleEndian.AppendUint32(key, uint32(v))
	}
	if i, ok := a.rootIDs[string(key)]; ok {
		for _, s := range ret {
			if !slices.Contains(a.roots[i].ret, s) {
				a.roots[i].ret = append(a.roots[i].ret, s)
				a.writeCell(s, a.roots[i].gave, m) // it may have run before it was asked
			}
		}
		return
	}
	count := "#" + m.Ref()
	if a.rootIDs[count] >= maxRootsOf {
		a.cut("runs of a callback")
		if wide, ok := a.anyMessage(args); ok {
			key := count + string(binary.LittleEndian.AppendUint32(nil, uint32(args[0])))
			if _, ok := a.rootIDs[key]; !ok && a.rootIDs["*"+count] < maxRootsOf {
				a.rootIDs["*"+count]++
				a.rootIDs[key] = len(a.roots)
				a.roots = append(a.roots, root{m: m, args: wide, ret: ret})
			}
		}
		return
	}
	a.rootIDs[count]++
	a.rootIDs[string(key)] = len(a.roots)
	a.roots = append(a.roots, root{m: m, args: args, ret: ret})
}

// anyMessage puts any message in the place of one; false where there is none.
func (a *analysis) anyMessage(args []value) ([]value, bool) {
	for i, v := range args {
		if at, one := a.t.single(v); one && i > 0 && a.t.node(at).s == "Landroid/os/Message;" {
			wide := slices.Clone(args)
			wide[i] = a.any()
			return wide, true
		}
	}
	return nil, false
}

// runRoots runs everything scheduled, including what that schedules.
func (a *analysis) runRoots() {
	for a.ran < len(a.roots) || len(a.inits) > 0 {
		if len(a.inits) > 0 {
			m := a.inits[0]
			a.inits = a.inits[1:]
			a.runRoot(root{m: m}, 0)
			continue
		}
		a.ran++
		a.runRoot(a.roots[a.ran-1], int32(a.ran))
	}
}

// runRoot runs a method on its own; number is that of the root, plus one.
func (a *analysis) runRoot(r root, number int32) {
	f := &frame{a: a, f: r.m.Class.File, gates: make([]condset, 1), g: &graph{loops: make([]bool, 1)}, visit: make([]int, 1),
		s: &state{heap: map[atom]*object{}}, index: map[eventKey]int{}}
	args := slices.Clone(r.args)
	n := len(r.m.params)
	if !r.m.Static() {
		n++
	}
	for len(args) < n {
		args = append(args, a.any())
	}
	ret := f.apply(r.m, args, 0)
	f.m = r.m
	a.inRoot = number
	for i := range f.events { // none is taken back: this frame has no code of its own
		a.settle(f, &f.events[i])
	}
	a.inRoot = 0
	if number > 0 && !slices.ContainsFunc(a.t.atomsOf(ret), func(at atom) bool { return a.t.node(at).kind == kObj }) {
		a.roots[number-1].gave = a.share(f.s, ret)
	}
	if number > 0 {
		r.ret = a.roots[number-1].ret
	}
	for _, s := range r.ret {
		a.writeCell(s, a.share(f.s, ret), r.m)
	}
	if f.raised != nothing {
		a.writeCell(slot{a.t.atom(node{kind: kStore, s: "uncaught"}), "[?]"}, a.share(f.s, f.raised), r.m)
	}
	a.publish(f.s, r.m)
	if len(args) > 0 && !r.m.Static() {
		if view, one := a.t.single(args[0]); one {
			a.surely(f.s, view)
		}
	}
	clear(a.sharing)
}
