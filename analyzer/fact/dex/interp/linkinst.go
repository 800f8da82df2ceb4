package interp

import "romscan/analyzer/fact/dex"

// inst translates one instruction.
func (l *linker) inst(in *dex.Insn) inst {
	last := uint32(0)
	for i := range int(in.NRegs) {
		if in.Range && i > 0 {
			last = in.Reg(int(in.NRegs) - 1)
			break
		}
		last = max(last, in.Reg(i))
	}
	if in.NRegs > 0 && last >= uint32(l.c.regs) {
		return l.stop(in, Missing, "register out of range")
	}
	out := inst{op: opStop, addr: in.Addr, a: in.Regs[0], b: in.Regs[1], c: in.Regs[2], lit: in.Lit}
	op := in.Op
	group := func(kind uint8, base dex.Op) inst {
		out.op, out.kind = kind, uint8(op-base)
		return out
	}
	switch {
	case in.Op >= dex.OpInvokePolymorphic || !l.f.Set.Known(in.Op) || !dex.Standard.Known(in.Op) || in.Op == 0x73:
		return l.stop(in, Unmodelled, "instruction "+l.f.Set.OpName(in.Op))
	case op == 0x00, op == 0x1d, op == 0x1e:
		out.op = opNop // monitors have one owner here
	case op <= 0x09:
		out.op = opMove
	case op <= 0x0c:
		out.op = opResult
	case op <= 0x11:
		out.op = [...]uint8{opException, opReturnVoid, opReturn, opReturn, opReturn}[op-0x0d]
	case op <= 0x19:
		out.op = opConst
	case op <= 0x27:
		return l.objects(in, out)
	case op <= 0x2c:
		return l.branch(in, out)
	case op <= 0x31:
		return group(opCompare, 0x2d)
	case op <= 0x37:
		out.x = l.target(in, in.Target)
		return group(opIf, 0x32)
	case op <= 0x3d:
		out.x = l.target(in, in.Target)
		return group(opIfZero, 0x38)
	case op <= 0x4a:
		return group(opGet, 0x44)
	case op <= 0x51:
		return group(opPut, 0x4b)
	case op <= 0x5f:
		return l.instanceField(in, out)
	case op <= 0x6d:
		return l.staticField(in, out)
	case op <= 0x78:
		return l.call(in, out)
	default:
		return arithmetic(op, out)
	}
	return out
}

// arithmetic reduces the forms with two addresses and with literals to one.
func arithmetic(op dex.Op, out inst) inst {
	if op >= 0xb0 && op <= 0xcf {
		op -= 0x20
		out.b, out.c = out.a, out.b
	}
	switch {
	case op <= 0x8f:
		out.op, out.kind = opUnary, uint8(op-0x7b)
	case op <= 0x9a:
		out.op, out.kind = opInt, uint8(op-0x90)
	case op <= 0xa5:
		out.op, out.kind = opLong, uint8(op-0x9b)
	case op <= 0xaa:
		out.op, out.kind = opFloat, uint8(op-0xa6)
	case op <= 0xaf:
		out.op, out.kind = opDouble, uint8(op-0xab)
	case op <= 0xd7:
		out.op, out.kind = opIntLit, uint8(op-0xd0)
	default:
		out.op, out.kind = opIntLit, uint8(op-0xd8)
	}
	return out
}

// objects translates const-string to throw.
func (l *linker) objects(in *dex.Insn, out inst) inst {
	p := l.m.class.p
	switch in.Op {
	case dex.OpConstString, dex.OpConstStringJumbo:
		s, ok := l.f.MUTF8(in.Index)
		if !ok {
			return l.stop(in, Missing, "string out of range")
		}
		l.c.strings = append(l.c.strings, p.text(s))
		out.op, out.x = opString, int32(len(l.c.strings)-1)
		return out
	case 0x21:
		out.op = opLength
		return out
	case dex.OpThrow:
		out.op = opThrow
		return out
	case dex.OpFillArrayData:
		out.op, out.x = opFill, int32(in.Addr)+in.Target
		return out
	}
	name := l.f.Type(in.Index)
	if name == "" {
		return l.stop(in, Missing, "type out of range")
	}
	c := p.class(name)
	if in.Op == dex.OpFilledNewArray || in.Op == dex.OpFilledNewArrayRange {
		a := &arrayRef{class: c}
		for i := range int(in.NRegs) {
			a.regs = append(a.regs, uint16(in.Reg(i)))
		}
		l.c.arrays = append(l.c.arrays, a)
		out.op, out.x = opFilled, int32(len(l.c.arrays)-1)
		return out
	}
	l.c.types = append(l.c.types, c)
	out.x = int32(len(l.c.types) - 1)
	out.op = map[dex.Op]uint8{dex.OpConstClass: opClass, 0x1f: opCast, 0x20: opInstance, dex.OpNewInstance: opNew, dex.OpNewArray: opNewArray}[in.Op]
	return out
}

// branch translates goto and the switches.
func (l *linker) branch(in *dex.Insn, out inst) inst {
	if in.Op <= dex.OpGoto32 {
		out.op, out.x = opGoto, l.target(in, in.Target)
		return out
	}
	t, ok := l.table(uint32(int32(in.Addr) + in.Target))
	if !ok {
		return l.stop(in, Missing, "switch payload")
	}
	out.op, out.x = opSwitch, t
	return out
}

func (l *linker) instanceField(in *dex.Insn, out inst) inst {
	id, _ := l.f.Field(in.Index)
	r := &fieldRef{decl: l.m.class.p.class(l.f.Type(id.Class))}
	if f := r.decl.instance(fieldName(l.f, in.Index)); f != nil {
		r.slot, r.kind = f.slot, f.kind
	} else {
		r.err = &Stop{Reason: Unmodelled, What: "field " + l.f.FieldRef(in.Index)}
	}
	l.c.fields = append(l.c.fields, r)
	out.op, out.x = opFieldGet, int32(len(l.c.fields)-1)
	if in.Op >= 0x59 {
		out.op = opFieldPut
	}
	return out
}

func (l *linker) staticField(in *dex.Insn, out inst) inst {
	id, _ := l.f.Field(in.Index)
	p := l.m.class.p
	r := p.staticRef(p.class(l.f.Type(id.Class)), fieldName(l.f, in.Index))
	l.c.statics = append(l.c.statics, r)
	out.op, out.x = opStaticGet, int32(len(l.c.statics)-1)
	if in.Op >= 0x67 {
		out.op = opStaticPut
	}
	return out
}
