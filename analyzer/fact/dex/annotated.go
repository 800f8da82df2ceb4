package dex

// systemAnnotations keep what the class file said about names and generic types. Their strings are names,
// never text of the program; AnnotationDefault is the exception and not listed.
var systemAnnotations = map[string]bool{
	"Ldalvik/annotation/EnclosingClass;":       true,
	"Ldalvik/annotation/EnclosingMethod;":      true,
	"Ldalvik/annotation/InnerClass;":           true,
	"Ldalvik/annotation/MemberClasses;":        true,
	"Ldalvik/annotation/MethodParameters;":     true,
	"Ldalvik/annotation/NestHost;":             true,
	"Ldalvik/annotation/NestMembers;":          true,
	"Ldalvik/annotation/Signature;":            true,
	"Ldalvik/annotation/SourceDebugExtension;": true,
	"Ldalvik/annotation/Throws;":               true,
}

// annotations notes the strings in the annotations of a class and of its members; those of fields count as
// the class's.
func (s *scan) annotations(c ClassDef) {
	if c.Annotations == 0 {
		return
	}
	d, err := s.f.AnnotationDirectory(c.Annotations)
	s.fail(err)
	if !s.spend(16 + 8*(len(d.Fields)+len(d.Methods)+len(d.Parameters))) {
		return
	}
	class := classMember | c.Class
	s.annotationSet(class, d.Class)
	for _, a := range d.Fields {
		s.annotationSet(class, a.Set)
	}
	for _, a := range d.Methods {
		s.annotationSet(a.Index, a.Set)
	}
	for _, a := range d.Parameters {
		sets, err := s.f.ParameterSets(a.Set)
		s.fail(err)
		if !s.spend(4 * len(sets)) {
			return
		}
		for _, set := range sets {
			s.annotationSet(a.Index, set)
		}
	}
}

func (s *scan) annotationSet(member, off uint32) {
	if off == 0 || s.work < 0 {
		return
	}
	offs, err := s.f.offsets(off)
	s.fail(err)
	for _, o := range offs {
		r := reader{data: s.f.Data, pos: uint64(o)}
		r.byte() // visibility
		a := r.annotation(0)
		if !s.spend(4 + int(r.pos-min(r.pos, uint64(o)))) {
			return
		}
		if !systemAnnotations[s.f.Type(a.Type)] {
			s.noteAnnotation(member, a)
		}
	}
}
