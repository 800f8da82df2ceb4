package deodex

import "romscan/analyzer/fact/dex"

// load sets what a read of a field leaves in a register.
func (v *view) load(state []typ, r uint32, op dex.Op, t *target) {
	set := func(r uint32, k typ) {
		if uint64(r) < uint64(len(state)-1) {
			state[r] = k
		}
	}
	switch op {
	case 0x54:
		set(r, t.answer())
	case 0x53:
		set(r, plain)
		set(r+1, plain)
	default:
		set(r, plain)
	}
}

// kept handles the instructions that say themselves what they use.
func (v *view) kept(m *walk, in dex.Insn, state []typ, record bool, e effect) {
	last := len(state) - 1
	switch e {
	case plainIndex:
		op := m.t.original[in.Op]
		id, ok := v.f.Field(in.Index)
		t := &target{why: NoSuchMember, result: v.typeOf(id.Type)}
		if ok {
			t.ref, t.typ = v.f.FieldRef(in.Index), v.f.Type(id.Type)
		}
		static := op >= 0x60
		switch {
		case static && op < 0x67:
			v.load(state, uint32(in.Regs[0]), op-0x60+0x52, t)
			op = byType(op-0x60+0x52, t.typ) - 0x52 + 0x60
		case static:
			op = byType(op-0x67+0x59, t.typ) - 0x59 + 0x67
		case op < 0x59:
			v.load(state, uint32(in.Regs[0]), op, t)
			op = byType(op, t.typ)
		default:
			op = byType(op, t.typ)
		}
		if record {
			m.settle(in.Addr, op, t, true)
		}
	case inlineCall:
		t, op := v.inlineTarget(in)
		state[last] = t.result
		if record {
			m.settle(in.Addr, op, t, t.ref == "" || t.regs == int(in.NRegs))
		}
	case objectInit:
		state[last] = plain
		op := dex.OpInvokeDirectRange // of Android 4; before, the registers stay where invoke-direct has them
		if in.NRegs > 0 {
			op = dex.OpInvokeDirect
		}
		t := &target{why: NoSuchMember, ref: v.f.MethodRef(in.Index)}
		if record {
			m.settle(in.Addr, op, t, true)
		}
	case noReference:
		if record {
			m.out.add(m.method, in.Addr, m.t.original[in.Op], "")
		}
	case rejected:
		if record {
			m.settle(in.Addr, 0, &target{why: Rejected}, true)
		}
	}
}

// inlineTarget finds the method that execute-inline calls.
func (v *view) inlineTarget(in dex.Insn) (*target, dex.Op) {
	table := v.link.rt.inline
	if uint64(in.Index) >= uint64(len(table)) {
		return &target{why: NoSuchMember, result: plain}, 0
	}
	x := table[in.Index]
	t := &target{ref: x.ref, result: plain, regs: paramRegs(x.ref)}
	op := x.op
	if op != dex.OpInvokeStatic {
		t.regs++
	}
	if in.Range {
		op += dex.OpInvokeVirtualRange - dex.OpInvokeVirtual
	}
	return t, op
}

// settle writes down what an instruction stands for.
func (m *walk) settle(addr uint32, op dex.Op, t *target, fit bool) {
	switch {
	case t.ref != "" && fit:
		m.out.add(m.method, addr, op, t.ref)
	case t.ref != "":
		m.out.Left[Misfit]++
	default:
		m.out.Left[t.why]++
	}
}
