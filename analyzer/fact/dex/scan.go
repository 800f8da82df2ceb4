package dex

import (
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
