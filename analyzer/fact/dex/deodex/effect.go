package deodex

import "romscan/analyzer/fact/dex"

// effect is what an instruction does to the types of registers.
type effect uint8

const (
	nothing  effect = iota
	number          // A becomes a number
	wide            // A and A+1 do
	move            // A becomes what B is
	constant        // A becomes a number, or null
	result          // A becomes what the last call returned
	caught
	text         // A becomes a String
	classObject  // A becomes a Class
	typed        // A becomes of the type in unit 1: check-cast, new-instance
	newArray     // A becomes of the type in unit 1, A has four bits
	filled       // the result is of the type in unit 1
	elementOf    // A becomes an element of B
	fieldObject  // A becomes of the type of the field in unit 1; A has eight bits in sget
	staticObject // the same for sget-object
	low          // A, of four bits, becomes a number
	lowWide
	call        // the result is that of the method in unit 1
	quickGet    // A becomes what the field at an offset is
	quickPut    //
	quickCall   // the result is that of the method in a slot
	quickSuper  //
	inlineCall  //
	plainIndex  // the instruction kept its index and got another opcode
	noReference // ... and never had an index
	objectInit
	rejected
)

// shape of the flow after an instruction.
const (
	flowNext uint8 = iota
	flowEnd
	flowGoto
	flowIf
	flowSwitch
)

// effects says for every opcode of a dialect what it does; flows, where it goes on.
type effects struct {
	does  [256]effect
	flows [256]uint8
	// original opcode of a rewritten one
	original [256]dex.Op
}

var (
	dalvikEffects = newEffects(true)
	artEffects    = newEffects(false)
)

type span struct {
	from, to int
	e        effect
}

var standardSpans = []span{
	{0x01, 0x03, move}, {0x04, 0x06, wide}, {0x07, 0x09, move}, {0x0a, 0x0a, number}, {0x0b, 0x0b, wide}, {0x0c, 0x0c, result},
	{0x0d, 0x0d, caught}, {0x12, 0x15, constant}, {0x16, 0x19, wide}, {0x1a, 0x1b, text}, {0x1c, 0x1c, classObject}, {0x1f, 0x1f, typed},
	{0x20, 0x21, low}, {0x22, 0x22, typed}, {0x23, 0x23, newArray}, {0x24, 0x25, filled}, {0x2d, 0x31, number},
	{0x44, 0x44, number}, {0x45, 0x45, wide}, {0x46, 0x46, elementOf}, {0x47, 0x4a, number},
	{0x52, 0x52, low}, {0x53, 0x53, lowWide}, {0x54, 0x54, fieldObject}, {0x55, 0x58, low},
	{0x60, 0x60, number}, {0x61, 0x61, wide}, {0x62, 0x62, staticObject}, {0x63, 0x66, number},
	{0x6e, 0x72, call}, {0x74, 0x78, call}, {0x7b, 0x8f, low},
	{0x90, 0xaf, number}, {0x9b, 0xa5, wide}, {0xab, 0xaf, wide},
	{0xb0, 0xcf, low}, {0xbb, 0xc5, lowWide}, {0xcb, 0xcf, lowWide}, {0xd0, 0xd7, low}, {0xd8, 0xe2, number},
}

// wideUnary are the conversions and negations that make 64 bits.
var wideUnary = []int{0x7d, 0x7e, 0x80, 0x81, 0x83, 0x86, 0x88, 0x89, 0x8b}

// dalvikSpans: what dexopt writes; see package dex, dalvikOps.
var dalvikSpans = []span{
	{0xe3, 0xea, plainIndex}, {0xeb, 0xeb, plainIndex}, {0xed, 0xed, rejected}, {0xee, 0xef, inlineCall}, {0xf0, 0xf0, objectInit},
	{0xf1, 0xf1, noReference}, {0xf2, 0xf4, quickGet}, {0xf5, 0xf7, quickPut}, {0xf8, 0xf9, quickCall}, {0xfa, 0xfb, quickSuper}, {0xfc, 0xfe, plainIndex},
}

var dalvikOriginal = map[int]dex.Op{
	0xe3: 0x52, 0xe4: 0x59, 0xe5: 0x60, 0xe6: 0x67, 0xe7: 0x54, 0xe8: 0x53, 0xe9: 0x5a, 0xea: 0x61, 0xeb: 0x68,
	0xf1: 0x0e, 0xf2: 0x52, 0xf3: 0x53, 0xf4: 0x54, 0xf5: 0x59, 0xf6: 0x5a, 0xf7: 0x5b, 0xf8: 0x6e, 0xf9: 0x74, 0xfa: 0x6f, 0xfb: 0x75,
	0xfc: 0x5b, 0xfd: 0x62, 0xfe: 0x69,
}

// artSpans: what dex2oat writes; see package dex, artOps.
var artSpans = []span{
	{0x73, 0x73, noReference}, {0xe3, 0xe5, quickGet}, {0xe6, 0xe8, quickPut}, {0xe9, 0xea, quickCall}, {0xeb, 0xee, quickPut}, {0xef, 0xf2, quickGet},
}

var artOriginal = map[int]dex.Op{
	0x73: 0x0e, 0xe3: 0x52, 0xe4: 0x53, 0xe5: 0x54, 0xe6: 0x59, 0xe7: 0x5a, 0xe8: 0x5b, 0xe9: 0x6e, 0xea: 0x74,
	0xeb: 0x5c, 0xec: 0x5d, 0xed: 0x5e, 0xee: 0x5f, 0xef: 0x55, 0xf0: 0x56, 0xf1: 0x57, 0xf2: 0x58,
}

func newEffects(dalvik bool) *effects {
	t := &effects{}
	lists, original, ends := [][]span{standardSpans, artSpans}, artOriginal, []int{0x73}
	if dalvik {
		lists, original, ends = [][]span{standardSpans, dalvikSpans}, dalvikOriginal, []int{0xf1, 0xed}
	}
	for _, list := range lists {
		for _, s := range list {
			for op := s.from; op <= s.to; op++ {
				t.does[op] = s.e
			}
		}
	}
	for _, op := range wideUnary {
		t.does[op] = lowWide
	}
	for op, o := range original {
		t.original[op] = o
	}
	for _, op := range append(ends, 0x0e, 0x0f, 0x10, 0x11, 0x27) {
		t.flows[op] = flowEnd
	}
	for op := 0x28; op <= 0x2a; op++ {
		t.flows[op] = flowGoto
	}
	t.flows[0x2b], t.flows[0x2c] = flowSwitch, flowSwitch
	for op := 0x32; op <= 0x3d; op++ {
		t.flows[op] = flowIf
	}
	return t
}

// byType is the opcode for a field of a type: 0x52 stands for iget, 0x59 for iput, of any kind. Dalvik and ART 5 have one
// quick instruction for all narrow types.
func byType(op dex.Op, typ string) dex.Op {
	if op != 0x52 && op != 0x59 {
		return op
	}
	switch typ {
	case "Z":
		return op + 3
	case "B":
		return op + 4
	case "C":
		return op + 5
	case "S":
		return op + 6
	}
	return op
}

// fits tells whether a field of a type can be read or written by an opcode of the instance ones.
func fits(op dex.Op, typ string) bool {
	kind := op - 0x52
	if op >= 0x59 {
		kind = op - 0x59
	}
	want := [...]string{"", "", "", "Z", "B", "C", "S"}
	switch {
	case len(typ) == 0:
		return false
	case kind == 1:
		return typ == "J" || typ == "D"
	case kind == 2:
		return typ[0] == 'L' || typ[0] == '['
	case kind == 0:
		return typ == "I" || typ == "F" || len(typ) == 1 && typ[0] != 'J' && typ[0] != 'D'
	case int(kind) < len(want):
		return typ == want[kind] || kind == 3 && typ == "B" || kind == 4 && typ == "Z"
	}
	return false
}
