package dataflow

import (
	"slices"
	"strconv"
	"strings"

	"romscan/analyzer/fact/dex"
)

// frame interprets one method.
type frame struct {
	a     *analysis
	m     *Method
	f     *dex.File
	code  dex.Code
	g     *graph
	in    []*state
	taken [][2]uint32 // of blocks that end in a test: the condition of each way, +1
	gates []condset   // of blocks, as far as known in this pass
	visit []int
	ways  [][2]truth // of blocks that end in a test: which ways can be taken
	outs  [][]value  // of blocks that return in a predicate: the registers
	plain bool       // a predicate: see answersByPath

	s        *state
	block    int32
	addr     uint32
	last     value // result of the last call
	thrown   value // what the handler of the block being run may catch
	raised   value // what this block raises
	returns  value
	throws   value
	exit     *state
	lost     *state // where the method throws
	events   []event
	index    map[eventKey]int
	spent    int
	retries  int
	pended   int     // pending calls of this pass
	level    uint32  // callers that a pending call was handed up through
	implied  value   // what the conditions of this block tell; only under a profile that follows implicit flows
	switched []value // of blocks that end in a switch: what decides
	tested   []value // of blocks that end in a test or switch: what is tested
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
	g := newGraph(m.Class.File, &code)
	if g == nil {
		a.cut("long methods")
		return nil
	}
	a.restore(m, g)
	f := &frame{a: a, m: m, f: m.Class.File, code: code, g: g, in: make([]*state, len(g.blocks)),
		taken: make([][2]uint32, len(g.blocks)), gates: make([]condset, len(g.blocks)), visit: make([]int, len(g.blocks)), tested: make([]value, len(g.blocks)), switched: make([]value, len(g.blocks)), index: map[eventKey]int{}}
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
	f.plain = f.predicate()
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
		in := &g.insns[i]
		op, ref, ok := r.At(m.Index, in.Addr)
		if !ok {
			continue
		}
		if ref == "" {
			in.Op = op
			continue
		}
		if n, ok := a.u.name(m.Class.File, ref); ok {
			in.Op, in.Index = op, n
		}
	}
}

// run interprets until nothing changes.
func (f *frame) run() {
	for pass := range maxPasses {
		f.events, f.returns, f.throws, f.exit, f.lost = f.events[:0], nothing, nothing, nil, nil
		clear(f.index)
		f.pended = 0
		again := false
		for i, b := range f.g.order {
			if f.in[b] == nil {
				continue
			}
			if f.runBlock(b, int32(i)) {
				again = true
			}
			if f.spent > f.a.limits.MethodSteps {
				f.a.cut("instructions of a method")
				return
			}
		}
		if !again {
			return
		}
		if pass == maxPasses-1 {
			f.a.cut("loops")
		}
	}
}

// runBlock interprets a block and hands its state on; it reports whether a block that was run already must be again.
func (f *frame) runBlock(b, rank int32) (again bool) {
	bl := &f.g.blocks[b]
	f.block, f.s = b, f.in[b].clone()
	f.visit[b]++
	gate := condset(0)
	if n := len(f.g.doms[b]); n > 0 {
		ids := make([]uint32, 0, n)
		for _, e := range f.g.doms[b] {
			if c := f.condition(e); c != 0 {
				ids = append(ids, c-1)
			}
		}
		if len(ids) > 0 {
			gate = f.a.c.set(ids)
		}
	}
	f.gates[b] = gate
	f.raised = nothing
	f.implied = f.implicit(b)
	ways := [2]truth{maybe, maybe}
	before := f.in[b]
	pass := func(to int32, s *state) {
		if f.in[to] == nil {
			f.in[to] = s.clone()
			if f.g.rank[to] <= rank {
				again = true
			}
		} else if f.a.merge(f.in[to], s) && f.g.rank[to] <= rank {
			again = true
		}
	}
	f.thrown = f.s.caught()
	for i := bl.first; i < bl.last; i++ {
		in := &f.g.insns[i]
		f.addr = in.Addr
		f.spent++
		f.a.steps++
		if in.Op >= dex.OpIfEq && in.Op <= dex.OpIfLez {
			ways = f.test(in)
			continue
		}
		f.step(in, i)
	}
	f.ways[b] = ways
	if f.plain && len(bl.succ) == 0 {
		f.outs[b] = slices.Clone(f.s.regs)
	}
	for w, to := range bl.succ {
		if w < 2 && len(bl.succ) == 2 && ways[w] == never {
			continue
		}
		pass(to, f.s)
	}
	if len(bl.catch) > 0 {
		for _, h := range bl.catch {
			for _, s := range [2]*state{before, f.s} {
				c := s.clone()
				c.catch(f.a, f.raised)
				pass(h.block, c)
			}
		}
	} else if f.raised != nothing {
		f.throws = f.a.t.join(f.throws, f.raised)
	}
	if len(bl.succ) == 0 && f.g.insns[bl.last-1].Op == dex.OpThrow {
		if f.lost == nil {
			f.lost = f.s.clone()
			f.lost.regs = nil
		} else {
			regs := f.s.regs
			f.s.regs = nil
			f.a.merge(f.lost, f.s)
			f.s.regs = regs
		}
	}
	return again
}

// caughtSlot keeps, in the state, what is being thrown.
var caughtSlot = slot{anyAtom, "$caught"}

func (s *state) caught() value { return s.at(caughtSlot) }

func (s *state) catch(a *analysis, v value) {
	s.put(caughtSlot, a.t.join(v, s.at(caughtSlot)))
}

// test evaluates a comparison: which ways can be taken, and under what condition.
func (f *frame) test(in *dex.Insn) [2]truth {
	x := f.reg(in.Reg(0))
	y := f.a.t.num(0)
	op := in.Op
	if op <= 0x37 {
		y = f.reg(in.Reg(1))
		op += 6
	}
	if in.Op <= 0x37 {
		f.tests(f.a.t.join(x, y))
	} else {
		f.tests(f.a.answers(x))
	}
	rel := [...]relation{equal, unequal, less, atLeast, greater, atMost}[op-0x38]
	site := f.a.site(f.m, in.Addr)
	id := func(r relation) uint32 {
		if x == nothing || !f.telling(x) && !f.telling(y) {
			return 0
		}
		return f.a.c.cond(cond{r, x, y, site}) + 1
	}
	way := f.a.decide(rel, x, y)
	// the first successor is the branch, the second what follows
	f.taken[f.block] = [2]uint32{id(rel), id(negated[rel])}
	switch way {
	case always:
		f.taken[f.block] = [2]uint32{}
		return [2]truth{always, never}
	case never:
		f.taken[f.block] = [2]uint32{}
		return [2]truth{never, always}
	}
	return [2]truth{maybe, maybe}
}

// telling reports whether a condition on a value may say something: on constants, and on whether an object is there, it
// does not.
func (f *frame) telling(v value) bool {
	for _, at := range f.a.t.atomsOf(v) {
		if f.a.flag(f.m, at) {
			return true
		}
	}
	return false
}

// flag reports whether an atom may stand for a choice: a truth value, a number, or something that was stored.
func (a *analysis) flag(m *Method, at atom) bool {
	n := a.t.node(at)
	object := func(typ string) bool { return strings.HasPrefix(typ, "L") || strings.HasPrefix(typ, "[") }
	switch n.kind {
	case kParam:
		i := int(n.a)
		if !m.Static() {
			i--
		}
		return i >= 0 && i < len(m.params) && !object(m.params[i])
	case kLoad:
		return !strings.HasSuffix(n.s, ":L") && !strings.HasSuffix(n.s, ":[") && !strings.HasPrefix(n.s, "$")
	case kCell:
		return a.t.node(atom(n.a)).kind == kStore || !strings.HasSuffix(n.s, ":L") && !strings.HasSuffix(n.s, ":[")
	case kApi, kResult:
		_, ret, _ := strings.Cut(n.s, ")")
		return !object(ret)
	case kWhen, kDerived, kSource, kCompare:
		return true
	}
	return false
}

func (f *frame) reg(i uint32) value {
	if uint64(i) < uint64(len(f.s.regs)) {
		return f.s.regs[i]
	}
	return nothing
}

// condition is the condition of one way out of a block, plus one; 0 where it says nothing.
func (f *frame) condition(e edge) uint32 {
	bl := &f.g.blocks[e.from]
	in := &f.g.insns[bl.last-1]
	if in.Op != dex.OpPackedSwitch && in.Op != dex.OpSparseSwitch {
		if e.way < 2 {
			return f.taken[e.from][e.way]
		}
		return 0
	}
	keys, _ := f.code.SwitchTargets(in.Addr + uint32(in.Target))
	if v := f.switched[e.from]; int(e.way) < len(keys) && f.telling(v) {
		to := nothing // cases that share a block: any of their keys
		for i, key := range keys {
			if i < len(bl.succ) && bl.succ[i] == bl.succ[e.way] {
				to = f.a.t.join(to, f.a.t.num(int64(key)))
			}
		}
		return f.a.c.cond(cond{equal, v, to, f.a.site(f.m, in.Addr)}) + 1
	}
	return 0
}

// implicit is what the tests that decide whether a block runs carry.
func (f *frame) implicit(b int32) value {
	if f.a.profile != "droidbench" {
		return nothing
	}
	out := nothing
	for _, from := range f.g.controls[b] {
		out = f.a.t.join(out, f.tested[from])
	}
	return out
}

// tests notes what the end of a block tests.
func (f *frame) tests(v value) {
	if f.a.profile == "droidbench" {
		f.tested[f.block] = f.a.t.join(f.tested[f.block], f.a.secrets(v))
	}
}

func (f *frame) set(i uint32, v value) {
	if f.implied != nothing && f.a.constant(v) {
		v = f.a.t.join(v, f.implied)
	}
	if uint64(i) < uint64(len(f.s.regs)) {
		f.s.regs[i] = v
	}
}

// secrets returns the personal data in a value and what the caller may put there.
func (a *analysis) secrets(v value) value {
	var out []atom
	for _, at := range a.t.atomsOf(a.derive(v, 0)) {
		n := a.t.node(at)
		if n.kind == kSource || n.kind == kDerived && a.t.symbolicAtom(at) {
			out = append(out, at)
		}
	}
	return a.t.make(out)
}

// answers returns what in a value is the result of a comparison: a test for null tells nothing.
func (a *analysis) answers(v value) value {
	var out []atom
	for _, at := range a.t.atomsOf(v) {
		if n := a.t.node(at); (n.kind == kSource || n.kind == kDerived) && n.b&asAnswer != 0 {
			out = append(out, at)
		}
	}
	return a.t.make(out)
}

// escape forgets what numbers an object holds that others run with from now on.
func (f *frame) escape(v value) {
	a := f.a
	for _, at := range a.t.atomsOf(v) {
		if a.t.node(at).kind != kObj {
			continue
		}
		for _, k := range a.slots(f.s, at) {
			if strings.HasSuffix(k.field, ":Z") || strings.HasSuffix(k.field, ":I") || strings.HasSuffix(k.field, ":J") {
				f.s.put(k, a.t.join(f.s.at(k), a.any()))
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

func (f *frame) here() uint32 { return f.a.site(f.m, f.addr) }

// object makes a new object at this instruction.
func (f *frame) object(class string) value {
	at := f.a.t.atom(node{kind: kObj, a: f.here(), s: class})
	if f.s.heap[at] != nil {
		f.s.own()
		delete(f.s.heap, at)
	}
	f.a.classes[class] = true
	f.a.touch(class)
	return f.a.t.one(at)
}

// inLoop reports whether this block has been run often enough that what grows must stop.
func (f *frame) inLoop() bool { return f.g.loops[f.block] && f.visit[f.block] >= 3 }

func element(n int64) string { return "[" + strconv.FormatInt(n, 10) + "]" }
