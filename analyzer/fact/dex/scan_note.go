package dex

import (
	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

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
