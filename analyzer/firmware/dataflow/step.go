package dataflow

import (
	"strings"

	"romscan/analyzer/fact/dex"
)

// step interprets one instruction that is no test.
func (f *frame) step(in *dex.Insn, i int32) {
	op := in.Op
	t := f.a.t
	switch {
	case op == dex.OpNop:
	case op <= 0x09:
		f.set(in.Reg(0), f.reg(in.Reg(1)))
	case op <= 0x0c:
		f.set(in.Reg(0), f.last)
	case op == 0x0d:
		f.set(in.Reg(0), f.thrown)
	case op == dex.OpReturnVoid:
		f.leave(nothing)
	case op <= dex.OpReturnObject:
		f.leave(f.reg(in.Reg(0)))
	case op <= 0x19:
		f.set(in.Reg(0), f.constant(in, i))
	case op <= 0x1b:
		v := t.str(f.f.String(in.Index))
		f.namesIn(v)
		f.set(in.Reg(0), v)
	case op == 0x1c:
		f.set(in.Reg(0), t.of(node{kind: kClass, s: f.a.u.typ(f.f, in.Index)}))
	case op <= 0x1e: // monitors
	case op == 0x1f: // check-cast
		f.narrow(in)
	case op == 0x20:
		f.set(in.Reg(0), f.instance(in))
	case op == 0x21:
		f.set(in.Reg(0), f.length(in))
	case op == 0x22:
		f.a.news[f.here()] = true
		f.set(in.Reg(0), f.object(f.a.u.typ(f.f, in.Index)))
	case op <= 0x26:
		f.array(in)
	case op == dex.OpThrow:
		f.raised = t.join(f.raised, f.reg(in.Reg(0)))
	case op <= 0x2c: // goto, switch
		if op >= dex.OpPackedSwitch {
			f.tests(f.reg(in.Reg(0)))
			f.switched[f.block] = f.reg(in.Reg(0))
			f.steer(f.reg(in.Reg(0)))
		}
	case op <= 0x31:
		f.set(in.Reg(0), f.sign(in))
	case op >= 0x44 && op <= 0x4a:
		f.set(in.Reg(0), f.row(f.reg(in.Reg(1)), f.reg(in.Reg(2)), f.elem(f.reg(in.Reg(1)), f.reg(in.Reg(2)))))
	case op >= 0x4b && op <= 0x51:
		v := f.reg(in.Reg(0))
		if op == opAputByte || op == opAputChar {
			v = f.hidden(i, in.Reg(0), v)
		}
		f.setElem(f.reg(in.Reg(1)), f.reg(in.Reg(2)), v)
	case op >= 0x52 && op <= 0x58:
		if r := f.a.u.fieldRef(f.f, in.Index); r != nil {
			v := f.a.load(f.s, f.reg(in.Reg(1)), f.a.u.member(r))
			if r.name == "metaData" && strings.HasPrefix(r.class, "Landroid/content/pm/") {
				v = f.a.ofOthers(f.a.withoutData(v))
			}
			f.set(in.Reg(0), v)
		}
	case op >= 0x59 && op <= 0x5f:
		if r := f.a.u.fieldRef(f.f, in.Index); r != nil {
			f.twice = f.twice || len(f.a.t.atomsOf(f.reg(in.Reg(1)))) > 1
			f.a.store(f.s, f.reg(in.Reg(1)), f.a.u.member(r), f.reg(in.Reg(0)))
			f.noteWrite(r, f.reg(in.Reg(0)))
		}
	case op >= 0x60 && op <= 0x66:
		f.set(in.Reg(0), f.getStatic(in.Index))
	case op >= 0x67 && op <= 0x6d:
		if r := f.a.u.fieldRef(f.f, in.Index); r != nil {
			f.a.store(f.s, f.statics(r), r.slot(), f.chosenFlag(r, in.Reg(0)))
		}
	case op.Invoke():
		f.invoke(in)
	case op >= 0x7b && op <= 0x8f:
		f.set(in.Reg(0), f.unary(op, f.reg(in.Reg(1))))
	case op >= 0x90 && op <= 0xaf:
		f.set(in.Reg(0), f.binary(op-0x90, f.reg(in.Reg(1)), f.reg(in.Reg(2))))
	case op >= 0xb0 && op <= 0xcf:
		f.set(in.Reg(0), f.binary(op-0xb0, f.reg(in.Reg(0)), f.reg(in.Reg(1))))
	case op >= 0xd0 && op <= 0xe2:
		f.set(in.Reg(0), f.literal(op, f.reg(in.Reg(1)), in.Lit))
	default:
		f.set(in.Reg(0), t.any())
	}
}

// constant is a number; a truth value that a method returns keeps the conditions it is returned under.
func (f *frame) constant(in *dex.Insn, i int32) value {
	if !f.plain && (in.Lit == 0 || in.Lit == 1) && f.m.ret == "Z" && f.gates[f.block] != 0 && f.returned(i, in.Reg(0)) {
		return f.a.t.of(node{kind: kWhen, n: in.Lit, b: uint32(f.gates[f.block])})
	}
	return f.a.t.num(in.Lit)
}

// returned reports whether the register set by instruction i is what is returned next.
func (f *frame) returned(i int32, reg uint32) bool {
	for range 3 {
		i++
		if int(i) >= len(f.g.insns) {
			return false
		}
		in := &f.g.insns[i]
		switch {
		case in.Op == 0x0f:
			return in.Reg(0) == reg
		case in.Op >= dex.OpGoto && in.Op <= dex.OpGoto32:
			to := int64(in.Addr) + int64(in.Target)
			j := int32(-1)
			for b := range f.g.blocks {
				if first := f.g.blocks[b].first; int64(f.g.insns[first].Addr) == to {
					j = first
				}
			}
			if j < 0 {
				return false
			}
			i = j - 1
		default:
			return false
		}
	}
	return false
}

func (f *frame) leave(v value) {
	f.returns = f.a.t.join(f.returns, v)
	if f.exit == nil {
		f.exit = f.s.clone()
		f.exit.regs = nil
		return
	}
	regs := f.s.regs
	f.s.regs = nil
	f.a.merge(f.exit, f.s)
	f.s.regs = regs
}

// narrow drops objects that a cast would refuse.
func (f *frame) narrow(in *dex.Insn) {
	v := f.reg(in.Reg(0))
	atoms := f.a.t.atomsOf(v)
	if len(atoms) < 2 {
		return
	}
	to := f.a.u.typ(f.f, in.Index)
	var out []atom
	for _, at := range atoms {
		if n := f.a.t.node(at); n.kind == kObj && f.a.u.class(n.s) != nil && f.a.u.class(to) != nil && !f.a.u.is(n.s, to) {
			continue
		}
		out = append(out, at)
	}
	if len(out) < len(atoms) {
		f.set(in.Reg(0), f.a.t.make(out))
	}
}

// apart reports whether of two types of the platform one is a list, a set or a queue and the other a map: none of java.util is
// both.
func (u *universe) apart(x, y string) bool {
	const maps, lists = "Ljava/util/Map;", "Ljava/util/Collection;"
	return u.class(x) == nil && u.class(y) == nil && (u.is(x, maps) && u.is(y, lists) || u.is(x, lists) && u.is(y, maps))
}

func (f *frame) instance(in *dex.Insn) value {
	to := f.a.u.typ(f.f, in.Index)
	at, ok := f.a.t.single(f.reg(in.Reg(1)))
	if !ok {
		return f.a.t.any()
	}
	n := f.a.t.node(at)
	switch {
	case n.kind == kObj && f.a.u.class(n.s) != nil:
		if f.a.u.is(n.s, to) {
			return f.a.t.num(1)
		}
		return f.a.t.num(0)
	case n.kind == kObj && f.a.u.apart(n.s, to):
		return f.a.t.num(0)
	}
	return f.a.t.any()
}

func (f *frame) length(in *dex.Insn) value {
	if n, ok := f.a.t.number(f.a.load(f.s, f.reg(in.Reg(1)), "$length")); ok {
		return f.a.t.num(n)
	}
	var out []atom
	for _, at := range f.a.t.atomsOf(f.reg(in.Reg(1))) { // whether there is any: accounts, files
		if n := *f.a.t.node(at); n.kind == kApi || n.kind == kSource {
			if n.s == filesThere {
				n.s = numberOfFiles
				at = f.a.t.atom(n)
			}
			out = append(out, at)
		}
	}
	if len(out) > 0 {
		return f.a.countOf(f.a.t.make(out))
	}
	return f.a.t.any()
}

// array handles new-array, filled-new-array and fill-array-data.
func (f *frame) array(in *dex.Insn) {
	switch in.Op {
	case dex.OpNewArray:
		v := f.object(f.a.u.typ(f.f, in.Index))
		if n, ok := f.a.t.number(f.reg(in.Reg(1))); ok {
			f.a.store(f.s, v, "$length", f.a.t.num(n))
		}
		f.set(in.Reg(0), v)
	case dex.OpFilledNewArray, dex.OpFilledNewArrayRange:
		v := f.object(f.a.u.typ(f.f, in.Index))
		for i := range int(in.NRegs) {
			f.a.store(f.s, v, element(int64(i)), f.reg(in.Reg(i)))
		}
		f.a.store(f.s, v, "$length", f.a.t.num(int64(in.NRegs)))
		f.last = v
	case dex.OpFillArrayData:
		width, data, ok := f.code.ArrayPayload(in.Addr + uint32(in.Target))
		if !ok || len(data) > maxText {
			return
		}
		f.a.store(f.s, f.reg(in.Reg(0)), "$data", f.a.t.str(string(rune('0'+width))+string(data)))
	}
}

// withoutData is what an app states of itself in its manifest: whoever looks it up in a list of apps does not tell who is in
// the list.
func (a *analysis) withoutData(v value) value {
	out := nothing
	for _, at := range a.t.atomsOf(v) {
		if a.t.node(at).kind == kSource {
			at = anyAtom
		}
		out = a.t.join(out, a.t.one(at))
	}
	return out
}

// className turns "com.x.Y" or "com/x/Y" into a descriptor.
func className(s string) string {
	if strings.HasPrefix(s, "L") && strings.HasSuffix(s, ";") || strings.HasPrefix(s, "[") {
		return s
	}
	return "L" + strings.ReplaceAll(s, ".", "/") + ";"
}
