package lzma

import (
	"encoding/binary"
	"math/bits"
)

// x86 turns the absolute targets of CALL and JMP (E8, E9) back into relative ones. Which bytes are opcodes can
// only be guessed, and the decoder must guess as the encoder did: simple/x86.c of liblzma.
type x86 struct {
	pos uint32 // of the next byte
	// passed tells of the last three bytes: bits 1 to 3, that they looked like an opcode and were not taken for
	// one; bits 5 to 7, that a target there would have had an extreme highest byte. The last byte comes first.
	passed uint32
}

// extreme is what the highest byte of a target within 16 MiB looks like.
func extreme(b byte) bool { return b == 0x00 || b == 0xFF }

func (f *x86) undo(b []byte) int {
	const width = 5
	passed, i := f.passed, 0
	for i+width <= len(b) {
		if b[i]&0xFE == 0xE8 {
			high := extreme(b[i+4])
			if high && passed < 0x10 && x86Clear(passed) {
				target := f.relative(binary.LittleEndian.Uint32(b[i+1:]), f.pos+uint32(i)+width, passed)
				binary.LittleEndian.PutUint32(b[i+1:], target)
				passed = 0
				i += width
				continue
			}
			passed |= 0x01
			if high {
				passed |= 0x10
			}
		}
		passed = passed & 0x77 << 1
		i++
	}
	f.passed = passed
	f.pos += uint32(i)
	return i
}

// x86Clear reports whether at most one of the three bytes before was an opcode not taken.
func x86Clear(passed uint32) bool {
	p := passed >> 1 & 7
	return p&(p-1) == 0
}

// relative makes a target relative to next, the address of the next instruction. An opcode among the three bytes
// before shares its highest byte with the target; where that byte came out extreme, an encoder inverted it and
// what is below, lest the decoder take that opcode. Only 25 bits of the result count.
func (f *x86) relative(target, next, passed uint32) uint32 {
	v := target - next
	if p := passed >> 1 & 7; p != 0 {
		shift := 24 - 8*uint(bits.Len32(p))
		if extreme(byte(v >> shift)) {
			v = (v ^ (1<<(shift+8) - 1)) - next
		}
	}
	return v&0x00FFFFFF | -(v>>24&1)<<24
}
