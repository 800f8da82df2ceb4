package dataflow

import (
	"strconv"
	"strings"

	"romscan/analyzer/fact/dex"
)

// frame interprets one method.
type frame struct {
	a           *analysis
	m           *Method
	f           *dex.File
	code        dex.Code
	g           *graph
	in          []*state
	taken       [][2]uint32 // of blocks that end in a test: the condition of each way, +1
	gates       []condset   // of blocks, as far as known in this pass
	given       condset     // of the block being run: see given.go
	objectTests [][2]uint32 // of blocks that end in a test: see given.go
	anyOf       [][]uint32  // of blocks: that one of the ways to them, or to what dominates them, was taken
	visit       []int
	ways        [][2]truth // of blocks that end in a test: which ways can be taken
	outs        [][]value  // of blocks that return in a predicate: the registers
	plain       bool       // a predicate: see answersByPath

	s          *state
	block      int32
	addr       uint32
	insn       int32 // the number of the instruction
	last       value // result of the last call
	thrown     value // what the handler of the block being run may catch
	raised     value // what this block raises
	returns    value
	throws     value
	exit       *state
	lost       *state // where the method throws
	events     []event
	registered []registration
	pendings   map[atom]*pendingUse // that are made here
	objects    []askedObject        // that are made here, or by what it calls, if the caller asks for them
	index      map[eventKey]int
	split      *splitWays // nil but where the method is run way by way
	once       map[[2]value]int32
	twice      bool
	steers     uint32         // parameters that decide which way it takes
	picks      bool           // one of them says which place of an array is meant
	silent     bool           // what it calls is known: see runFor
	closed     bool           // a run for the keys of maps
	keyed      uint32         // parameters that are maps whose entries it asks about
	handlers   map[int32]bool // blocks that handlers begin with
	over       bool           // the block ends here: what it called never returns
	spent      int
	retries    int
	pended     int             // pending calls of this pass
	writes     int             // of settings, among the events of this pass
	level      uint32          // callers that a pending call was handed up through
	implied    value           // what the conditions of this block tell; only under a profile that follows implicit flows
	loops      map[int32]*loop // that may be run round by round, by their heads
	known      map[int32]truth // of blocks that end in a test: what a test before it says for sure
	compared   []comparison    // of blocks that end in a test: what is tested, as last run
	turn       int             // the round of such a loop, or of one in it, from 1; 0 outside
	made, open map[atom]bool   // texts that loops put together, and what is known of those that grow
	masks      []masking       // loops that hide what an array holds
	switched   []value         // of blocks that end in a switch: what decides
	tested     []value         // of blocks that end in a test or switch: what is tested
}

// maxPasses bounds the passes over a method with loops.
const maxPasses = 5

func (a *analysis) newFrame(m *Method) *frame {
	if m.Code == 0 {
		return nil
	}
	code, err := m.Class.File.Code(m.Code)
	if err != nil && len(code.Bytes) == 0 {
		return nil
	}
	g := newGraph(a.u, m.Class.File, &code, func(g *graph) { a.restore(m, g) })
	if g == nil {
		a.cut("long methods")
		return nil
	}
	f := &frame{a: a, m: m, f: m.Class.File, code: code, g: g, in: make([]*state, len(g.blocks)),
		taken: make([][2]uint32, len(g.blocks)), objectTests: make([][2]uint32, len(g.blocks)), gates: make([]condset, len(g.blocks)), anyOf: make([][]uint32, len(g.blocks)), visit: make([]int, len(g.blocks)), tested: make([]value, len(g.blocks)), switched: make([]value, len(g.blocks)), index: map[eventKey]int{}, handlers: map[int32]bool{}, known: map[int32]truth{}}
	first := &state{regs: make([]value, max(int(code.Registers), 1))}
	at := int(code.Registers) - int(code.Ins)
	param := uint32(0)
	set := func(wide bool) {
		if at >= 0 && at < len(first.regs) {
			first.regs[at] = a.t.of(node{kind: kParam, a: param})
		}
		param++
		at++
		if wide {
			at++
		}
	}
	if !m.Static() {
		set(false)
	}
	for _, p := range m.params {
		set(p == "J" || p == "D")
	}
	f.in[0] = first
	f.ways, f.outs = make([][2]truth, len(g.blocks)), make([][]value, len(g.blocks))
	f.plain, f.loops = f.predicate(), g.nest()
	f.maskings()
	return f
}

// restore puts the standard instructions in the place of optimised ones. Those that nobody can name stay, and read as
// unknown values.
func (a *analysis) restore(m *Method, g *graph) {
	r := a.u.resolverOf(m.Class.File)
	if r == nil {
		return
	}
	for i := range g.insns {
		a.u.restoreInsn(r, m, &g.insns[i])
	}
}

// restoreInsn puts the instruction in place of an optimised one of a method.
func (u *universe) restoreInsn(r Resolver, m *Method, in *dex.Insn) {
	op, ref, ok := r.At(m.Index, in.Addr)
	if !ok {
		return
	}
	if ref == "" {
		in.Op = op
	} else if n, ok := u.name(m.Class.File, ref); ok {
		in.Op, in.Index = op, n
	}
}

// run interprets until nothing changes.
func (f *frame) run() {
	for round := range maxPasses {
		f.events, f.returns, f.throws, f.exit, f.lost = f.events[:0], nothing, nothing, nil, nil
		f.registered, f.objects = f.registered[:0], f.objects[:0]
		clear(f.pendings)
		clear(f.index)
		f.pended, f.writes = 0, 0
		again := false
		for i, b := range f.g.order {
			if f.in[b] == nil {
				continue
			}
			pass := func(to int32, way int, s *state) {
				back := f.g.rank[to] <= int32(i)
				if way >= 0 && f.leaves(b, to) {
					s = s.clone()
					f.leftBehind(s)
				}
				if len(f.masks) > 0 && way >= 0 {
					if m, ok := f.unmasked(b, to, s); ok {
						s = s.clone()
						f.mask(s, m)
					}
				}
				if l := f.loops[to]; l != nil && !back {
					f.enter(l, s)
				}
				if f.in[to] == nil {
					f.in[to] = s.clone()
				} else {
					if late := f.visit[to] > 2; back && way >= 0 && (len(f.made) > 0 || late) {
						s = s.clone()
						f.settleGrowth(f.in[to], s, late)
					}
					if !f.a.merge(f.in[to], s) {
						return
					}
				}
				again = again || back
			}
			if !f.runs(b, pass) {
				f.runBlock(b, f.in[b], pass)
			}
			if f.spent > f.a.limits.MethodSteps {
				f.a.cut("instructions of a method")
				return
			}
		}
		if !again {
			return
		}
		if round == maxPasses-1 {
			f.a.cut("loops")
		}
	}
}

// test evaluates a comparison: which ways can be taken, and under what condition.
// telling reports whether a condition on a value may say something: on constants, and on whether an object is there, it
// does not.
// flag reports whether an atom may stand for a choice: a truth value, a number, or something that was stored.
func (f *frame) reg(i uint32) value {
	if uint64(i) < uint64(len(f.s.regs)) {
		return f.s.regs[i]
	}
	return nothing
}

// condition is the condition of one way out of a block, plus one; 0 where it says nothing.
// implicit is what the tests that decide whether a block runs carry.
// tests notes what the end of a block tests.
func (f *frame) set(i uint32, v value) {
	if f.implied != nothing && f.a.constant(v) {
		v = f.a.t.join(v, f.implied)
	}
	if uint64(i) < uint64(len(f.s.regs)) {
		f.s.regs[i] = v
	}
	if f.split != nil && uint64(i) < uint64(len(f.split.vers)) {
		f.split.vers[i]++
	}
}

// secrets returns the personal data in a value and what the caller may put there.
// answers returns what in a value is the result of a comparison: a test for null tells nothing.
// escape forgets what numbers an object holds that others run with from now on.
func (f *frame) escape(v value) {
	a := f.a
	for _, at := range a.t.atomsOf(v) {
		if a.t.node(at).kind != kObj {
			continue
		}
		for _, k := range a.slots(f.s, at) {
			if strings.HasSuffix(k.field, ":Z") || strings.HasSuffix(k.field, ":I") || strings.HasSuffix(k.field, ":J") {
				f.s.put(k, a.t.join(f.s.at(k), a.changed(at, k.field)))
			}
		}
	}
}

// constant reports whether a value is numbers and texts only.
func (a *analysis) constant(v value) bool {
	for _, at := range a.t.atomsOf(v) {
		switch a.t.node(at).kind {
		case kInt, kStr, kAny, kWhen:
		default:
			return false
		}
	}
	return true
}

func (f *frame) here() uint32 { return f.siteN(0) }

// object makes a new object at this instruction.
func (f *frame) object(class string) value {
	at := f.a.t.atom(node{kind: kObj, a: f.here(), s: class})
	if f.s.heap[at] != nil && !f.s.sent(at) {
		f.s.own()
		delete(f.s.heap, at)
	}
	if f.implied != nothing {
		f.s.put(slot{at, chosenField}, f.implied)
	}
	f.a.classes[class] = true
	f.makes(class, f.gates[f.block])
	if m := f.a.u.find(class, "finalize()V"); m != nil {
		f.record(event{kind: evAsync, target: m, args: []value{f.a.t.one(at)}, conds: f.gates[f.block], site: f.here()})
	}
	f.initialise(class)
	return f.a.t.one(at)
}

// inLoop reports whether this block has been run often enough that what grows must stop.
func (f *frame) inLoop() bool { return f.looping() && f.visit[f.block] >= 3 }

func element(n int64) string { return "[" + strconv.FormatInt(n, 10) + "]" }
