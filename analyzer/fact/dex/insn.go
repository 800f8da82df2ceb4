package dex

import "encoding/binary"

// Insn is one instruction taken apart. Which fields count depends on the format: registers in Regs in the
// order of the mnemonic's operands, the literal in Lit, the branch offset in code units in Target, the index
// in Index, and for invoke-polymorphic the prototype in Proto.
type Insn struct {
	Addr   uint32 // code units from the start of the method
	Op     Op
	Width  uint32 // code units
	Format Format
	Kind   Index // what Index counts
	Index  uint32
	Proto  uint32
	Target int32
	Lit    int64
	NRegs  uint32 // registers named; of a range, all of them
	Range  bool   // the registers are Regs[0], Regs[0]+1, …
	Regs   [5]uint16
}

// Reg returns register operand i, also of a range.
func (in *Insn) Reg(i int) uint32 {
	if in.Range {
		return uint32(in.Regs[0]) + uint32(i)
	}
	if i < len(in.Regs) {
		return uint32(in.Regs[i])
	}
	return 0
}

// Insn takes the instruction at the walk's place apart.
func (it *Insns) Insn(s *Set) Insn {
	u := func(i int) uint16 { return it.Unit(i) }
	wide := func() uint32 { return uint32(u(1)) | uint32(u(2))<<16 }
	op := it.Op()
	i := s.ops[op]
	in := Insn{Addr: it.Addr(), Op: op, Width: uint32(s.width[op]), Format: i.format, Kind: i.index}
	high := it.High()
	regs := func(list ...uint16) { in.NRegs = uint32(copy(in.Regs[:], list)) }
	low, top := uint16(high&15), uint16(high>>4)
	switch i.format {
	case f12x:
		regs(low, top)
	case f11n:
		regs(low)
		in.Lit = int64(int8(high) >> 4)
	case f11x:
		regs(uint16(high))
	case f10t:
		in.Target = int32(int8(high))
	case f20t:
		in.Target = int32(int16(u(1)))
	case f20bc:
		in.Lit, in.Index = int64(high), uint32(u(1))
	case f22x:
		regs(uint16(high), u(1))
	case f21t:
		regs(uint16(high))
		in.Target = int32(int16(u(1)))
	case f21s:
		regs(uint16(high))
		in.Lit = int64(int16(u(1)))
	case f21h:
		regs(uint16(high))
		in.Lit = int64(int16(u(1))) << 16
		if op == 0x19 { // const-wide/high16
			in.Lit <<= 32
		}
	case f21c:
		regs(uint16(high))
		in.Index = uint32(u(1))
	case f23x:
		regs(uint16(high), u(1)&0xff, u(1)>>8)
	case f22b:
		regs(uint16(high), u(1)&0xff)
		in.Lit = int64(int8(u(1) >> 8))
	case f22t:
		regs(low, top)
		in.Target = int32(int16(u(1)))
	case f22s:
		regs(low, top)
		in.Lit = int64(int16(u(1)))
	case f22c, f22cs:
		regs(low, top)
		in.Index = uint32(u(1))
	case f30t:
		in.Target = int32(wide())
	case f32x:
		regs(u(1), u(2))
	case f31i:
		regs(uint16(high))
		in.Lit = int64(int32(wide()))
	case f31t:
		regs(uint16(high))
		in.Target = int32(wide())
	case f31c:
		regs(uint16(high))
		in.Index = wide()
	case f51l:
		regs(uint16(high))
		in.Lit = int64(uint64(wide()) | uint64(u(3))<<32 | uint64(u(4))<<48)
	case f35c, f35mi, f35ms, f45cc:
		in.Index = uint32(u(1))
		regs(u(2)&15, u(2)>>4&15, u(2)>>8&15, u(2)>>12, low)
		in.NRegs = uint32(min(top, 5))
	case f3rc, f3rmi, f3rms, f4rcc:
		in.Index = uint32(u(1))
		in.Regs[0], in.Range, in.NRegs = u(2), true, uint32(high)
	}
	if i.format == f45cc || i.format == f4rcc {
		in.Proto = uint32(u(3))
	}
	return in
}

// SwitchTargets returns the keys and the branch offsets, relative to the switch, of the payload at addr.
func (c *Code) SwitchTargets(addr uint32) (keys, targets []int32) {
	if uint64(addr)*2+4 > uint64(len(c.Bytes)) {
		return nil, nil
	}
	b := c.Bytes[addr*2:]
	n := int(binary.LittleEndian.Uint16(b[2:]))
	word := func(off int) int32 { return int32(binary.LittleEndian.Uint32(b[off:])) }
	switch {
	case b[0] == 0 && b[1] == packedSwitchPayload && 8+4*n <= len(b):
		for i := range n {
			keys = append(keys, word(4)+int32(i))
			targets = append(targets, word(8+4*i))
		}
	case b[0] == 0 && b[1] == sparseSwitchPayload && 4+8*n <= len(b):
		for i := range n {
			keys = append(keys, word(4+4*i))
			targets = append(targets, word(4+4*n+4*i))
		}
	}
	return keys, targets
}
