package vdex

import "romscan/analyzer/image"

// Opcodes: what the compiler writes, and what stood there (art/runtime/dex_to_dex_decompiler.cc).
const (
	opNop             = 0x00
	opReturnVoid      = 0x0e
	opCheckCast       = 0x1f
	opReturnNoBarrier = 0x73
	firstQuick        = 0xe3
)

// originals of the quick instructions, which all have the index in the second code unit: iget-quick, -wide, -object,
// iput-quick, -wide, -object, invoke-virtual-quick, /range, iput-boolean, -byte, -char, -short, iget-boolean, -byte,
// -char, -short.
var originals = [16]byte{0x52, 0x53, 0x54, 0x59, 0x5a, 0x5b, 0x6e, 0x74, 0x5c, 0x5d, 0x5e, 0x5f, 0x55, 0x56, 0x57, 0x58}

// noIndex stands for a nop that always was one.
const noIndex = 0xffff

// indices gives the indices of one body, in the order of the instructions.
type indices interface {
	// next returns the index for the instruction at pc, in code units; ok is false where there is none.
	next(pc uint32) (index uint16, ok bool)
	// nop is next for what may have been a nop before: noIndex, where it was.
	nop(pc uint32) (index uint16, ok bool)
	// any tells whether any were stated for the body.
	any() bool
}

// quickened knows the indices of all bodies.
type quickened interface {
	of(dex int, b body) (indices, error)
}

// patches returns what is to be replaced in a DEX. Bodies whose indices do not fit are left as they are, and an error says
// so. Of the methods that share a body, one has its indices: the compiler met it first.
func (d *dex) patches(number int, tables quickened) ([]patch, error) {
	var out []patch
	restored := map[uint32]bool{} // by item; false where the indices did not fit
	misfits := 0
	var where int64
	err := d.bodies(func(b body) error {
		in, err := tables.of(number, b)
		if err != nil {
			return err
		}
		done, met := restored[b.item]
		if done {
			return nil
		}
		list, ok := b.restore(in)
		restored[b.item] = ok
		switch {
		case ok:
			out = append(out, list...)
			if met {
				misfits--
			}
		case !met:
			if misfits++; misfits == 1 {
				where = b.at
			}
		}
		return nil
	})
	if err == nil && misfits > 0 {
		err = image.Errorf(image.Malformed, where, "the tables do not fit the code of %d methods, whose rewritten instructions stay", misfits)
	}
	return out, err
}

// restore finds the instructions of a body that were rewritten. ok is false where an instruction has no index.
func (b *body) restore(in indices) (out []patch, ok bool) {
	known := in.any()
	for pc := int64(0); pc+2 <= int64(len(b.units)); {
		insn := b.units[pc:]
		at, op := uint32(b.at+pc), insn[0]
		step := width(insn)
		switch {
		case op == opReturnNoBarrier:
			out = append(out, patch{at, opReturnVoid | uint16(insn[1])<<8})
		case op == opNop && known:
			// payloads, whose first byte is that of a nop, have an index too
			v, there := in.nop(uint32(pc / 2))
			if !there {
				return nil, false
			}
			if v != noIndex { // a cast, of which this is the register
				index, there := in.next(uint32(pc / 2))
				if !there || len(insn) < 4 || v > 0xff {
					return nil, false
				}
				out = append(out, patch{at, opCheckCast | v<<8}, patch{at + 2, index})
				step = 4
			}
		case op >= firstQuick && int(op-firstQuick) < len(originals):
			index, there := in.next(uint32(pc / 2))
			if !there || len(insn) < 4 {
				return nil, false
			}
			out = append(out, patch{at, uint16(originals[op-firstQuick]) | uint16(insn[1])<<8}, patch{at + 2, index})
		}
		pc += step
	}
	return out, true
}
