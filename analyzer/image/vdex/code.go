package vdex

import (
	"encoding/binary"

	"romscan/analyzer/image"
)

// dex is a DEX in memory, as it is shown, of which only the bodies of methods are looked for.
type dex struct {
	raw     []byte
	compact bool
	data    int64 // what offsets of items count from: 0, in a compact DEX where the data begin
	work    int64 // bytes that may still be looked at: bodies may overlap
}

// body is the code of a method.
type body struct {
	item   uint32 // offset of its item as class data state it
	class  int
	nth    int // among the methods of the class, direct ones first
	method uint32
	at     int64 // of its first code unit in raw
	units  []byte
}

const (
	workFactor = 8
	workFloor  = 1 << 20
	classDef   = 32
)

// bodies calls yield for every method that has code, in the order of the classes; methods may share a body. It returns an
// error where class data or code lie outside the file, and goes on with the next class.
func (d *dex) bodies(yield func(body) error) error {
	d.work = workFactor*int64(len(d.raw)) + workFloor
	var first error
	fail := func(err error) {
		if first == nil {
			first = err
		}
	}
	word := func(at int64) int64 { return int64(binary.LittleEndian.Uint32(d.raw[at:])) }
	classes, table := word(96), word(100)
	if table > int64(len(d.raw)) || classes > (int64(len(d.raw))-table)/classDef {
		return image.Errorf(image.Malformed, 96, "%d classes at %d", classes, table)
	}
	for i := range classes {
		at := word(table + classDef*i + 24)
		if at == 0 {
			continue
		}
		l := lebs{d.raw, at + d.data, false}
		fields := uint64(l.next()) + uint64(l.next())
		methods := [2]uint32{l.next(), l.next()} // direct and virtual ones
		for ; fields > 0 && !l.bad; fields-- {
			l.next()
			l.next()
		}
		nth := -1
		for _, n := range methods {
			var index uint32
			for ; n > 0 && !l.bad; n-- {
				nth++
				index += l.next()
				l.next()
				item := l.next()
				if item == 0 || l.bad {
					continue
				}
				b, err := d.body(item)
				if err == nil {
					b.method, b.class, b.nth = index, int(i), nth
					err = yield(b)
				}
				if err != nil {
					fail(err)
				}
			}
		}
		if d.work -= l.at - at - d.data; d.work < 0 {
			return image.Errorf(image.OverBudget, -1, "overlapping items")
		}
		if l.bad {
			fail(image.Errorf(image.Malformed, at+d.data, "class data outside the file"))
		}
	}
	return first
}

// body finds the code units of an item.
func (d *dex) body(item uint32) (body, error) {
	at, units := int64(item)+d.data, int64(0)
	bad := image.Errorf(image.Malformed, at, "code outside the file")
	if d.compact {
		// fields in four bits each, then the size and flags of what stands before the item, nearest first: the size
		if at+4 > int64(len(d.raw)) || at < 4 {
			return body{}, bad
		}
		size := binary.LittleEndian.Uint16(d.raw[at+2:])
		units = int64(size >> 5)
		if size&0x10 != 0 {
			units += int64(binary.LittleEndian.Uint16(d.raw[at-2:])) + int64(binary.LittleEndian.Uint16(d.raw[at-4:]))<<16
		}
		at += 4
	} else {
		if at+16 > int64(len(d.raw)) {
			return body{}, bad
		}
		units = int64(binary.LittleEndian.Uint32(d.raw[at+12:]))
		at += 16
	}
	if 2*units > int64(len(d.raw))-at {
		return body{}, bad
	}
	if d.work -= 16 + 2*units; d.work < 0 {
		return body{}, image.Errorf(image.OverBudget, at, "overlapping code")
	}
	return body{item: item, at: at, units: d.raw[at : at+2*units]}, nil
}

// lebs reads unsigned LEB128 numbers.
type lebs struct {
	b   []byte
	at  int64
	bad bool
}

func (l *lebs) next() uint32 {
	var v uint32
	for shift := 0; shift < 35; shift += 7 {
		if l.at < 0 || l.at >= int64(len(l.b)) {
			l.bad = true
			return 0
		}
		c := l.b[l.at]
		l.at++
		v |= uint32(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
	return v
}

// widths of the instructions in code units, by opcode, with the quick ones of ART: "Dalvik bytecode", and
// art/libdexfile/dex/dex_instruction_list.h.
const widths = "1123123123111111" + "1112322352232112" + "2122333112333222" + "2222222222222211" +
	"1111222222222222" + "2222222222222222" + "2222222222222233" + "3331333331111111" +
	"1111111111111111" + "2222222222222222" + "2222222222222222" + "1111111111111111" +
	"1111111111111111" + "2222222222222222" + "2222222223322222" + "2221111111443322"

// width returns the bytes that the instruction or payload at the start of b takes; at least two.
func width(b []byte) int64 {
	if b[0] != 0 || b[1] == 0 || len(b) < 4 {
		return 2 * int64(widths[b[0]]-'0')
	}
	n := int64(binary.LittleEndian.Uint16(b[2:]))
	switch b[1] {
	case 1: // packed-switch
		return 8 + 4*n
	case 2: // sparse-switch
		return 4 + 8*n
	case 3: // fill-array-data
		if len(b) >= 8 {
			return 8 + (n*int64(binary.LittleEndian.Uint32(b[4:]))+1)&^1
		}
	}
	return 2
}
