package dataflow

import (
	"maps"
	"slices"

	"romscan/analyzer/fact/dex"
)

// An app that hides data by an exclusive or of its own changes it character by character or byte by byte. What such an operation makes
// of one, and is then kept as one, is encoded: how strong it is cannot be told, so it is never called encrypted. Numbers made that way,
// checksums and hash codes, are none of it.

// The instructions that make one number of two, by the Dalvik bytecode's definition.
const (
	opAnd, opAndTwo, opAndLit16, opAndLit8 dex.Op = 0x95, 0xb5, 0xd5, 0xdd
	opXor, opXorTwo, opXorLit16, opXorLit8 dex.Op = 0x97, 0xb7, 0xd7, 0xdf
	opIntToByte, opIntToShort              dex.Op = 0x8d, 0x8f
	opAputByte, opAputChar                 dex.Op = 0x4f, 0x50
	opAgetByte, opAgetChar                 dex.Op = 0x48, 0x49
)

// maxBack bounds the instructions that are looked at for where a register comes from.
const maxBack = 40

// masking is a loop that changes an array in place: the registers of the array and of the index.
type masking struct {
	body         map[int32]bool
	array, index uint32
}

// writes reports whether an instruction sets its first register.
func writes(op dex.Op) bool {
	return op >= 0x01 && op <= 0x0d || op >= 0x12 && op <= 0x1c || op >= 0x20 && op <= 0x23 || op >= 0x2d && op <= 0x31 ||
		op >= 0x44 && op <= 0x4a || op >= 0x52 && op <= 0x58 || op >= 0x60 && op <= 0x66 || op >= 0x7b && op <= 0xe2
}

// made finds the instruction before another, in its block, that sets a register.
func (g *graph) made(first, i int32, reg uint32) int32 {
	for j := i - 1; j >= first && j > i-maxBack; j-- {
		if in := &g.insns[j]; writes(in.Op) && in.Reg(0) == reg {
			return j
		}
	}
	return -1
}

// xored finds the exclusive or that a register comes from, as a character or a byte; -1 where it comes from none.
func (g *graph) xored(first, i int32, reg uint32) int32 {
	for range maxDepth {
		j := g.made(first, i, reg)
		if j < 0 {
			return -1
		}
		in := &g.insns[j]
		switch op := in.Op; {
		case op == opXor, op == opXorTwo:
			return j
		case op == opXorLit16, op == opXorLit8:
			if in.Lit == 0 {
				return -1
			}
			return j
		case op <= 0x03, op >= opIntToByte && op <= opIntToShort, op == opAnd, op == opAndLit16, op == opAndLit8:
			reg = in.Reg(1)
		case op != opAndTwo:
			return -1
		}
		i = j
	}
	return -1
}

// hidden is a character or a byte as it is kept: encoded where it comes from an exclusive or.
func (f *frame) hidden(i int32, reg uint32, v value) value {
	if f.g.insns == nil || !f.a.carries(v) || f.g.xored(f.g.blocks[f.block].first, i, reg) < 0 {
		return v
	}
	return f.a.derive(v, asEncoded)
}

// maskings finds the loops that do nothing but put an exclusive or of each element of an array in its place.
func (f *frame) maskings() {
	for _, h := range slices.Sorted(maps.Keys(f.loops)) {
		l := f.loops[h]
		if len(l.body) > 2 {
			continue
		}
		for _, b := range slices.Sorted(maps.Keys(l.body)) {
			if m, ok := f.g.maskIn(&f.g.blocks[b]); ok {
				m.body = l.body
				f.masks = append(f.masks, m)
			}
		}
	}
}

func (g *graph) maskIn(bl *block) (masking, bool) {
	for i := bl.first; i < bl.last; i++ {
		put := &g.insns[i]
		if put.Op != opAputByte && put.Op != opAputChar {
			continue
		}
		j := g.xored(bl.first, i, put.Reg(0))
		if j < 0 {
			continue
		}
		xor := &g.insns[j]
		for n := range 3 {
			if k := g.made(bl.first, j, xor.Reg(n)); k >= 0 {
				get := &g.insns[k]
				if (get.Op == opAgetByte || get.Op == opAgetChar) && get.Reg(1) == put.Reg(1) && get.Reg(2) == put.Reg(2) {
					return masking{array: put.Reg(1), index: put.Reg(2)}, true
				}
			}
		}
	}
	return masking{}, false
}

// unmasked reports whether a way leads out of a loop that changes an array in place, as far as it is long: not where the loop ends at a
// number that is known.
func (f *frame) unmasked(from, to int32, s *state) (masking, bool) {
	for _, m := range f.masks {
		in := &f.g.insns[f.g.blocks[from].last-1]
		if !m.body[from] || m.body[to] || in.Op < dex.OpIfEq || in.Op > 0x37 {
			continue
		}
		end := in.Reg(0)
		if end == m.index {
			end = in.Reg(1)
		}
		if int(end) >= len(s.regs) || int(m.array) >= len(s.regs) {
			continue
		}
		if _, known := f.a.t.number(s.regs[end]); !known {
			return m, true
		}
	}
	return masking{}, false
}

// mask encodes what an array holds.
func (f *frame) mask(s *state, m masking) {
	a := f.a
	for _, at := range a.t.atomsOf(s.regs[m.array]) {
		if a.t.node(at).kind != kObj {
			continue
		}
		for _, k := range a.slots(s, at) {
			if v := s.at(k); (k.field[0] == '[' || k.field == textField) && a.carries(v) {
				s.put(k, a.derive(v, asEncoded))
			}
		}
	}
}
