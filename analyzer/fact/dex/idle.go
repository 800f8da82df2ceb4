package dex

import (
	"bytes"
	"encoding/binary"

	"romscan/analyzer/fact"
)

// StringPool is the member of strings that stand in the file and that no instruction, value or annotation refers to.
const StringPool = "string pool"

// entry notes the methods of a class that more than calls by name may reach: what overrides a method of a class or interface
// of another file, what an annotation marks, initialisers, main.
func (s *scan) entry(c ClassDef, d *ClassData) {
	outside := len(c.Interfaces) > 0
	super := c.Super
	for range maxSupers {
		if outside || uint64(super) >= uint64(len(s.classOf)) {
			break
		}
		if s.classOf[super] == 0 {
			outside = s.f.Type(super) != "Ljava/lang/Object;"
			break
		}
		above, _ := s.f.Class(int(s.classOf[super] - 1))
		outside, super = len(above.Interfaces) > 0, above.Super
	}
	mark := func(m uint32) {
		if uint64(m) < uint64(len(s.entries)) {
			s.entries[m] = true
		}
	}
	for _, m := range d.DirectMethods {
		id, ok := s.f.Method(m.Method)
		if !ok {
			continue
		}
		switch name, _ := s.f.MUTF8(id.Name); {
		case outside, len(name) > 0 && name[0] == '<' && s.initialises(name, id), string(name) == "main":
			mark(m.Method)
		}
	}
	for _, m := range d.VirtualMethods {
		id, ok := s.f.Method(m.Method)
		if name, _ := s.f.MUTF8(id.Name); ok && (outside || objectVirtual(name)) {
			mark(m.Method)
		}
	}
	if c.Annotations != 0 {
		list, _ := s.f.AnnotationDirectory(c.Annotations) // its errors are noted where strings are read
		for _, a := range list.Methods {
			mark(a.Index)
		}
	}
}

// initialises tells whether a method is a class's initialiser or a constructor that needs no argument, which newInstance calls.
func (s *scan) initialises(name []byte, id MethodID) bool {
	if string(name) == "<clinit>" {
		return true
	}
	p, _ := s.f.Proto(id.Proto)
	return len(p.Params) == 0
}

// objectVirtual tells whether a name is that of a method of Object that the platform calls on anything.
func objectVirtual(name []byte) bool {
	switch string(name) {
	case "toString", "equals", "hashCode", "finalize", "clone":
		return true
	}
	return false
}

// whole tells whether all code of the file was read and its calls have names: only then can it be said that something is not
// used.
func (s *scan) whole() bool {
	return s.quick == 0 && !s.foreign && s.work >= 0 && len(s.errs) == 0
}

// idleMembers tells of members which are methods that nothing in this file calls: neither by their own name nor, as a
// superclass or an interface would, by a method of that name and type of another class. It is nil where that cannot be told.
func (s *scan) idleMembers(members []uint32) []bool {
	if !s.whole() || s.f.NumMethodHandles() > 0 {
		return nil
	}
	out := make([]bool, len(members))
	open := map[uint64]bool{} // name and type of the candidates: true where called
	for i, m := range members {
		if uint64(m) < uint64(len(s.called)) && !s.called[m] && !s.entries[m] {
			id, _ := s.f.Method(m)
			out[i], open[id.key()] = true, false
		}
	}
	if len(open) == 0 {
		return out
	}
	for m, is := range s.called {
		if !is {
			continue
		}
		id, _ := s.f.Method(uint32(m))
		if _, candidate := open[id.key()]; candidate {
			open[id.key()] = true
		}
	}
	for i, m := range members {
		if out[i] {
			id, _ := s.f.Method(m)
			out[i] = !open[id.key()]
		}
	}
	return out
}

// key is a method's name and type without its class.
func (id MethodID) key() uint64 { return uint64(id.Name)<<32 | uint64(id.Proto) }

// poolTable lists the strings that could name servers and that nothing refers to: no instruction, no value, no annotation,
// no name of the file itself.
func (s *scan) poolTable() *fact.Table {
	if s.work < 0 || s.foreign || len(s.errs) > 0 {
		return nil
	}
	used := make([]bool, s.f.NumStrings())
	for _, id := range s.strings.ids {
		used[id] = true
	}
	var pool uses
	var values []string
	for i := range used {
		if used[i] {
			continue
		}
		b, ok := s.f.MUTF8(uint32(i))
		if !ok || !mayAddress(b) || s.names.left < 0 || !s.spend(len(b)) {
			continue
		}
		if pool.ids == nil {
			s.markNames(used)
			if used[i] {
				continue
			}
		}
		s.names.buf = AppendMUTF8(s.names.buf[:0], b)
		values = append(values, s.names.keep(s.names.buf))
		pool.add(uint32(len(values)-1), 0, fact.Site{Offset: s.f.DataAt + binary.LittleEndian.Uint32(s.f.stringIDs[i*stringIDSize:])})
	}
	t := &fact.Table{Kind: "string", Column: "value", Common: fact.F("source", "dex", "recovered", "plain"), Idle: []bool{true}}
	return pool.table(t, len(values), func(i uint32) string { return values[i] }, func(uint32) string { return StringPool })
}

// mayAddress tells whether a string may hold an address: cheap, and false for descriptors and names of members.
func mayAddress(b []byte) bool {
	if len(b) < 4 || b[len(b)-1] == ';' || b[0] == '<' {
		return false
	}
	return bytes.Contains(b, []byte("://")) || bytes.IndexByte(b, '.') > 0 && !bytes.HasSuffix(b, []byte(".java")) && !bytes.HasSuffix(b, []byte(".kt"))
}

// markNames marks the strings that are names: of source files, types, members, what call sites and debug information hold.
func (s *scan) markNames(used []bool) {
	mark := func(i uint32) {
		if uint64(i) < uint64(len(used)) {
			used[i] = true
		}
	}
	for i := range s.f.NumClasses() {
		c, _ := s.f.Class(i)
		mark(c.Source)
	}
	for i := range uint32(s.f.NumTypes()) {
		mark(s.f.TypeString(i))
	}
	for i := range uint32(s.f.NumFields()) {
		id, _ := s.f.Field(i)
		mark(id.Name)
	}
	for i := range uint32(s.f.NumMethods()) {
		id, _ := s.f.Method(i)
		mark(id.Name)
	}
	for i := range uint32(s.f.NumCallSites()) {
		list, _ := s.f.CallSite(i)
		for _, v := range list {
			if v.Type == ValueString {
				mark(v.Index)
			}
		}
		if !s.spend(4 * len(list)) {
			return
		}
	}
}
