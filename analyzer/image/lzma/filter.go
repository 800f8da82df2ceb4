package lzma

import (
	"encoding/binary"

	"romscan/analyzer/image"
)

// filter undoes what made data easier to compress (5.3.2, 5.3.3). Filters keep state from call to call.
type filter interface {
	// undo works on b in place and returns how many of its bytes are done. The others, fewer than what the filter
	// looks at, are to be shown again with more behind them; at the end of a block they stay as they are.
	undo(b []byte) int
}

// Filters of xz (5.3).
const (
	filterDelta    = 0x03
	filterX86      = 0x04
	filterPowerPC  = 0x05
	filterIA64     = 0x06
	filterARM      = 0x07
	filterARMThumb = 0x08
	filterSPARC    = 0x09
	filterARM64    = 0x0A
	filterRISCV    = 0x0B
	filterLZMA2    = 0x21
)

// addFilter adds the next filter of a chain. The last one, and no other, is LZMA2.
func (h *block) addFilter(id int64, properties []byte, last bool, at int64) error {
	if last != (id == filterLZMA2) {
		return image.Errorf(image.Malformed, at, "xz filter 0x%02x in this place", id)
	}
	bad := image.Errorf(image.Malformed, at, "properties % x of xz filter 0x%02x", properties, id)
	switch id {
	case filterLZMA2:
		if len(properties) != 1 || properties[0] > 40 {
			return bad
		}
		h.dict = dictSize(properties[0])
		return nil
	case filterDelta:
		if len(properties) != 1 {
			return bad
		}
		h.filters = append([]filter{&delta{distance: int(properties[0]) + 1}}, h.filters...)
		return nil
	}
	var start uint32
	switch len(properties) {
	case 0:
	case 4:
		start = binary.LittleEndian.Uint32(properties)
	default:
		return bad
	}
	var f filter
	align := uint32(4)
	switch id {
	case filterX86:
		f, align = &x86{pos: start}, 1
	case filterARM:
		f = &branch{pos: start, width: 4, step: 4, undoOne: undoARM}
	case filterARM64:
		f = &branch{pos: start, width: 4, step: 4, undoOne: undoARM64}
	case filterARMThumb:
		f, align = &branch{pos: start, width: 4, step: 2, undoOne: undoARMThumb}, 2
	case filterPowerPC, filterIA64, filterSPARC, filterRISCV:
		return image.Errorf(image.Unsupported, at, "xz filter 0x%02x, of a processor that no Android runs on", id)
	default:
		return image.Errorf(image.Unsupported, at, "xz filter 0x%02x", id)
	}
	if start%align != 0 {
		return bad
	}
	h.filters = append([]filter{f}, h.filters...)
	return nil
}

// dictSize is 2 or 3 times a power of two (5.3.1).
func dictSize(b byte) int64 {
	if b == 40 {
		return 1<<32 - 1
	}
	return int64(2|b&1) << (b/2 + 11)
}

// delta adds the byte distance before.
type delta struct {
	distance int
	history  [256]byte
	at       byte
}

func (d *delta) undo(b []byte) int {
	for i := range b {
		b[i] += d.history[byte(d.distance+int(d.at))]
		d.history[d.at] = b[i]
		d.at--
	}
	return len(b)
}

// branch turns the absolute targets of branches back into relative ones, instruction by instruction.
type branch struct {
	pos         uint32 // of the next byte
	width, step int    // bytes looked at, and on to the next
	// undoOne works on the width bytes at pos and returns how many bytes it changed beyond step.
	undoOne func(b []byte, pos uint32) int
}

func (f *branch) undo(b []byte) int {
	i := 0
	for i+f.width <= len(b) {
		i += f.step + f.undoOne(b[i:i+f.width:i+f.width], f.pos+uint32(i))
	}
	f.pos += uint32(i)
	return i
}

// undoARM: BL, condition always. The target counts words, from two instructions on.
func undoARM(b []byte, pos uint32) int {
	if b[3] == 0xEB {
		v := binary.LittleEndian.Uint32(b) & 0xFFFFFF
		v -= (pos + 8) >> 2
		b[0], b[1], b[2] = byte(v), byte(v>>8), byte(v>>16)
	}
	return 0
}

// undoARMThumb: BL in its two halves, each of 11 bits of target. It counts half words, from two halves on.
func undoARMThumb(b []byte, pos uint32) int {
	high, low := binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:])
	if high&0xF800 != 0xF000 || low&0xF800 != 0xF800 {
		return 0
	}
	v := uint32(high&0x7FF)<<11 | uint32(low&0x7FF)
	v -= (pos + 4) >> 1
	binary.LittleEndian.PutUint16(b, 0xF000|uint16(v>>11&0x7FF))
	binary.LittleEndian.PutUint16(b[2:], 0xF800|uint16(v&0x7FF))
	return 2
}

// undoARM64: BL, whose target counts words, and ADRP within 512 MiB, whose target counts pages of 4 KiB.
func undoARM64(b []byte, pos uint32) int {
	v := binary.LittleEndian.Uint32(b)
	switch {
	case v>>26 == 0x25:
		v = 0x25<<26 | (v-pos>>2)&0x03FFFFFF
	case v&0x9F000000 == 0x90000000:
		page := v>>29&3 | v>>3&0x1FFFFC
		if (page+0x20000)&0x1C0000 != 0 {
			return 0
		}
		page -= pos >> 12
		v = v&0x9000001F | page&3<<29 | page&0x3FFFC<<3 | -(page&0x20000)&0xE00000
	default:
		return 0
	}
	binary.LittleEndian.PutUint32(b, v)
	return 0
}
