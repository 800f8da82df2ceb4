package dex

import (
	"romscan/analyzer/image"
)

// What the walk does at an opcode.
const (
	skip = iota
	call
	literal
	literalJumbo
	array
	strange
)

// actions by opcode; codes above 0xe2 are sorted out by their dialect.
var actions = func() (t [256]uint8) {
	for op := range t {
		switch o := Op(op); {
		case o.Invoke():
			t[op] = call
		case o == OpConstString:
			t[op] = literal
		case o == OpConstStringJumbo:
			t[op] = literalJumbo
		case o >= OpNewArray && o <= OpFillArrayData:
			t[op] = array
		}
		if op > 0xe2 || op >= 0x3e && op <= 0x43 || op == 0x73 || op == 0x79 || op == 0x7a {
			t[op] = strange
		}
	}
	return t
}()

// code walks one body and reports whether it makes arrays.
func (s *scan) code(method uint32, code *Code) (arrays bool) {
	it := code.Insns()
	n := 0
	for it.Next() {
		n++
		switch actions[it.Op()] {
		case skip:
		case call:
			s.call(method, code, &it)
		case literal:
			s.literal(method, code, &it, uint32(it.Unit(1)))
		case literalJumbo:
			s.literal(method, code, &it, uint32(it.Unit(1))|uint32(it.Unit(2))<<16)
		case array:
			arrays = true
		case strange:
			s.strange(method, code, &it)
		}
	}
	s.instructions += n
	if it.Rest() > 0 {
		s.fail(image.Errorf(image.Malformed, int64(code.Offset)+int64(len(code.Bytes)-it.Rest()), "code ends inside an instruction"))
	}
	return arrays
}

// strange handles the opcodes whose meaning depends on the version or the dialect.
func (s *scan) strange(method uint32, code *Code, it *Insns) {
	op := it.Op()
	if s.f.foreign(op) {
		s.foreign = true
	}
	switch i := code.Set.ops[op]; i.format {
	case f45cc, f4rcc:
		s.call(method, code, it)
	case f35ms, f3rms, f35mi, f3rmi:
		s.quick++
	case f35c:
		if i.index == indexMethod {
			s.call(method, code, it)
		}
	case FormatNone:
		s.fail(image.Errorf(image.Malformed, int64(code.Offset)+int64(it.pc), "unused opcode %02x", byte(op)))
	}
}

func (s *scan) call(method uint32, code *Code, it *Insns) {
	index := uint32(it.Unit(1))
	if uint64(index) >= uint64(len(s.resolved)) {
		s.fail(image.Errorf(image.Malformed, int64(code.Offset)+int64(it.pc), "method %d of %d", index, len(s.resolved)))
		return
	}
	s.called[index] = true
	if s.callee(index) != inside {
		s.calls.add(index, method, s.site(code, it))
	}
}
