package interp

import (
	"encoding/binary"

	"romscan/analyzer/fact/dex"
)

// The operations of inst; of several dex opcodes that do the same, one is left, and kind says which of a group.
const (
	opStop = iota
	opNop
	opMove
	opResult
	opException
	opReturnVoid
	opReturn
	opConst
	opString
	opClass
	opCast
	opInstance
	opLength
	opNew
	opNewArray
	opFilled
	opFill
	opThrow
	opGoto
	opSwitch
	opCompare
	opIf
	opIfZero
	opGet
	opPut
	opFieldGet
	opFieldPut
	opStaticGet
	opStaticPut
	opCall
	opUnary
	opInt
	opIntLit
	opLong
	opFloat
	opDouble
)

// linker takes a body apart.
type linker struct {
	m        *method
	f        *dex.File
	c        *code
	entries  int // of switches
	switches map[uint32]int32
}

// link reads the code of m. An instruction that cannot be run becomes one that stops, so that the rest runs.
func link(m *method) (*code, error) {
	f := m.class.file
	raw, err := f.Code(m.offset)
	if err != nil {
		return nil, stop(Missing, "code of %s: %v", m.ref(), err)
	}
	l := &linker{m: m, f: f, c: &code{raw: raw, regs: int(raw.Registers)}, switches: map[uint32]int32{}}
	if !l.arguments() {
		return nil, stop(Missing, "%s: registers do not fit the prototype", m.ref())
	}
	l.c.index = make([]int32, raw.Units())
	count := int32(0)
	for i := range l.c.index {
		l.c.index[i] = -1
	}
	for it := raw.Insns(); it.Next(); count++ {
		l.c.index[it.Addr()] = count
	}
	for i, n := range l.c.index {
		if n < 0 {
			l.c.index[i] = count
		}
	}
	l.c.end = count
	l.c.insts = make([]inst, 0, count+1)
	for it := raw.Insns(); it.Next(); {
		in := it.Insn(f.Set)
		l.c.insts = append(l.c.insts, l.inst(&in))
	}
	end := l.stop(&dex.Insn{Addr: raw.Units()}, Missing, "control leaves the code")
	l.c.insts = append(l.c.insts, end)
	l.tries()
	return l.c, nil
}

// arguments places the parameters in the last registers.
func (l *linker) arguments() bool {
	at := int(l.c.raw.Registers) - int(l.c.raw.Ins)
	start := at
	if !l.m.static {
		l.c.ins = append(l.c.ins, at)
		at++
	}
	for _, p := range l.m.params {
		l.c.ins = append(l.c.ins, at)
		if at++; p == 'J' || p == 'D' {
			at++
		}
	}
	return start >= 0 && at-start == int(l.c.raw.Ins)
}

func (l *linker) stop(in *dex.Insn, r Reason, what string) inst {
	l.c.stops = append(l.c.stops, &Stop{Reason: r, What: what})
	return inst{op: opStop, addr: in.Addr, x: int32(len(l.c.stops) - 1)}
}

// target returns the instruction at a branch's target.
func (l *linker) target(in *dex.Insn, offset int32) int32 {
	return l.c.at(int64(in.Addr) + int64(offset))
}

// at returns the instruction at a code unit, the last one, which stops, for a bad one.
func (c *code) at(addr int64) int32 {
	if addr < 0 || addr >= int64(len(c.index)) {
		return c.end
	}
	return c.index[addr]
}

// tries resolves the handlers.
func (l *linker) tries() {
	for _, t := range l.f.Tries(&l.c.raw) {
		out := try{from: t.Start, to: t.Start + t.Count}
		for _, k := range t.Catches {
			h := catch{x: l.c.at(int64(k.Addr))}
			if k.Type != dex.NoIndex {
				h.class = l.m.class.p.class(l.f.Type(k.Type))
			}
			out.catches = append(out.catches, h)
		}
		l.c.tries = append(l.c.tries, out)
	}
}

// handler returns the handler for an exception thrown at a code unit.
func (c *code) handler(addr uint32, thrown *class) (int32, bool) {
	for i := range c.tries {
		t := &c.tries[i]
		if addr < t.from || addr >= t.to {
			continue
		}
		for _, k := range t.catches {
			if k.class == nil || thrown.is(k.class) {
				return k.x, true
			}
		}
		return 0, false
	}
	return 0, false
}

// table adds the switch payload at addr: key to branch offset, relative to the switch. The payloads of a method do
// not overlap, so they have no more entries than the method has code units.
func (l *linker) table(addr uint32) (int32, bool) {
	if i, ok := l.switches[addr]; ok {
		return i, true
	}
	b := l.c.raw.Bytes
	if uint64(addr)*2+4 > uint64(len(b)) {
		return 0, false
	}
	l.entries += int(binary.LittleEndian.Uint16(b[addr*2+2:]))
	if l.entries > int(l.c.raw.Units()) {
		return 0, false
	}
	keys, targets := l.c.raw.SwitchTargets(addr)
	if len(keys) == 0 && binary.LittleEndian.Uint16(b[addr*2+2:]) != 0 {
		return 0, false
	}
	t := make(map[int32]int32, len(keys))
	for i, k := range keys {
		if _, ok := t[k]; !ok {
			t[k] = targets[i]
		}
	}
	l.c.switches = append(l.c.switches, t)
	l.switches[addr] = int32(len(l.c.switches) - 1)
	return l.switches[addr], true
}
