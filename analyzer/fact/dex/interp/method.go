package interp

import (
	"encoding/binary"
	"sync"

	"romscan/analyzer/fact/dex"
)

// method is a method of the program. Its code is taken apart at the first call.
type method struct {
	class  *class
	name   string
	sig    string // "name(args)ret"
	static bool
	offset uint32 // of its code, 0 for abstract and native methods
	params []byte // first letters of the parameter types
	ret    byte

	once sync.Once
	code *code
	err  error
}

func newMethod(c *class, e dex.EncodedMethod) *method {
	f := c.file
	id, _ := f.Method(e.Method)
	m := &method{class: c, name: f.String(id.Name), static: e.Access&dex.AccStatic != 0, offset: e.Code}
	m.sig = string(f.AppendProto([]byte(m.name), id.Proto))
	m.params, m.ret = protoLetters(f, id.Proto)
	return m
}

// maxParams is what an invoke can pass at most.
const maxParams = 255

// protoLetters returns the first letters of the types in a prototype.
func protoLetters(f *dex.File, i uint32) (params []byte, ret byte) {
	p, _ := f.Proto(i)
	list := p.Params[:min(len(p.Params), 2*maxParams)]
	for ; len(list) >= 2; list = list[2:] {
		params = append(params, first(f.Type(uint32(binary.LittleEndian.Uint16(list)))))
	}
	return params, first(f.Type(p.Return))
}

func (m *method) ref() string { return m.class.name + "->" + m.sig }

// clinit tells whether m is the static initialiser of its class.
func (m *method) clinit() bool { return m.static && m.name == "<clinit>" }

// linked returns the code, taken apart.
func (m *method) linked() (*code, error) {
	m.once.Do(func() {
		if m.offset == 0 {
			m.err = stop(Missing, "%s has no code", m.ref())
			return
		}
		m.code, m.err = link(m)
	})
	return m.code, m.err
}

// code is a body ready to run.
type code struct {
	raw      dex.Code
	regs     int
	ins      []int // register of each argument, the receiver first
	insts    []inst
	end      int32   // the last instruction, which stops
	index    []int32 // instruction at a code unit, the last one, which stops, where none starts
	strings  []*object
	types    []*class
	statics  []*staticRef
	fields   []*fieldRef
	calls    []*call
	arrays   []*arrayRef
	switches []map[int32]int32
	tries    []try
	stops    []*Stop
}

// inst is an instruction with its operands; x is a branch target, or a place in one of the tables of code.
type inst struct {
	op      uint8
	kind    uint8
	a, b, c uint16
	x       int32
	addr    uint32
	lit     int64
}

type try struct {
	from, to uint32 // code units
	catches  []catch
}

type catch struct {
	class *class // nil for all
	x     int32
}

// staticRef is a static field that an instruction names.
type staticRef struct {
	field   *staticField
	value   func(*Machine) (reg, error) // for modelled classes
	mutable bool                        // written outside its class's initialiser
	err     *Stop
}

type fieldRef struct {
	slot int
	kind byte
	decl *class
	err  *Stop
}

// arrayRef is a filled-new-array.
type arrayRef struct {
	class *class
	regs  []uint16
}
