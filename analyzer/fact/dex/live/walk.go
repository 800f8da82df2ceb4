package live

import (
	"strings"

	"romscan/analyzer/fact/dex"
)

// maxDepth bounds a chain of classes; a chain may be a cycle.
const maxDepth = 64

// use makes a class count, what is above it too, and the methods that the platform may call on it.
func (p *program) use(c *class) {
	list := []*class{c}
	for len(list) > 0 {
		c := list[len(list)-1]
		list = list[:len(list)-1]
		if c.alive {
			continue
		}
		c.alive = true
		for _, name := range append([]string{c.super}, c.ifaces...) {
			if up := p.classes[name]; up != nil {
				list = append(list, up)
			}
		}
		outside := p.outside(c, 0)
		for _, m := range c.methods {
			if !m.fixed {
				p.byKey[m.key] = append(p.byKey[m.key], m)
			}
			if outside && (!m.fixed || m.bare == "<init>") || m.noted || p.called[m.key] && !m.fixed || p.calledBy(m) {
				p.reach(m)
			}
		}
		list = append(list, p.annotated(c)...)
	}
}

// calledBy tells whether a method runs without a call of the app's: initialisers, what serialisation and the virtual machine
// know by name, what is named in a string.
func (p *program) calledBy(m *method) bool {
	switch m.key {
	case "<clinit>()V", "<init>()V", "main([Ljava/lang/String;)V", "toString()Ljava/lang/String;", "equals(Ljava/lang/Object;)Z", "hashCode()I",
		"finalize()V", "clone()Ljava/lang/Object;", "readResolve()Ljava/lang/Object;", "writeReplace()Ljava/lang/Object;",
		"readObject(Ljava/io/ObjectInputStream;)V", "writeObject(Ljava/io/ObjectOutputStream;)V":
		return true
	}
	if m.bare == "<init>" {
		return false
	}
	named, known := p.named[m.bare]
	if !known {
		named = p.names.Member(m.bare)
		p.named[m.bare] = named
	}
	return named
}

// outside tells whether a class has something above it that is not of the program, Object aside.
func (p *program) outside(c *class, depth int) bool {
	if c.outside == 0 {
		c.outside = 2
		for _, name := range append([]string{c.super}, c.ifaces...) {
			up := p.classes[name]
			if depth > maxDepth || up == nil && name != "Ljava/lang/Object;" && name != "" || up != nil && up != c && p.outside(up, depth+1) {
				c.outside = 1
				break
			}
		}
	}
	return c.outside == 1
}

// annotated returns the classes that the annotations of a class name.
func (p *program) annotated(c *class) (out []*class) {
	dir, _ := c.in.f.AnnotationDirectory(c.def.Annotations)
	sets := []uint32{dir.Class}
	for _, list := range [][]dex.Annotated{dir.Fields, dir.Methods} {
		for _, a := range list {
			sets = append(sets, a.Set)
		}
	}
	var value func(v *dex.Value)
	value = func(v *dex.Value) {
		switch v.Type {
		case dex.ValueTypeRef:
			if up := p.class(c.in, v.Index); up != nil {
				out = append(out, up)
			}
		case dex.ValueArray:
			for i := range v.Array {
				value(&v.Array[i])
			}
		case dex.ValueAnnotation:
			if v.Annotation != nil {
				for i := range v.Annotation.Elements {
					value(&v.Annotation.Elements[i].Value)
				}
			}
		}
	}
	for _, set := range sets {
		if p.left -= 16; p.left < 0 {
			return out
		}
		list, _ := c.in.f.AnnotationSet(set)
		p.left -= 16 * int64(len(list))
		for i := range list {
			value(&dex.Value{Type: dex.ValueAnnotation, Annotation: &list[i]})
		}
	}
	return out
}

func (p *program) reach(m *method) {
	if !m.alive {
		m.alive = true
		p.todo = append(p.todo, m)
	}
}

// walk follows the instructions of a method. It reports false where they cannot all be read.
func (p *program) walk(m *method) bool {
	if m.enc.Code == 0 {
		return true
	}
	in := m.class.in
	code, err := in.f.Code(m.enc.Code)
	if p.left -= int64(len(code.Bytes)) + 16; err != nil || p.left < 0 {
		return false
	}
	it := code.Insns()
	for it.Next() {
		op := it.Op()
		switch {
		case op.Invoke():
			p.call(in, uint32(it.Unit(1)), op)
		case op == 0x1c || op == 0x1f || op == 0x20 || op >= 0x22 && op <= 0x25: // const-class, casts, new
			p.mention(p.class(in, uint32(it.Unit(1))))
		case op >= 0x52 && op <= 0x6d: // fields
			if id, ok := in.f.Field(uint32(it.Unit(1))); ok {
				c := p.class(in, id.Class)
				p.mention(c)
				if op == 0x60 && c != nil && strings.Contains(c.name, "/R$") { // sget
					p.number(p.fields[p.spell(in.f.FieldRef(uint32(it.Unit(1))))])
				}
			}
		case op == 0x14:
			p.number(uint32(it.Unit(1)) | uint32(it.Unit(2))<<16)
		case op == 0x15:
			p.number(uint32(it.Unit(1)) << 16)
		}
	}
	return it.Rest() == 0 && p.left >= 0
}

// mention makes a class count that an instruction names.
func (p *program) mention(c *class) {
	if c != nil {
		p.use(c)
	}
}

// call follows a call: to the one method it means where that is certain, else to all of its name and type.
func (p *program) call(in *file, i uint32, op dex.Op) {
	id, ok := in.f.Method(i)
	if !ok {
		return
	}
	key := p.key(in, i)
	c := p.class(in, id.Class)
	if c != nil {
		p.use(c)
	}
	for up, n := c, 0; up != nil && n < maxDepth; up, n = p.classes[up.super], n+1 {
		if m := up.byKey[key]; m != nil {
			p.use(up)
			p.reach(m)
			break
		}
	}
	if op == dex.OpInvokeStatic || op == dex.OpInvokeStatic+6 || op == dex.OpInvokeDirect || op == dex.OpInvokeDirect+6 || p.called[key] {
		return
	}
	p.called[key] = true
	for _, m := range p.byKey[key] {
		p.reach(m)
	}
}
