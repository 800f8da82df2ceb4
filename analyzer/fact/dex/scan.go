package dex

import (
	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// scan is one pass over all code of a dex that collects what the tables are made of.
type scan struct {
	f     *File
	names names

	classOf  []uint32 // by type: 1 + index of its definition here, 0 for none
	defined  []bool   // by method: some class here lists it
	resolved []uint32 // by method: see callee
	called   []bool   // by method: some instruction names it in a call
	entries  []bool   // by method: called by more than instructions, see entry
	sinks    map[uint32]sink

	calls   uses
	strings uses
	natives []uint32 // methods, in the order of the walk
	arrays  [numArrayKinds]arrayUses
	track   tracker

	bodies, instructions int
	quick                int // calls whose method the optimiser removed
	foreign              bool

	// work is what is left of the bytes this scan may look at: items may overlap, and honest files have few
	// that do.
	work    int64
	errs    []error
	dropped int
}

const (
	workFactor = 16
	workFloor  = 1 << 20
	maxErrors  = 8
)

func newScan(f *File) *scan {
	return &scan{
		f: f, work: workFactor*int64(len(f.Data)) + workFloor,
		names:    names{left: workFactor/2*int64(len(f.Data)) + workFloor},
		classOf:  make([]uint32, f.NumTypes()),
		defined:  make([]bool, f.NumMethods()),
		resolved: make([]uint32, f.NumMethods()),
		called:   make([]bool, f.NumMethods()),
		entries:  make([]bool, f.NumMethods()),
	}
}

// spend takes n bytes of work and reports whether they were left.
func (s *scan) spend(n int) bool {
	if s.work < 0 {
		return false
	}
	s.work -= int64(n)
	if s.work < 0 {
		s.fail(image.Errorf(image.OverBudget, int64(s.f.Base), "overlapping items: more than %d times the file's size to read", workFactor))
	}
	return s.work >= 0
}

func (s *scan) fail(err error) {
	if err == nil {
		return
	}
	if len(s.errs) < maxErrors {
		s.errs = append(s.errs, s.f.inFile(err))
	} else {
		s.dropped++
	}
}

// gaps returns the errors met, and one that counts those beyond the limit.
func (s *scan) gaps() []error {
	out := s.errs
	if s.dropped > 0 {
		out = append(out, image.Errorf(image.Malformed, int64(s.f.Base), "and %d more defects", s.dropped))
	}
	if s.names.left < 0 {
		out = append(out, image.Errorf(image.OverBudget, int64(s.f.Base), "names out of proportion to the file; the rest is left out"))
	}
	if s.quick > 0 {
		out = append(out, image.Errorf(image.Unsupported, int64(s.f.Base), "%d "+optimised, s.quick, s.f.Set.Name))
	}
	return out
}

// index finds out which classes and methods are defined. It reports whether there is work left.
func (s *scan) index() bool {
	var d ClassData
	for i := range s.f.NumClasses() {
		c, _ := s.f.Class(i)
		if uint64(c.Class) < uint64(len(s.classOf)) && s.classOf[c.Class] == 0 {
			s.classOf[c.Class] = uint32(i) + 1
		}
		if !s.classData(c, &d) {
			return false
		}
		for _, list := range [][]EncodedMethod{d.DirectMethods, d.VirtualMethods} {
			for _, m := range list {
				if uint64(m.Method) < uint64(len(s.defined)) {
					s.defined[m.Method] = true
				}
			}
		}
	}
	return true
}

// walk reads every class: first which methods exist, then their code and their values.
func (s *scan) walk() {
	if !s.index() {
		return
	}
	s.sinks = s.f.stringSinks()
	var d ClassData
	for i := range s.f.NumClasses() {
		c, _ := s.f.Class(i)
		// the errors of class data have been noted in the first round
		_ = s.f.ReadClassData(c.Data, &d)
		if !s.spend(4 * (len(d.DirectMethods) + len(d.VirtualMethods))) {
			return
		}
		for _, list := range [][]EncodedMethod{d.DirectMethods, d.VirtualMethods} {
			for _, m := range list {
				s.method(m)
			}
		}
		s.entry(c, &d)
		s.values(c)
		s.annotations(c)
	}
}

func (s *scan) classData(c ClassDef, d *ClassData) bool {
	s.fail(s.f.ReadClassData(c.Data, d))
	n := len(d.StaticFields) + len(d.InstanceFields) + len(d.DirectMethods) + len(d.VirtualMethods)
	return s.spend(classDefSize + 2*n)
}

func (s *scan) method(m EncodedMethod) {
	if m.Access&AccNative != 0 {
		s.natives = append(s.natives, m.Method)
	}
	if m.Code == 0 {
		return
	}
	code, err := s.f.Code(m.Code)
	s.fail(err)
	if !s.spend(len(code.Bytes) + len(code.tries) + codeHeader) {
		return
	}
	s.bodies++
	if s.code(m.Method, &code) {
		s.track.run(s, m.Method, &code)
	}
}

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

func (s *scan) literal(method uint32, code *Code, it *Insns, index uint32) {
	if uint64(index) >= uint64(s.f.NumStrings()) {
		s.fail(image.Errorf(image.Malformed, int64(code.Offset)+int64(it.pc), "string %d of %d", index, s.f.NumStrings()))
		return
	}
	s.strings.add(index, method, s.site(code, it))
}

func (s *scan) site(code *Code, it *Insns) fact.Site {
	return fact.Site{Offset: s.f.DataAt + code.Offset + uint32(it.pc), Unit: it.Addr(), Code: it.Units3()}
}

// values notes the strings that static fields start with.
func (s *scan) values(c ClassDef) {
	if c.StaticValues == 0 {
		return
	}
	v, err := s.f.ReadArray(c.StaticValues)
	s.fail(err)
	s.note(classMember|c.Class, v)
}

// note adds the strings of values, also those in arrays and annotations.
func (s *scan) note(member uint32, list []Value) {
	if !s.spend(len(list)) {
		return
	}
	for i := range list {
		switch v := &list[i]; v.Type {
		case ValueString:
			if uint64(v.Index) < uint64(s.f.NumStrings()) {
				s.strings.add(v.Index, member, fact.Site{Offset: s.f.DataAt + v.Offset})
			}
		case ValueArray:
			s.note(member, v.Array)
		case ValueAnnotation:
			if v.Annotation != nil {
				s.noteAnnotation(member, v.Annotation)
			}
		}
	}
}

func (s *scan) noteAnnotation(member uint32, a *Annotation) {
	for i := range a.Elements {
		s.note(member, []Value{a.Elements[i].Value})
	}
}
