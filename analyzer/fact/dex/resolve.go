package dex

import (
	"encoding/binary"
	"sort"
)

// What callee answers besides the class to name.
const (
	unresolved = 0
	inside     = 1 // the method is defined here, or nothing can be said of it
	outside    = 2 // plus the type index of the class to name
)

// maxSupers bounds the chain of superclasses; a chain may be a cycle.
const maxSupers = 64

// callee tells whether a call leaves the dex and which class it then reaches: the one the reference names,
// or, where that class is defined here and only inherits the method, the first superclass that is not. A
// compiler writes this.getSystemService(…) as a call of the app's own activity; what it calls is Android's.
func (s *scan) callee(method uint32) uint32 {
	if r := s.resolved[method]; r != unresolved {
		return r
	}
	r := s.resolve(method)
	s.resolved[method] = r
	return r
}

func (s *scan) resolve(method uint32) uint32 {
	id, _ := s.f.Method(method)
	if uint64(id.Class) >= uint64(len(s.classOf)) || s.classOf[id.Class] == 0 {
		return outside + id.Class
	}
	if s.defined[method] {
		return inside
	}
	class := id.Class
	for range maxSupers {
		if uint64(class) >= uint64(len(s.classOf)) {
			return inside
		}
		def := s.classOf[class]
		if def == 0 {
			if s.f.Type(class) == "Ljava/lang/Object;" && !objectMethods[s.f.String(id.Name)] {
				return inside // of an interface: where it is declared cannot be told from here
			}
			return outside + class
		}
		c, _ := s.f.Class(int(def - 1))
		if c.Access&AccInterface != 0 {
			return inside
		}
		if m, ok := s.f.findMethod(class, id.Name, id.Proto); ok && s.defined[m] {
			return inside
		}
		class = c.Super
	}
	return inside
}

// objectMethods are the methods of java.lang.Object.
var objectMethods = map[string]bool{
	"clone": true, "equals": true, "finalize": true, "getClass": true, "hashCode": true, "notify": true,
	"notifyAll": true, "toString": true, "wait": true, "<init>": true,
}

// findMethod looks a method identifier up; method_ids are sorted by class, name and prototype.
func (f *File) findMethod(class, name, proto uint32) (uint32, bool) {
	key := func(b []byte) uint64 {
		return uint64(binary.LittleEndian.Uint16(b))<<48 | uint64(binary.LittleEndian.Uint32(b[4:]))<<16 |
			uint64(binary.LittleEndian.Uint16(b[2:]))
	}
	want := uint64(class&0xffff)<<48 | uint64(name)<<16 | uint64(proto&0xffff)
	i := sort.Search(f.NumMethods(), func(i int) bool { return key(f.methodIDs[i*methodIDSize:]) >= want })
	if i < f.NumMethods() && key(f.methodIDs[i*methodIDSize:]) == want {
		return uint32(i), true
	}
	return 0, false
}
