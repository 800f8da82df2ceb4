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
