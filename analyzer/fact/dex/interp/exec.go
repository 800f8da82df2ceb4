package interp

// invoke runs a method of the program.
func (m *Machine) invoke(mt *method, args []reg) (reg, error) {
	c, err := mt.linked()
	if err != nil {
		if s, ok := err.(*Stop); ok {
			err = s.again()
		}
		return reg{}, err
	}
	if len(args) != len(c.ins) {
		return reg{}, stop(Missing, "%d arguments for %s", len(args), mt.ref())
	}
	if m.depth >= m.limits.Depth {
		return reg{}, stop(Depth, "%d nested calls", m.depth)
	}
	m.depth++
	mark := m.base
	var regs []reg
	if mark+c.regs <= len(m.frames) {
		m.base += c.regs
		regs = m.frames[mark:m.base:m.base]
		clear(regs)
	} else {
		regs = make([]reg, c.regs)
	}
	for i, at := range c.ins {
		regs[at] = args[i]
	}
	r, pc, err := m.run(c, regs)
	m.base = mark
	m.depth--
	if s, ok := err.(*Stop); ok && s.Ref == "" {
		s.Ref, s.PC = mt.ref(), c.insts[pc].addr
	}
	return r, err
}

// run executes a body to its return; pc is the instruction at which it ended.
func (m *Machine) run(c *code, regs []reg) (result reg, pc int32, err error) {
	var caught *object
	insts := c.insts
	next := int32(0)
	for {
		pc = next
		in := &insts[pc]
		next++
		if m.steps--; m.steps < 0 {
			m.steps = 0
			return reg{}, pc, stop(Steps, "limit of %d", m.limits.Steps)
		}
		switch in.op {
		case opNop:
		case opMove:
			regs[in.a] = regs[in.b]
		case opConst:
			regs[in.a] = reg{n: in.lit}
		case opInt:
			x, y := int32(regs[in.b].n), int32(regs[in.c].n)
			if y == 0 && (in.kind == 3 || in.kind == 4) {
				err = m.divideByZero()
			} else {
				regs[in.a] = reg{n: int64(intOp(in.kind, x, y))}
			}
		case opIntLit:
			x, y := int32(regs[in.b].n), int32(in.lit)
			switch {
			case in.kind == 1:
				regs[in.a] = reg{n: int64(y - x)}
			case y == 0 && (in.kind == 3 || in.kind == 4):
				err = m.divideByZero()
			default:
				regs[in.a] = reg{n: int64(intOp(in.kind, x, y))}
			}
		case opUnary:
			regs[in.a] = unary(in.kind, regs[in.b])
		case opGoto:
			next = in.x
		case opIf:
			x, y := regs[in.a], regs[in.b]
			if x.o != nil || y.o != nil {
				if err = m.known(x); err == nil {
					err = m.known(y)
				}
			}
			if err == nil && condition(in.kind, x, y) {
				next = in.x
			}
		case opIfZero:
			x := regs[in.a]
			if x.o != nil {
				err = m.known(x)
			}
			if err == nil && condition(in.kind, x, reg{}) {
				next = in.x
			}
		case opGet:
			err = m.get(regs, in)
		case opPut:
			err = m.put(regs, in)
		case opStaticGet:
			regs[in.a], err = m.getStatic(c.statics[in.x])
		case opCall:
			result, err = m.call(c.calls[in.x], regs)
		case opResult:
			regs[in.a] = result
		case opReturn:
			return regs[in.a], pc, nil
		case opReturnVoid:
			return reg{}, pc, nil
		case opString:
			regs[in.a] = reg{o: c.strings[in.x]}
		case opException:
			regs[in.a], caught = reg{o: caught}, nil
		case opSwitch:
			if to, ok := c.switches[in.x][int32(regs[in.a].n)]; ok {
				next = c.at(int64(in.addr) + int64(to))
			}
		case opFilled:
			result, err = m.filled(c.arrays[in.x], regs)
		case opThrow:
			err = m.thrown(regs[in.a].o)
		default:
			err = m.seldom(c, regs, in)
		}
		if err == nil {
			continue
		}
		t, ok := err.(*javaThrow)
		if !ok {
			return reg{}, pc, err
		}
		x, ok := c.handler(in.addr, t.o.class)
		if !ok {
			return reg{}, pc, err
		}
		caught, next, err = t.o, x, nil
	}
}

// seldom runs the instructions that loops seldom hold.
func (m *Machine) seldom(c *code, regs []reg, in *inst) (err error) {
	switch in.op {
	case opStop:
		return c.stops[in.x].again()
	case opLong:
		regs[in.a], err = m.longOp(in.kind, regs[in.b].n, regs[in.c].n)
	case opFloat:
		regs[in.a] = floatReg(float32(floatOp(in.kind, float64(regs[in.b].f32()), float64(regs[in.c].f32()))))
	case opDouble:
		regs[in.a] = doubleReg(floatOp(in.kind, regs[in.b].f64(), regs[in.c].f64()))
	case opCompare:
		regs[in.a] = reg{n: compare(in.kind, regs[in.b], regs[in.c])}
	case opClass:
		regs[in.a] = reg{o: m.p.token(c.types[in.x])}
	case opLength:
		o := regs[in.b].o
		if o == nil {
			return m.npe()
		}
		n := o.length()
		if n < 0 {
			return stop(Unmodelled, "length of %s", o.class.name)
		}
		regs[in.a] = reg{n: int64(n)}
	case opFieldGet, opFieldPut:
		return m.instanceField(c.fields[in.x], regs, in)
	case opStaticPut:
		return m.putStatic(c.statics[in.x], regs[in.a])
	case opNewArray:
		var o *object
		o, err = m.newArray(c.types[in.x], int64(int32(regs[in.b].n)))
		regs[in.a] = reg{o: o}
	case opNew:
		regs[in.a], err = m.create(c.types[in.x])
	case opCast:
		return m.cast(regs[in.a].o, c.types[in.x])
	case opInstance:
		regs[in.a], err = m.instance(regs[in.b].o, c.types[in.x])
	case opFill:
		return m.fill(c, regs[in.a].o, uint32(in.x))
	}
	return err
}
