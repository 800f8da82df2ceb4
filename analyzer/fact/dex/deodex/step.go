package deodex

import "romscan/analyzer/fact/dex"

// walk is one method being read.
type walk struct {
	t      *effects
	method uint32
	owner  typ // its class
	above  typ // the superclass of that
	entry  []typ
	out    *Result
}

// step applies one instruction to the registers, of which the last entry is the result of the last call. It reports whether
// a register changed.
func (v *view) step(m *walk, b *body, it *dex.Insns, addr uint32, state []typ, record bool) bool {
	op := it.Op()
	high := uint32(it.High())
	last := len(state) - 1
	set := func(r uint32, t typ) {
		if uint64(r) < uint64(last) {
			state[r] = t
		}
	}
	get := func(r uint32) typ {
		if uint64(r) < uint64(last) {
			return state[r]
		}
		return plain
	}
	switch e := m.t.does[op]; e {
	case nothing:
		return false
	case number:
		set(high, plain)
	case wide:
		a := high
		switch op { // the moves: their registers are elsewhere
		case 0x04:
			a = high & 15
		case 0x06:
			a = uint32(it.Unit(1))
		}
		set(a, plain)
		set(a+1, plain)
	case low:
		set(high&15, plain)
	case lowWide:
		set(high&15, plain)
		set(high&15+1, plain)
	case move:
		switch op {
		case 0x01, 0x07:
			set(high&15, get(high>>4))
		case 0x02, 0x08:
			set(high, get(uint32(it.Unit(1))))
		default:
			set(uint32(it.Unit(1)), get(uint32(it.Unit(2))))
		}
	case constant:
		in := it.Insn(b.code.Set)
		if in.Lit == 0 {
			set(uint32(in.Regs[0]), null)
		} else {
			set(uint32(in.Regs[0]), plain)
		}
	case text:
		set(high, v.named("Ljava/lang/String;"))
	case classObject:
		set(high, v.named("Ljava/lang/Class;"))
	case typed:
		set(high, v.typeOf(uint32(it.Unit(1))))
	case newArray:
		set(high&15, v.typeOf(uint32(it.Unit(1))))
	case elementOf:
		set(high, v.element(get(uint32(it.Unit(1)&0xff))))
	case result:
		set(high, state[last])
	case caught:
		block, _ := b.block(addr)
		set(high, v.caught(b, block))
	case filled:
		state[last] = v.typeOf(uint32(it.Unit(1)))
	case fieldObject, staticObject:
		id, _ := v.f.Field(uint32(it.Unit(1)))
		if e == fieldObject {
			high &= 15
		}
		set(high, v.typeOf(id.Type))
	case call:
		state[last] = v.returned(uint32(it.Unit(1)))
	default:
		v.optimised(m, b, it, addr, state, record, e)
	}
	return true
}

// returned returns the type that a method of the file returns.
func (v *view) returned(method uint32) typ {
	id, ok := v.f.Method(method)
	p, okProto := v.f.Proto(id.Proto)
	if !ok || !okProto {
		return anyRef
	}
	return v.typeOf(p.Return)
}

// optimised is step for the instructions that were rewritten.
func (v *view) optimised(m *walk, b *body, it *dex.Insns, addr uint32, state []typ, record bool, e effect) {
	in := it.Insn(b.code.Set)
	in.Addr = addr
	last := len(state) - 1
	get := func(r uint32) typ {
		if uint64(r) < uint64(last) {
			return state[r]
		}
		return plain
	}
	var t *target
	switch e {
	case quickGet, quickPut:
		of := get(uint32(in.Regs[1]))
		t = v.receiver(of)
		if t == nil {
			t = v.field(of, in.Index)
		}
		op := m.t.original[in.Op]
		if e == quickGet {
			v.load(state, uint32(in.Regs[0]), op, t)
		}
		if record {
			m.settle(addr, byType(op, t.typ), t, t.ref == "" || fits(op, t.typ))
		}
	case quickCall, quickSuper:
		of := m.above
		if e == quickCall {
			of = get(in.Reg(0))
			t = v.receiver(of)
		}
		if t == nil {
			t = v.slot(of, in.Index)
		}
		state[last] = t.answer()
		if record {
			m.settle(addr, m.t.original[in.Op], t, t.ref == "" || t.regs == int(in.NRegs))
		}
	default:
		v.kept(m, in, state, record, e)
	}
}

// receiver returns why nothing can be asked of a receiver of this type, nil where it can.
func (v *view) receiver(of typ) *target {
	switch of {
	case null:
		return &target{why: ReceiverNull, result: null}
	case plain, unset:
		return &target{why: ReceiverUnknown, result: anyRef}
	}
	return nil
}

// answer is what an instruction leaves behind. From a receiver that is null nothing comes back; on another path it may be
// an object, which then decides.
func (t *target) answer() typ {
	switch {
	case t.ref != "":
		return t.result
	case t.why == ReceiverNull:
		return null
	}
	return anyRef
}

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
