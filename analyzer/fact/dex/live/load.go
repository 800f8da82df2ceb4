package live

import (
	"strings"

	"romscan/analyzer/fact/dex"
)

// load indexes the classes of one file. It reports false where some cannot be read.
func (p *program) load(f *dex.File) bool {
	in := &file{f: f, keys: make([]string, f.NumMethods()), types: make([]named, f.NumTypes())}
	p.files = append(p.files, in)
	var d dex.ClassData
	for i := range f.NumClasses() {
		def, _ := f.Class(i)
		c := &class{name: p.spell(f.Type(def.Class)), def: def, in: in, byKey: map[string]*method{}}
		if def.Super != dex.NoIndex {
			c.super = p.spell(f.Type(def.Super))
		}
		for l := def.Interfaces; len(l) >= 2; l = l[2:] {
			c.ifaces = append(c.ifaces, p.spell(f.Type(uint32(l[0])|uint32(l[1])<<8)))
			if p.left < 0 {
				return false
			}
		}
		if f.ReadClassData(def.Data, &d) != nil {
			return false
		}
		if p.left -= int64(8 * (1 + len(d.DirectMethods) + len(d.VirtualMethods))); p.left < 0 {
			return false
		}
		noted := map[uint32]bool{}
		if dir, err := f.AnnotationDirectory(def.Annotations); err == nil {
			for _, a := range dir.Methods {
				noted[a.Index] = true
			}
		}
		for i, list := range [][]dex.EncodedMethod{d.DirectMethods, d.VirtualMethods} {
			for _, e := range list {
				m := &method{class: c, enc: e, key: p.key(in, e.Method), fixed: i == 0, noted: noted[e.Method]}
				m.bare, _, _ = strings.Cut(m.key, "(")
				if p.left < 0 {
					return false
				}
				c.methods = append(c.methods, m)
				c.byKey[m.key] = m
			}
		}
		if p.classes[c.name] != nil { // which of two classes runs depends on how the files are loaded
			return false
		}
		p.classes[c.name] = c
		p.list = append(p.list, c)
		p.resources(c, d.StaticFields)
	}
	return true
}

// spell counts the bytes of a name that was made: names may be long, and shared by all that have one.
func (p *program) spell(name string) string {
	p.left -= int64(len(name))
	return name
}

// key spells a method's name and type: "m(I)V"; "" where nothing is left to spell with.
func (p *program) key(in *file, i uint32) string {
	if uint64(i) >= uint64(len(in.keys)) || p.left < 0 {
		return ""
	}
	if in.keys[i] == "" {
		id, _ := in.f.Method(i)
		in.keys[i] = p.spell(in.f.String(id.Name) + string(in.f.AppendProto(nil, id.Proto)))
	}
	return in.keys[i]
}

// class returns the class of the program that a type, or the elements of an array type, are of; nil for others.
func (p *program) class(in *file, i uint32) *class {
	if uint64(i) >= uint64(len(in.types)) {
		return nil
	}
	t := &in.types[i]
	if !t.known && p.left >= 0 {
		*t = named{true, p.classes[strings.TrimLeft(p.spell(in.f.Type(i)), "[")]}
	}
	return t.class
}

// resources notes the numbers that the fields of a class R start with, for code that reads the fields.
func (p *program) resources(c *class, static []dex.EncodedField) {
	if !strings.Contains(c.name, "/R$") {
		return
	}
	list, _ := c.in.f.ReadArray(c.def.StaticValues)
	for i, v := range list[:min(len(list), len(static))] {
		if v.Type == dex.ValueInt && p.left >= 0 {
			p.fields[p.spell(c.in.f.FieldRef(static[i].Field))] = uint32(v.Int)
		}
	}
}

// number notes what may be a resource: package numbers below 2 are none of an app's.
func (p *program) number(n uint32) {
	if n>>24 >= 2 && n>>24 < 0x80 {
		p.numbers[n] = true
	}
}

func dotted(descriptor string) string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(descriptor, "L"), ";"), "/", ".")
}
