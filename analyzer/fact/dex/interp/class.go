package interp

import (
	"encoding/binary"
	"slices"

	"romscan/analyzer/fact/dex"
)

// Bounds of what one class inherits.
const (
	maxSupers     = 64  // superclasses
	maxInterfaces = 512 // interfaces, inherited ones included
	maxFields     = 1 << 16
)

// class is a class of the program, of the models, an array class or one that is only named. It never changes once
// it is published.
type class struct {
	name       string
	p          *Program
	file       *dex.File // nil for classes that the program does not define
	access     uint32
	super      *class
	interfaces []*class // all of them, inherited ones included
	id, depth  int
	unknown    bool // it, or a superclass, is neither the program's nor modelled

	statics []*staticField
	byName  map[string]*staticField // "name:type"
	fields  int                     // instance fields, inherited ones included
	own     map[string]*field       // "name:type", declared here
	methods map[string]*method      // "name(args)ret", declared here
	models  map[string]model
}

type staticField struct {
	class *class
	slot  int
	name  string // "name:type"
	init  dex.Value
}

type field struct {
	slot int
	kind byte // first letter of its type
}

// read takes the class from its definition and returns the names of its supertypes.
func (c *class) read(def classDef) (super string, interfaces []string) {
	f := def.file
	d, _ := f.Class(def.index)
	c.file, c.access = f, d.Access
	if super = f.Type(d.Super); super == "" {
		super = "Ljava/lang/Object;"
	}
	for list := d.Interfaces[:min(len(d.Interfaces), 2*maxSupers)]; len(list) >= 2; list = list[2:] {
		interfaces = append(interfaces, f.Type(uint32(binary.LittleEndian.Uint16(list))))
	}
	var data dex.ClassData
	_ = f.ReadClassData(d.Data, &data) // members read before an error count
	values, _ := f.ReadArray(d.StaticValues)
	c.byName, c.own, c.methods = map[string]*staticField{}, map[string]*field{}, map[string]*method{}
	for i, sf := range data.StaticFields {
		s := &staticField{class: c, slot: i, name: fieldName(f, sf.Field)}
		if i < len(values) {
			s.init = values[i]
		}
		c.statics = append(c.statics, s)
		c.byName[s.name] = s
	}
	for i, e := range data.InstanceFields {
		id, _ := f.Field(e.Field)
		c.own[fieldName(f, e.Field)] = &field{slot: i, kind: first(f.Type(id.Type))}
	}
	for _, list := range [][]dex.EncodedMethod{data.DirectMethods, data.VirtualMethods} {
		for _, e := range list {
			m := newMethod(c, e)
			if _, ok := c.methods[m.sig]; !ok {
				c.methods[m.sig] = m
			}
		}
	}
	return super, interfaces
}

// inherit makes s the superclass.
func (c *class) inherit(s *class) {
	c.super, c.fields, c.depth = s, s.fields, s.depth+1
	c.unknown = c.unknown || s.unknown
	c.interfaces = s.interfaces[:len(s.interfaces):len(s.interfaces)]
	if c.depth > maxSupers {
		c.unknown, c.super = true, nil
	}
}

// implement adds an interface and those that it extends.
func (c *class) implement(i *class) {
	for _, k := range append([]*class{i}, i.interfaces...) {
		switch {
		case slices.Contains(c.interfaces, k):
		case len(c.interfaces) >= maxInterfaces:
			c.unknown = true
			return
		default:
			c.interfaces = append(c.interfaces, k)
		}
	}
}

// place gives the class's own instance fields their slots after the inherited ones.
func (c *class) place() {
	for _, f := range c.own {
		f.slot += c.fields
	}
	if c.fields += len(c.own); c.fields > maxFields {
		c.unknown = true
	}
}

func first(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}

func fieldName(f *dex.File, i uint32) string {
	id, _ := f.Field(i)
	return f.String(id.Name) + ":" + f.Type(id.Type)
}

// target is what a call runs: a method or a model.
type target struct {
	m     *method
	model model
	owner *class
}

// lookup finds the implementation of a method in c, its superclasses, and then, as default methods, its interfaces.
func (c *class) lookup(sig string) (target, bool) {
	for k := c; k != nil; k = k.super {
		if m := k.methods[sig]; m != nil {
			return target{m: m, owner: k}, true
		}
		if f := k.models[sig]; f != nil {
			return target{model: f, owner: k}, true
		}
	}
	for _, i := range c.interfaces {
		if m := i.methods[sig]; m != nil && m.offset != 0 {
			return target{m: m, owner: i}, true
		}
		if f := i.models[sig]; f != nil {
			return target{model: f, owner: i}, true
		}
	}
	return target{}, false
}

// static finds a static field by "name:type" in c, its interfaces and superclasses.
func (c *class) static(name string) *staticField {
	for k := c; k != nil; k = k.super {
		if s := k.byName[name]; s != nil {
			return s
		}
	}
	for _, i := range c.interfaces {
		if s := i.byName[name]; s != nil {
			return s
		}
	}
	return nil
}

// instance finds an instance field.
func (c *class) instance(name string) *field {
	for k := c; k != nil; k = k.super {
		if f := k.own[name]; f != nil {
			return f
		}
	}
	return nil
}

// is tells whether c is t or a subtype of it.
func (c *class) is(t *class) bool {
	if c == t || t.name == "Ljava/lang/Object;" {
		return true
	}
	for a, b := c.name, t.name; len(a) > 1 && len(b) > 1 && a[0] == '[' && b[0] == '['; {
		if a, b = a[1:], b[1:]; a[0] == 'L' && b[0] == 'L' {
			return c.p.class(a).is(c.p.class(b))
		}
		if a[0] == '[' && b == "Ljava/lang/Object;" {
			return true
		}
	}
	for k := c; k != nil; k = k.super {
		if k == t {
			return true
		}
	}
	return slices.Contains(c.interfaces, t)
}

func reference(descriptor string) bool {
	return descriptor != "" && (descriptor[0] == 'L' || descriptor[0] == '[')
}
