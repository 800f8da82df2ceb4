package dataflow

import (
	"strings"

	"romscan/analyzer/fact/dex"
)

func (f *frame) test(in *dex.Insn) [2]truth {
	x := f.reg(in.Reg(0))
	y := f.a.t.num(0)
	op := in.Op
	if op <= 0x37 {
		y = f.reg(in.Reg(1))
		op += 6
	}
	if in.Op <= 0x37 || op >= 0x3a { // a test for more or less is none for null
		f.tests(f.a.t.join(x, y))
	} else {
		f.tests(f.answers(x))
	}
	rel := [...]relation{equal, unequal, less, atLeast, greater, atMost}[op-0x38]
	site := f.a.site(f.m, in.Addr)
	id := func(r relation) uint32 {
		if x == nothing || !f.telling(x) && !f.telling(y) && !f.a.selects(x, y) {
			return 0
		}
		return f.a.c.cond(cond{r, x, y, site}) + 1
	}
	f.asksGiven(rel, x, y, site)
	f.correlated(in, x, y)
	f.steer(x)
	f.steer(y)
	if f.split != nil {
		f.split.test, f.split.x, f.split.y, f.split.rel = in, x, y, rel
	}
	way := f.a.decide(rel, x, y)
	delete(f.known, f.block)
	if f.compares(rel, y); way == maybe && x != nothing {
		if way = f.answered(in); way != maybe {
			f.known[f.block] = way
		}
	}
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

func (f *frame) telling(v value) bool {
	for _, at := range f.a.t.atomsOf(v) {
		if f.a.flag(f.m, at) {
			return true
		}
	}
	return false
}

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
		return !object(ret) || ret == accountType || n.kind == kResult && ret == appInfoType
	case kCompare:
		name := a.ofPackages(n)
		return name == nothing || a.installed(name) != nothing
	case kWhen, kDerived, kSource, kAsk:
		return true
	}
	return false
}

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
	if len(bl.succ) == len(keys)+1 && bl.succ[len(keys)] == bl.succ[e.way] {
		return 0 // any other key leads there too
	}
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

// choice is the way that a switch on a known number takes, -1 where it may take several.
func (f *frame) choice(in *dex.Insn, ways int) int {
	n, ok := f.a.t.number(f.reg(in.Reg(0)))
	if !ok {
		return -1
	}
	keys, _ := f.code.SwitchTargets(in.Addr + uint32(in.Target))
	if ways != len(keys)+1 {
		return -1
	}
	for i, key := range keys {
		if int64(key) == n {
			return i
		}
	}
	return len(keys)
}

func (f *frame) implicit(b int32) value {
	if !f.a.followsTests() {
		return nothing
	}
	out := nothing
	for _, from := range f.g.controls[b] {
		out = f.a.t.join(out, f.tested[from])
	}
	return out
}

func (f *frame) tests(v value) {
	if f.a.followsTests() {
		f.tested[f.block] = f.a.t.join(f.tested[f.block], f.a.asAnswers(f.a.secrets(v)))
	}
}

func (a *analysis) secrets(v value) value {
	var out []atom
	for _, at := range a.t.atomsOf(a.derive(v, 0)) {
		n := a.t.node(at)
		if n.kind == kSource || n.kind == kDerived && (a.t.symbolicAtom(at) || a.followsTests()) {
			out = append(out, at)
		}
	}
	return a.t.make(out)
}

func (f *frame) answers(v value) value {
	a := f.a
	var out []atom
	for _, at := range a.t.atomsOf(v) {
		if n := a.t.node(at); (n.kind == kSource || n.kind == kDerived) && n.b&asAnswer != 0 || f.number(n) {
			out = append(out, at)
		}
	}
	return a.t.make(out)
}

// number reports whether a value that is not known here is a number or a truth value: a test of it is none for null.
func (f *frame) number(n *node) bool {
	switch n.kind {
	case kParam:
		i := int(n.a)
		if !f.m.Static() {
			i--
		}
		return i >= 0 && i < len(f.m.params) && len(f.m.params[i]) == 1
	case kLoad, kCell:
		return strings.HasSuffix(n.s, ":Z") || strings.HasSuffix(n.s, ":I")
	case kResult:
		_, ret, _ := strings.Cut(n.s, ")")
		return len(ret) == 1
	}
	return false
}
