package dex

import (
	"slices"

	"romscan/analyzer/fact"
)

// tracker follows constants and arrays through the registers of one method, block by block. Constants are
// forgotten at every place that a branch leads to; arrays stay known, but grow only in the block they are
// made in.
type tracker struct {
	s       *scan
	method  uint32
	code    *Code
	regs    []register
	epoch   uint32 // of the method
	block   uint32 // of the constants
	leaders []uint64
	arrays  []*arrayState
	pending *arrayState // of filled-new-array, until move-result-object
}

type register struct {
	epoch, block uint32 // when array and lit were set
	lit          int32
	array        *arrayState
}

type arrayState struct {
	kind   int
	length int32
	block  uint32
	site   fact.Site
	elems  []int32 // complete
	sets   []set   // by aput, where not complete
	broken bool    // some element is not a constant
	used   bool    // already a row
}

type set struct{ index, value int32 }

// maxRegisters bounds the registers followed; compilers stay far below, a header may claim 65535.
const maxRegisters = 4096

// run finds the strings that method writes as arrays.
func (t *tracker) run(s *scan, method uint32, code *Code) {
	t.s, t.method, t.code = s, method, code
	t.epoch++
	t.block++
	t.arrays, t.pending = t.arrays[:0], nil
	if n := min(int(code.Registers), maxRegisters); len(t.regs) < n {
		t.regs = slices.Grow(t.regs, n-len(t.regs))[:n]
	}
	t.findLeaders()
	it := code.Insns()
	for it.Next() {
		if a := it.Addr(); t.leaders[a/64]&(1<<(a%64)) != 0 {
			t.block++
		}
		t.step(&it)
	}
	for _, a := range t.arrays {
		a.finish()
		if a.used || len(a.elems) < minText[a.kind] || a.kind >= shortArray && !wordy(a.elems) {
			continue
		}
		t.row(a, a.elems)
	}
}

// findLeaders marks the addresses that branches, switches and handlers lead to.
func (t *tracker) findLeaders() {
	n := int(t.code.Units()/64) + 1
	t.leaders = append(t.leaders[:0], make([]uint64, n)...)
	mark := func(from uint32, by int32) {
		if to := int64(from) + int64(by); to >= 0 && to < int64(t.code.Units()) {
			t.leaders[to/64] |= 1 << (to % 64)
		}
	}
	it := t.code.Insns()
	for it.Next() {
		op := it.Op()
		switch {
		case op >= OpGoto && op <= OpGoto32 || op >= OpIfEq && op <= OpIfLez:
			mark(it.Addr(), it.Insn(t.code.Set).Target)
		case op == OpPackedSwitch || op == OpSparseSwitch:
			payload := it.Addr() + uint32(it.Insn(t.code.Set).Target)
			_, targets := t.code.SwitchTargets(payload)
			if !t.s.spend(8 * len(targets)) {
				return
			}
			for _, to := range targets {
				mark(it.Addr(), to)
			}
		}
	}
	for _, try := range t.s.f.Tries(t.code) {
		if !t.s.spend(8 * len(try.Catches)) {
			return
		}
		for _, c := range try.Catches {
			mark(0, int32(c.Addr))
		}
	}
}

func (t *tracker) step(it *Insns) {
	op := it.Op()
	pending := t.pending
	t.pending = nil
	switch {
	case op >= OpConst4 && op <= OpConstHigh16:
		in := it.Insn(t.code.Set)
		t.setConst(in.Reg(0), int32(in.Lit))
	case op >= 0x01 && op <= 0x03 || op >= 0x07 && op <= 0x09: // moves of one register
		in := it.Insn(t.code.Set)
		t.move(in.Reg(0), in.Reg(1))
	case op >= 0x8d && op <= 0x8f: // int-to-byte, -char, -short
		in := it.Insn(t.code.Set)
		t.convert(op, in.Reg(0), in.Reg(1))
	case op == OpMoveResultObject:
		t.setArray(uint32(it.High()), pending)
	case op >= OpNewArray && op <= OpFillArrayData:
		t.makeArray(it)
	case op >= OpAput && op <= OpAputShort:
		t.put(it.Insn(t.code.Set))
	case op.Invoke():
		t.consume(it)
	case writesFirst(op):
		in := it.Insn(t.code.Set)
		t.clear(in.Reg(0))
	}
}

// writesFirst tells whether an instruction that step does not handle gives register A a new value.
func writesFirst(op Op) bool {
	switch {
	case op <= 0x0d, op >= 0x16 && op <= 0x1c, op >= 0x20 && op <= 0x22, op >= 0x2d && op <= 0x31:
		return op != OpNop
	case op >= 0x44 && op <= 0x4a, op >= 0x52 && op <= 0x58, op >= 0x60 && op <= 0x66, op >= 0x7b && op <= 0xe2:
		return true
	}
	return op >= 0xfe
}

func (t *tracker) reg(i uint32) *register {
	if uint64(i) < uint64(len(t.regs)) {
		return &t.regs[i]
	}
	return nil
}

func (t *tracker) setConst(i uint32, lit int32) {
	if r := t.reg(i); r != nil {
		*r = register{epoch: t.epoch, block: t.block, lit: lit}
	}
}

func (t *tracker) setArray(i uint32, a *arrayState) {
	if r := t.reg(i); r != nil {
		*r = register{epoch: t.epoch, array: a}
	}
}

func (t *tracker) clear(i uint32) {
	if r := t.reg(i); r != nil {
		*r = register{}
	}
}

func (t *tracker) move(to, from uint32) {
	if d, s := t.reg(to), t.reg(from); d != nil && s != nil {
		*d = *s
	}
}

// constant returns the value of a register, if this block has set it to a constant.
func (t *tracker) constant(i uint32) (int32, bool) {
	r := t.reg(i)
	if r == nil || r.block != t.block || r.epoch != t.epoch || r.array != nil {
		return 0, false
	}
	return r.lit, true
}

func (t *tracker) array(i uint32) *arrayState {
	r := t.reg(i)
	if r == nil || r.epoch != t.epoch {
		return nil
	}
	return r.array
}

func (t *tracker) convert(op Op, to, from uint32) {
	v, ok := t.constant(from)
	switch {
	case !ok:
		t.clear(to)
	case op == 0x8d:
		t.setConst(to, int32(int8(v)))
	case op == 0x8e:
		t.setConst(to, int32(uint16(v)))
	default:
		t.setConst(to, int32(int16(v)))
	}
}

// makeArray handles new-array, filled-new-array and fill-array-data.
func (t *tracker) makeArray(it *Insns) {
	in := it.Insn(t.code.Set)
	site := t.s.site(t.code, it)
	if in.Op == OpFillArrayData {
		t.fill(in, site)
		return
	}
	kind := kindOfArray(t.s.f.Type(in.Index))
	if in.Op == OpNewArray {
		length, ok := t.constant(in.Reg(1))
		t.clear(in.Reg(0))
		if kind >= 0 && ok && length > 0 && length <= maxElems {
			a := &arrayState{kind: kind, length: length, block: t.block, site: site}
			t.arrays = append(t.arrays, a)
			t.setArray(in.Reg(0), a)
		}
		return
	}
	if kind < 0 {
		return
	}
	a := &arrayState{kind: kind, length: int32(in.NRegs), block: t.block, site: site}
	for i := range int(in.NRegs) {
		v, ok := t.constant(in.Reg(i))
		if !ok {
			return
		}
		a.elems = append(a.elems, v)
	}
	t.arrays = append(t.arrays, a)
	t.pending = a
}
