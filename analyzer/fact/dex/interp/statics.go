package interp

import (
	"math"

	"romscan/analyzer/fact/dex"
)

// staticRef resolves a static field.
func (p *Program) staticRef(c *class, name string) *staticRef {
	if f := c.static(name); f != nil {
		return &staticRef{field: f, mutable: p.writtenElsewhere(f)}
	}
	if v, ok := modelledStatics[c.name+"->"+name]; ok {
		return &staticRef{value: v}
	}
	return &staticRef{err: &Stop{Reason: staticReason(c.name), What: "field " + c.name + "->" + name}}
}

// writtenElsewhere tells whether a method other than the initialiser of its class writes a static field. Such a
// field has no value that the initialiser alone decides.
func (p *Program) writtenElsewhere(f *staticField) bool {
	p.scan.Do(func() {
		p.written = map[*staticField]bool{}
		for _, file := range p.files {
			p.scanWrites(file)
		}
	})
	return p.written[f]
}

func (p *Program) scanWrites(f *dex.File) {
	seen := make([]bool, f.NumFields())
	var data dex.ClassData
	left := 16*int64(len(f.Data)) + 1<<16 // code items may share bytes
	for i := range f.NumClasses() {
		def, _ := f.Class(i)
		_ = f.ReadClassData(def.Data, &data)
		for _, list := range [][]dex.EncodedMethod{data.DirectMethods, data.VirtualMethods} {
			for _, e := range list {
				if e.Code == 0 {
					continue
				}
				code, _ := f.Code(e.Code)
				if left -= int64(len(code.Bytes)) + 16; left < 0 {
					return
				}
				id, _ := f.Method(e.Method)
				own := dex.NoIndex
				if e.Access&dex.AccStatic != 0 && f.String(id.Name) == "<clinit>" {
					own = int(def.Class)
				}
				p.scanCode(f, &code, own, seen)
			}
		}
	}
}

// scanCode notes the fields that code writes; those of class own excepted.
func (p *Program) scanCode(f *dex.File, code *dex.Code, own int, seen []bool) {
	for it := code.Insns(); it.Next(); {
		if op := it.Op(); op < 0x67 || op > 0x6d {
			continue
		}
		i := uint32(it.Unit(1))
		if int(i) >= len(seen) || seen[i] {
			continue
		}
		id, _ := f.Field(i)
		if int(id.Class) == own {
			continue
		}
		seen[i] = true
		if s := p.class(f.Type(id.Class)).static(fieldName(f, i)); s != nil {
			p.written[s] = true
		}
	}
}

// classState is what a machine knows of a class of the program.
type classState struct {
	values []reg
	epochs []uint32 // run that wrote the field last
	err    error    // why its initialiser stopped
	threw  bool     // it ended by an exception
}

// state returns the state of an initialised class. A class whose initialiser runs now counts as initialised, as
// the thread that runs it sees it.
func (m *Machine) state(c *class) (*classState, error) {
	if c.id < len(m.states) {
		if s := m.states[c.id]; s != nil {
			if s.threw {
				return s, m.throw("java/lang/NoClassDefFoundError", "%s", className(c))
			}
			if st, ok := s.err.(*Stop); ok {
				return s, st.again()
			}
			return s, nil
		}
	}
	return m.initialise(c)
}

func (m *Machine) initialise(c *class) (*classState, error) {
	grow := max(0, c.id+64-len(m.states))
	if err := m.alloc(int64(grow)*8 + int64(len(c.statics))*32 + objectSize); err != nil {
		return nil, err
	}
	if c.id >= len(m.states) {
		m.states = append(m.states, make([]*classState, grow)...)
	}
	s := &classState{values: make([]reg, len(c.statics)), epochs: make([]uint32, len(c.statics))}
	m.states[c.id] = s
	for i, f := range c.statics {
		s.values[i] = c.p.encoded(c.file, f.init)
	}
	if c.super != nil && c.super.file != nil {
		if _, err := m.state(c.super); err != nil {
			s.err = err
			return s, err
		}
	}
	init := c.methods["<clinit>()V"]
	if init == nil || !init.static {
		return s, nil
	}
	_, err := m.invoke(init, nil)
	clear(s.epochs) // what an initialiser writes holds for every run, unless a method may write it too
	if t, ok := err.(*javaThrow); ok {
		s.threw = true
		return s, m.throw("java/lang/ExceptionInInitializerError", "%s", t.describe())
	}
	s.err = err
	return s, err
}

// encoded is a static value as the dex stores it.
func (p *Program) encoded(f *dex.File, v dex.Value) reg {
	switch v.Type {
	case dex.ValueFloat:
		return floatReg(float32(v.Float))
	case dex.ValueDouble:
		return reg{n: int64(math.Float64bits(v.Float))}
	case dex.ValueString:
		if s, ok := f.MUTF8(v.Index); ok {
			return reg{o: p.text(s)}
		}
	case dex.ValueTypeRef:
		return reg{o: p.token(p.class(f.Type(v.Index)))}
	}
	return reg{n: v.Int}
}

// getStatic reads a static field.
func (m *Machine) getStatic(r *staticRef) (reg, error) {
	switch {
	case r.err != nil:
		return reg{}, r.err.again()
	case r.value != nil:
		return r.value(m)
	}
	s, err := m.state(r.field.class)
	if err != nil {
		return reg{}, err
	}
	if r.mutable && s.epochs[r.field.slot] != m.epoch {
		return reg{}, stop(Impure, "field %s->%s, which other methods write", r.field.class.name, r.field.name)
	}
	return s.values[r.field.slot], nil
}

func (m *Machine) putStatic(r *staticRef, v reg) error {
	if r.field == nil {
		return stop(Unmodelled, "write to a static field of the platform")
	}
	s, err := m.state(r.field.class)
	if err != nil {
		return err
	}
	s.values[r.field.slot], s.epochs[r.field.slot] = v, m.epoch
	return nil
}

// again returns a copy, as the place is filled in on the way out.
func (s *Stop) again() error {
	t := *s
	return &t
}
