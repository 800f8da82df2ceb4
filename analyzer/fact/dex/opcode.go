package dex

// Op is an opcode: the low byte of an instruction's first code unit.
type Op uint8

// Opcodes that readers of code ask for by name; [Set.OpName] spells all of them.
const (
	OpNop                    Op = 0x00
	OpMoveResult             Op = 0x0a
	OpMoveResultObject       Op = 0x0c
	OpReturnVoid             Op = 0x0e
	OpReturnObject           Op = 0x11
	OpConst4                 Op = 0x12
	OpConst16                Op = 0x13
	OpConst                  Op = 0x14
	OpConstHigh16            Op = 0x15
	OpConstString            Op = 0x1a
	OpConstStringJumbo       Op = 0x1b
	OpConstClass             Op = 0x1c
	OpNewInstance            Op = 0x22
	OpNewArray               Op = 0x23
	OpFilledNewArray         Op = 0x24
	OpFilledNewArrayRange    Op = 0x25
	OpFillArrayData          Op = 0x26
	OpThrow                  Op = 0x27
	OpGoto                   Op = 0x28
	OpGoto32                 Op = 0x2a
	OpPackedSwitch           Op = 0x2b
	OpSparseSwitch           Op = 0x2c
	OpIfEq                   Op = 0x32
	OpIfLez                  Op = 0x3d
	OpAput                   Op = 0x4b
	OpAputByte               Op = 0x4f
	OpAputShort              Op = 0x51
	OpInvokeVirtual          Op = 0x6e
	OpInvokeSuper            Op = 0x6f
	OpInvokeDirect           Op = 0x70
	OpInvokeStatic           Op = 0x71
	OpInvokeInterface        Op = 0x72
	OpInvokeVirtualRange     Op = 0x74
	OpInvokeDirectRange      Op = 0x76
	OpInvokeInterfaceRange   Op = 0x78
	OpInvokePolymorphic      Op = 0xfa
	OpInvokePolymorphicRange Op = 0xfb
	OpInvokeCustom           Op = 0xfc
	OpInvokeCustomRange      Op = 0xfd
)

// Format is the layout of an instruction's operands, named as in "Dalvik executable instruction formats".
type Format uint8

// The formats; those ending in mi, ms and s are of optimised code. FormatNone is that of unused codes.
const (
	FormatNone Format = iota
	f10x
	f12x
	f11n
	f11x
	f10t
	f20t
	f20bc
	f22x
	f21t
	f21s
	f21h
	f21c
	f23x
	f22b
	f22t
	f22s
	f22c
	f22cs
	f30t
	f32x
	f31i
	f31t
	f31c
	f35c
	f35mi
	f35ms
	f3rc
	f3rmi
	f3rms
	f45cc
	f4rcc
	f51l
)

// widths of the formats in code units.
var widths = [...]uint8{
	FormatNone: 1, f10x: 1, f12x: 1, f11n: 1, f11x: 1, f10t: 1, f20t: 2, f20bc: 2, f22x: 2, f21t: 2, f21s: 2,
	f21h: 2, f21c: 2, f23x: 2, f22b: 2, f22t: 2, f22s: 2, f22c: 2, f22cs: 2, f30t: 3, f32x: 3, f31i: 3,
	f31t: 3, f31c: 3, f35c: 3, f35mi: 3, f35ms: 3, f3rc: 3, f3rmi: 3, f3rms: 3, f45cc: 4, f4rcc: 4, f51l: 5,
}

// Index says what an instruction's index counts.
type Index uint8

// The kinds of index.
const (
	indexNone Index = iota
	indexString
	indexType
	indexField
	indexMethod
	indexCallSite
	indexMethodHandle
	indexProto
)

type info struct {
	name   string
	format Format
	index  Index
}

// Set is what the 256 opcodes mean in one dialect.
type Set struct {
	Name  string
	ops   [256]info
	width [256]uint8
}

func newSet(name string, tables ...[]info) *Set {
	s := &Set{Name: name}
	for _, t := range tables {
		for op, i := range t {
			if i.format != FormatNone {
				s.ops[op] = i
			}
		}
	}
	for op := range s.ops {
		s.width[op] = widths[s.ops[op].format]
	}
	return s
}

// The dialects: as compilers write it, as dexopt leaves it in .odex, as dex2oat leaves it in .oat and .vdex.
var (
	Standard = newSet("standard", standardOps[:])
	Dalvik   = newSet("dalvik", standardOps[:], dalvikOps[:])
	ART      = newSet("art", standardOps[:], artOps[:])
)

// OpName returns the mnemonic, or "unused".
func (s *Set) OpName(op Op) string {
	if n := s.ops[op].name; n != "" {
		return n
	}
	return "unused"
}

// Known reports whether the dialect has the opcode.
func (s *Set) Known(op Op) bool { return s.ops[op].format != FormatNone }

// Invoke tells whether op calls a method by index: the kinds of invoke, and invoke-polymorphic.
func (op Op) Invoke() bool {
	return op >= OpInvokeVirtual && op <= OpInvokeInterface ||
		op >= OpInvokeVirtualRange && op <= OpInvokeInterfaceRange ||
		op == OpInvokePolymorphic || op == OpInvokePolymorphicRange
}
