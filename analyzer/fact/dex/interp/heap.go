package interp

import (
	"encoding/binary"
	"math"
)

// get is aget.
func (m *Machine) get(regs []reg, in *inst) error {
	o, i := regs[in.b].o, int64(int32(regs[in.c].n))
	if o == nil {
		return m.npe()
	}
	switch a := o.native.(type) {
	case []int8:
		if uint64(i) < uint64(len(a)) {
			regs[in.a] = reg{n: int64(a[i])}
			return nil
		}
	case []uint16:
		if uint64(i) < uint64(len(a)) {
			regs[in.a] = reg{n: int64(a[i])}
			return nil
		}
	case []int32:
		if uint64(i) < uint64(len(a)) {
			regs[in.a] = reg{n: int64(a[i])}
			return nil
		}
	default:
		if uint64(i) < uint64(max(0, o.length())) {
			regs[in.a], _ = o.at(int(i))
			return nil
		}
		if o.length() < 0 {
			return stop(Unmodelled, "element of %s", o.class.name)
		}
	}
	return m.badIndex(i, int64(o.length()))
}

// at returns an element of an array, whose index is in range.
func (o *object) at(i int) (reg, bool) {
	switch a := o.native.(type) {
	case []int8:
		return reg{n: int64(a[i])}, true
	case []bool:
		return boolReg(a[i]), true
	case []uint16:
		return reg{n: int64(a[i])}, true
	case []int16:
		return reg{n: int64(a[i])}, true
	case []int32:
		return reg{n: int64(a[i])}, true
	case []int64:
		return reg{n: a[i]}, true
	case []float32:
		return floatReg(a[i]), true
	case []float64:
		return doubleReg(a[i]), true
	case []*object:
		return reg{o: a[i]}, true
	}
	return reg{}, false
}

// set stores an element, whose index is in range.
func (o *object) set(i int, r reg) {
	switch a := o.native.(type) {
	case []int8:
		a[i] = int8(r.n)
	case []bool:
		a[i] = r.n&1 != 0
	case []uint16:
		a[i] = uint16(r.n)
	case []int16:
		a[i] = int16(r.n)
	case []int32:
		a[i] = int32(r.n)
	case []int64:
		a[i] = r.n
	case []float32:
		a[i] = math.Float32frombits(uint32(r.n))
	case []float64:
		a[i] = math.Float64frombits(uint64(r.n))
	case []*object:
		a[i] = r.o
	}
}

// put is aput.
func (m *Machine) put(regs []reg, in *inst) error {
	o, i := regs[in.b].o, int64(int32(regs[in.c].n))
	if o == nil {
		return m.npe()
	}
	n := int64(o.length())
	if n < 0 {
		return stop(Unmodelled, "element of %s", o.class.name)
	}
	if uint64(i) >= uint64(n) {
		return m.badIndex(i, n)
	}
	v := regs[in.a]
	if _, refs := o.native.([]*object); refs && v.o != nil {
		if t := m.p.class(o.class.name[1:]); !v.o.class.unknown && !v.o.class.is(t) {
			return m.throw("java/lang/ArrayStoreException", "%s", v.o.class.name)
		}
	}
	o.set(int(i), v)
	return nil
}

// create is new-instance. A platform class that is not modelled stops here, except in an initialiser, where an
// opaque object may be made of it: then its constructor decides.
func (m *Machine) create(c *class) (reg, error) {
	if c.file != nil {
		if _, err := m.state(c); err != nil {
			return reg{}, err
		}
	}
	if err := m.alloc(objectSize + 16*int64(c.fields)); err != nil {
		return reg{}, err
	}
	return reg{o: &object{class: c, fields: make([]reg, c.fields)}}, nil
}

func (m *Machine) cast(o *object, t *class) error {
	if o == nil || o.class.is(t) || o.class == m.p.blind {
		return nil
	}
	if o.class.unknown {
		return stop(Unmodelled, "cast of %s to %s", o.class.name, t.name)
	}
	return m.throw("java/lang/ClassCastException", "%s cannot be cast to %s", o.class.name, t.name)
}

func (m *Machine) instance(o *object, t *class) (reg, error) {
	if o != nil && o.class.unknown && !o.class.is(t) {
		return reg{}, stop(Unmodelled, "whether %s is a %s", o.class.name, t.name)
	}
	return boolReg(o != nil && o.class.is(t)), nil
}

func (m *Machine) instanceField(r *fieldRef, regs []reg, in *inst) error {
	o := regs[in.b].o
	switch {
	case o == nil:
		return m.npe()
	case r.err != nil:
		return r.err.again()
	case r.slot >= len(o.fields) || !o.class.is(r.decl):
		return stop(Missing, "field of %s in %s", r.decl.name, o.class.name)
	}
	if in.op == opFieldGet {
		regs[in.a] = o.fields[r.slot]
	} else {
		o.fields[r.slot] = regs[in.a]
	}
	return nil
}

func (m *Machine) thrown(o *object) error {
	if o == nil {
		return m.npe()
	}
	if !o.class.is(m.p.class("Ljava/lang/Throwable;")) {
		return stop(Unmodelled, "throw of %s", o.class.name)
	}
	return &javaThrow{o}
}

// filled is filled-new-array.
func (m *Machine) filled(a *arrayRef, regs []reg) (reg, error) {
	o, err := m.newArray(a.class, int64(len(a.regs)))
	if err != nil {
		return reg{}, err
	}
	for i, r := range a.regs {
		o.set(i, regs[r])
	}
	return reg{o: o}, nil
}

// fill is fill-array-data.
func (m *Machine) fill(c *code, o *object, addr uint32) error {
	if o == nil {
		return m.npe()
	}
	width, data, ok := c.raw.ArrayPayload(addr)
	if !ok || int64(width) != elemSize(o.class.name) || o.length() < 0 || reference(o.class.name[1:]) {
		return stop(Missing, "array payload")
	}
	n := len(data) / width
	if n > o.length() {
		return m.badIndex(int64(n), int64(o.length()))
	}
	for i := range n {
		var b [8]byte
		copy(b[:], data[i*width:(i+1)*width])
		o.set(i, reg{n: int64(binary.LittleEndian.Uint64(b[:]))})
	}
	return m.work(int64(n) / 8)
}
