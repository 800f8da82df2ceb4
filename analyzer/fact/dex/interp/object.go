package interp

import (
	"math"
)

// reg is a register: a number in n, or an object in o. A long or double takes the first register of its pair.
type reg struct {
	n int64
	o *object
}

// object is anything on the heap. Of a program's class it has fields; of a modelled class the model's state is in
// native: text for a String, a slice for an array, a Go number for a boxed one, a pointer for the rest.
type object struct {
	class  *class
	fields []reg
	native any
}

// objectSize is what an object is charged besides its elements, in bytes.
const objectSize = 48

// alloc charges n bytes, before they are allocated.
func (m *Machine) alloc(n int64) error {
	if n < 0 || n > m.mem {
		m.mem = 0
		return stop(Memory, "%d more bytes", n)
	}
	m.mem -= n
	return nil
}

// work charges n steps for what a model does.
func (m *Machine) work(n int64) error {
	if n < 0 || n > m.steps {
		m.steps = 0
		return stop(Steps, "more work than the limit")
	}
	m.steps -= n
	return nil
}

func (m *Machine) textObject(t text) (*object, error) {
	if err := m.alloc(objectSize + 2*int64(len(t))); err != nil {
		return nil, err
	}
	return &object{class: m.p.std.str, native: t}, nil
}

func (m *Machine) str(s string) (*object, error) { return m.textObject(units(s)) }

// retText and the others make results of models.
func (m *Machine) retText(t text) (reg, error) {
	o, err := m.textObject(t)
	return reg{o: o}, err
}

func (m *Machine) retStr(s string) (reg, error) { return m.retText(units(s)) }

func (m *Machine) retBytes(b []byte) (reg, error) { return m.retArray("[B", toInt8(b), int64(len(b))) }

func (m *Machine) retArray(class string, elems any, bytes int64) (reg, error) {
	if err := m.alloc(objectSize + bytes); err != nil {
		return reg{}, err
	}
	return reg{o: &object{class: m.p.class(class), native: elems}}, nil
}

// retNew makes an object of a modelled class.
func (m *Machine) retNew(class string, state any) (reg, error) {
	if err := m.alloc(objectSize); err != nil {
		return reg{}, err
	}
	return reg{o: &object{class: m.p.class("L" + class + ";"), native: state}}, nil
}

func retInt[T int | int8 | int16 | uint16 | int32](n T) (reg, error) {
	return reg{n: int64(int32(n))}, nil
}
func retLong(n int64) (reg, error)  { return reg{n: n}, nil }
func retBool(b bool) (reg, error)   { return boolReg(b), nil }
func doubleReg(f float64) reg       { return reg{n: int64(math.Float64bits(f))} }
func floatReg(f float32) reg        { return reg{n: int64(int32(math.Float32bits(f)))} }
func (r reg) f64() float64          { return math.Float64frombits(uint64(r.n)) }
func (r reg) f32() float32          { return math.Float32frombits(uint32(r.n)) }
func (r reg) i32() int32            { return int32(r.n) }
func retObj(o *object) (reg, error) { return reg{o: o}, nil }

func boolReg(b bool) reg {
	if b {
		return reg{n: 1}
	}
	return reg{}
}

// newArray allocates an array; the charge comes first, so that a giant length costs nothing.
func (m *Machine) newArray(c *class, n int64) (*object, error) {
	if n < 0 {
		return nil, m.throw("java/lang/NegativeArraySizeException", "%d", n)
	}
	if len(c.name) < 2 || c.name[0] != '[' {
		return nil, stop(Missing, "array of type %q", c.name)
	}
	if err := m.alloc(objectSize + n*elemSize(c.name)); err != nil {
		return nil, err
	}
	o := &object{class: c}
	switch c.name[1] {
	case 'B':
		o.native = make([]int8, n)
	case 'Z':
		o.native = make([]bool, n)
	case 'C':
		o.native = make([]uint16, n)
	case 'S':
		o.native = make([]int16, n)
	case 'I':
		o.native = make([]int32, n)
	case 'J':
		o.native = make([]int64, n)
	case 'F':
		o.native = make([]float32, n)
	case 'D':
		o.native = make([]float64, n)
	case 'L', '[':
		o.native = make([]*object, n)
	default:
		return nil, stop(Missing, "array of type %q", c.name)
	}
	return o, nil
}

func elemSize(array string) int64 {
	if len(array) < 2 {
		return 8
	}
	switch array[1] {
	case 'B', 'Z':
		return 1
	case 'C', 'S':
		return 2
	case 'I', 'F':
		return 4
	}
	return 8
}

// length returns the number of elements of an array, -1 for what is none.
func (o *object) length() int {
	switch a := o.native.(type) {
	case []int8:
		return len(a)
	case []bool:
		return len(a)
	case []uint16:
		return len(a)
	case []int16:
		return len(a)
	case []int32:
		return len(a)
	case []int64:
		return len(a)
	case []float32:
		return len(a)
	case []float64:
		return len(a)
	case []*object:
		return len(a)
	}
	return -1
}

func toInt8(b []byte) []int8 {
	out := make([]int8, len(b))
	for i, c := range b {
		out[i] = int8(c)
	}
	return out
}

func toBytes(b []int8) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = byte(c)
	}
	return out
}

// boxedInt returns the number in an Integer, Long, Short, Byte, Character or Boolean.
func boxedInt(o *object) (int64, bool) {
	if o == nil {
		return 0, false
	}
	switch v := o.native.(type) {
	case int32:
		return int64(v), true
	case int64:
		return v, true
	case int16:
		return int64(v), true
	case int8:
		return int64(v), true
	case uint16:
		return int64(v), true
	case bool:
		return boolReg(v).n, true
	}
	return 0, false
}
