package dex

import (
	"encoding/binary"

	"romscan/analyzer/image"
)

// Code is a code_item: a method's body.
type Code struct {
	Registers, Ins, Outs uint16
	Debug                uint32 // offset of debug_info_item, 0 in a compact DEX
	Offset               uint32 // offset of the first instruction in Data
	Bytes                []byte // the instructions, two bytes a code unit
	Set                  *Set

	tries    []byte
	handlers uint32 // offset of encoded_catch_handler_list
}

// Units returns the number of code units.
func (c *Code) Units() uint32 { return uint32(len(c.Bytes) / 2) }

const codeHeader = 16

// Code reads the code_item at off. A body that reaches outside the file is cut where the file ends, and an
// error says so.
func (f *File) Code(off uint32) (Code, error) {
	if f.Compact {
		return f.compactCode(off)
	}
	c := Code{Set: f.Set}
	if uint64(off)+codeHeader > uint64(len(f.Data)) || off == 0 {
		return c, image.Errorf(image.Malformed, int64(off), "code item outside the file")
	}
	b := f.Data[off:]
	c = Code{
		Registers: binary.LittleEndian.Uint16(b), Ins: binary.LittleEndian.Uint16(b[2:]), Outs: binary.LittleEndian.Uint16(b[4:]),
		Debug: binary.LittleEndian.Uint32(b[8:]), Offset: off + codeHeader, Set: f.Set,
	}
	tries := uint64(binary.LittleEndian.Uint16(b[6:]))
	size := uint64(binary.LittleEndian.Uint32(b[12:])) * 2
	b = b[codeHeader:]
	if size > uint64(len(b)) {
		c.Bytes = b[:len(b)&^1]
		return c, image.Errorf(image.Truncated, int64(off), "code claims %d bytes, %d there", size, len(b))
	}
	c.Bytes = b[:size]
	if tries == 0 {
		return c, nil
	}
	at := size + size&2 // try items are aligned to four bytes
	if at+tries*8 > uint64(len(b)) {
		return c, image.Errorf(image.Truncated, int64(off), "code claims %d try items", tries)
	}
	c.tries = b[at : at+tries*8]
	c.handlers = c.Offset + uint32(at+tries*8)
	return c, nil
}

// Try is a guarded range of code, in code units.
type Try struct {
	Start, Count uint32
	Catches      []Catch
}

// Catch is one handler of a Try.
type Catch struct {
	Type uint32 // type index, NoIndex for a handler of everything
	Addr uint32 // code-unit address
}

// maxCatches bounds the handlers listed for one method; try items may share one long list.
const maxCatches = 1 << 18

// Tries returns the guarded ranges of a code item of f; handlers that cannot be read are left out.
func (f *File) Tries(c *Code) []Try {
	var out []Try
	left := int64(maxCatches)
	for t := c.tries; len(t) >= 8; t = t[8:] {
		try := Try{Start: binary.LittleEndian.Uint32(t), Count: uint32(binary.LittleEndian.Uint16(t[4:]))}
		r := reader{data: f.Data, pos: uint64(c.handlers) + uint64(binary.LittleEndian.Uint16(t[6:]))}
		n := int64(r.sleb())
		n, all := max(n, -n), n <= 0
		left -= n
		for range min(n, int64(r.left()/2), max(left+n, 0)) {
			ca := Catch{Type: r.uleb(), Addr: r.uleb()}
			if !r.bad {
				try.Catches = append(try.Catches, ca)
			}
		}
		if all {
			if addr := r.uleb(); !r.bad {
				try.Catches = append(try.Catches, Catch{Type: NoIndex, Addr: addr})
			}
		}
		out = append(out, try)
	}
	return out
}

// Insns walks instructions in the order of their addresses; payloads of switches and of fill-array-data are
// stepped over.
type Insns struct {
	code  []byte
	width *[256]uint8
	pc    int // byte position of the instruction
	next  int
}

// Insns returns a walk that stands before the first instruction.
func (c *Code) Insns() Insns { return Insns{code: c.Bytes, width: &c.Set.width} }

// Next steps to the next instruction; false at the end, or where the rest does not hold a whole one.
func (it *Insns) Next() bool {
	for {
		pc := it.next
		if pc+2 > len(it.code) {
			return false
		}
		op := it.code[pc]
		if op == 0 && it.code[pc+1] != 0 {
			if n := payloadSize(it.code[pc:]); n > 0 {
				it.next = pc + n
				continue
			}
		}
		next := pc + 2*int(it.width[op])
		if next > len(it.code) {
			return false
		}
		it.pc, it.next = pc, next
		return true
	}
}

// Rest returns the number of bytes after the last instruction: not 0 where the code ended inside one.
func (it *Insns) Rest() int { return len(it.code) - it.next }

// Addr returns the code-unit address.
func (it *Insns) Addr() uint32 { return uint32(it.pc / 2) }

// Op returns the opcode.
func (it *Insns) Op() Op { return Op(it.code[it.pc]) }

// High returns the high byte of the first code unit: register AA, or registers A and B.
func (it *Insns) High() uint8 { return it.code[it.pc+1] }

// Unit returns code unit i of the instruction; 0 past the end of the code.
func (it *Insns) Unit(i int) uint16 {
	if p := it.pc + 2*i; p+2 <= len(it.code) {
		return binary.LittleEndian.Uint16(it.code[p:])
	}
	return 0
}

// Units3 returns the first three code units of what stands at the instruction, with zeros past its end.
func (it *Insns) Units3() (u [3]uint16) {
	n := (it.next - it.pc) / 2
	for i := range min(n, len(u)) {
		u[i] = it.Unit(i)
	}
	return u
}

// Ident bytes of payloads: the high byte of a nop's code unit.
const (
	packedSwitchPayload = 0x01
	sparseSwitchPayload = 0x02
	fillArrayPayload    = 0x03
)

// payloadSize returns the bytes that the payload at the start of b takes, 0 where it is none. A payload that
// claims more than there is takes the rest.
func payloadSize(b []byte) int {
	if len(b) < 4 || b[0] != 0 {
		return 0
	}
	n := uint64(binary.LittleEndian.Uint16(b[2:]))
	var size uint64
	switch b[1] {
	case packedSwitchPayload:
		size = 8 + n*4
	case sparseSwitchPayload:
		size = 4 + n*8
	case fillArrayPayload:
		if len(b) < 8 {
			return len(b)
		}
		size = 8 + (n*uint64(binary.LittleEndian.Uint32(b[4:]))+1)/2*2
	default:
		return 0
	}
	return int(min(size, uint64(len(b))))
}

// ArrayPayload returns the element width in bytes and the elements of the fill-array-data payload at a
// code-unit address.
func (c *Code) ArrayPayload(addr uint32) (width int, data []byte, ok bool) {
	if uint64(addr)*2+8 > uint64(len(c.Bytes)) {
		return 0, nil, false
	}
	b := c.Bytes[addr*2:]
	if b[0] != 0 || b[1] != fillArrayPayload {
		return 0, nil, false
	}
	width = int(binary.LittleEndian.Uint16(b[2:]))
	size := uint64(width) * uint64(binary.LittleEndian.Uint32(b[4:]))
	if width == 0 || size > uint64(len(b)-8) {
		return 0, nil, false
	}
	return width, b[8 : 8+size], true
}
