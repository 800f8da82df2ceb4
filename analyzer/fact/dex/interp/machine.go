package interp

import (
	"slices"
	"strings"
)

// Limits bound one call from outside, with all that it calls and all that it initialises.
type Limits struct {
	Steps  int   // instructions; models are charged by the size of what they work on. Zero: 1e6
	Memory int64 // bytes allocated, freed or not. Zero: 16 MB
	Depth  int   // nested calls. Zero: 64; at most 1024
}

// maxDepth bounds Limits.Depth: calls nest on the stack of the goroutine.
const maxDepth = 1024

func (l Limits) filled() Limits {
	if l.Steps <= 0 {
		l.Steps = 1e6
	}
	if l.Memory <= 0 {
		l.Memory = 16 << 20
	}
	if l.Depth <= 0 {
		l.Depth = 64
	}
	l.Depth = min(l.Depth, maxDepth)
	return l
}

// Machine runs methods of a Program, one at a time. What static initialisers computed is kept between calls.
type Machine struct {
	p      *Program
	limits Limits
	steps  int64
	mem    int64
	depth  int
	epoch  uint32 // number of the call from outside
	used   int64  // bytes allocated since the static state was made
	states []*classState
	boxes  map[sharedKey]*object
	texts  map[string]*object // of String.intern

	frames []reg // registers of running methods
	base   int
	slab   []reg // arguments of running calls
	top    int
}

// NewMachine returns a machine that has not initialised any class. It is not safe for concurrent use.
func (p *Program) NewMachine(l Limits) *Machine {
	return &Machine{p: p, limits: l.filled(), frames: make([]reg, 512), slab: make([]reg, 128)}
}

// keep says after how many times the memory limit the static state is made anew: it is what calls may leave behind.
const keep = 8

// start gives a call its limits.
func (m *Machine) start() {
	m.used += m.limits.Memory - m.mem
	if m.epoch == 0 || m.used > keep*m.limits.Memory {
		m.states, m.boxes, m.texts, m.used = nil, nil, nil, 0
	}
	m.epoch++
	m.steps, m.mem = int64(m.limits.Steps), m.limits.Memory
	m.depth, m.base, m.top = 0, 0, 0
}

// Call runs the method "Lpkg/Cls;->name(args)ret" of the program with the receiver, if it is not static, and the
// arguments. The error is a *Stop.
func (m *Machine) Call(ref string, args ...Value) (Value, error) {
	name, sig, _ := strings.Cut(ref, "->")
	t, ok := m.p.class(name).lookup(sig)
	if !ok || t.m == nil {
		return Value{}, stop(Missing, "no method %s in the program", ref)
	}
	m.start()
	if len(args) > maxParams {
		return Value{}, stop(Missing, "%d arguments", len(args))
	}
	regs := make([]reg, len(args))
	for i, a := range args {
		r, err := m.adopt(a, 0)
		if err != nil {
			return Value{}, err
		}
		regs[i] = r
	}
	if t.m.static {
		if _, err := m.state(t.owner); err != nil {
			return Value{}, outward(err)
		}
	} else if len(regs) > 0 && regs[0].o == nil {
		return Value{}, stop(Threw, "null receiver")
	}
	r, err := m.invoke(t.m, regs)
	if err != nil {
		return Value{}, outward(err)
	}
	return r.value(t.m.ret), nil
}

// StaticField returns the value that "Lpkg/Cls;->name:type" has after the initialiser of its class. A field that
// other methods write has none.
func (m *Machine) StaticField(ref string) (Value, error) {
	name, field, _ := strings.Cut(ref, "->")
	m.start()
	r := m.p.staticRef(m.p.class(name), field)
	if r.err != nil {
		return Value{}, stop(Missing, "%s", r.err.What)
	}
	if r.mutable {
		return Value{}, stop(Impure, "field %s, which other methods write", ref)
	}
	v, err := m.getStatic(r)
	if err != nil {
		return Value{}, outward(err)
	}
	_, kind, _ := strings.Cut(field, ":")
	return v.value(first(kind)), nil
}

// outward makes a Stop of an exception that nothing caught.
func outward(err error) error {
	if t, ok := err.(*javaThrow); ok {
		return stop(Threw, "%s", t.describe())
	}
	return err
}

// value gives a register the kind of a type's first letter.
func (r reg) value(kind byte) Value {
	switch kind {
	case 'J':
		return LongValue(r.n)
	case 'F':
		return Value{kind: KindFloat, n: r.n}
	case 'D':
		return Value{kind: KindDouble, n: r.n}
	case 'V':
		return Value{}
	case 'L', '[':
		if r.o == nil {
			return Value{}
		}
		return Value{kind: KindObject, o: r.o}
	}
	return IntValue(int32(r.n))
}

// adopt copies an argument in and gives it its class.
func (m *Machine) adopt(v Value, depth int) (reg, error) {
	if v.o == nil {
		return reg{n: v.n}, nil
	}
	switch a := v.o.native.(type) {
	case text:
		return m.retText(a)
	case []int8:
		return m.retArray("[B", slices.Clone(a), int64(len(a)))
	case []uint16:
		return m.retArray("[C", slices.Clone(a), 2*int64(len(a)))
	case []int16:
		return m.retArray("[S", slices.Clone(a), 2*int64(len(a)))
	case []int32:
		return m.retArray("[I", slices.Clone(a), 4*int64(len(a)))
	case []int64:
		return m.retArray("[J", slices.Clone(a), 8*int64(len(a)))
	case []*object:
		if v.o.class != nil || depth > 0 {
			return reg{o: v.o}, nil
		}
		out := make([]*object, len(a))
		for i, o := range a {
			r, err := m.adopt(Value{o: o}, depth+1)
			if err != nil {
				return reg{}, err
			}
			out[i] = r.o
		}
		return m.retArray("[Ljava/lang/String;", out, 8*int64(len(a)))
	}
	if v.o.class == nil || v.o.class.p != m.p {
		return reg{}, stop(Missing, "an argument of another program")
	}
	return reg{o: v.o}, nil
}
