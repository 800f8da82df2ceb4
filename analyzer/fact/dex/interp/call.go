package interp

import (
	"sync/atomic"

	"romscan/analyzer/fact/dex"
)

// model is one modelled method: arguments with the receiver first; it does not keep the slice.
type model func(m *Machine, a []reg) (reg, error)

// call is an invoke instruction.
type call struct {
	class   *class
	sig     string
	args    []uint16 // the first register of each argument
	static  bool
	virtual bool   // the receiver's class decides
	fixed   target // otherwise
	found   bool
	opaque  bool // see Machine.blind
	init    bool // a constructor
	ret     byte

	cache atomic.Pointer[dispatch]
}

// dispatch is what a virtual call ran last.
type dispatch struct {
	class *class
	to    target
}

func (k *call) ref() string { return k.class.name + "->" + k.sig }

// call translates an invoke.
func (l *linker) call(in *dex.Insn, out inst) inst {
	id, ok := l.f.Method(in.Index)
	if !ok {
		return l.stop(in, Missing, "method out of range")
	}
	op := in.Op
	if op >= dex.OpInvokeVirtualRange {
		op -= dex.OpInvokeVirtualRange - dex.OpInvokeVirtual
	}
	name := l.f.String(id.Name)
	k := &call{class: l.m.class.p.class(l.f.Type(id.Class)), sig: string(l.f.AppendProto([]byte(name), id.Proto))}
	var params []byte
	params, k.ret = protoLetters(l.f, id.Proto)
	k.init = name == "<init>"
	at := 0
	if k.static = op == dex.OpInvokeStatic; !k.static {
		k.args = append(k.args, uint16(in.Reg(0)))
		at++
	}
	for _, p := range params {
		k.args = append(k.args, uint16(in.Reg(at)))
		if at++; p == 'J' || p == 'D' {
			at++
		}
	}
	if at != int(in.NRegs) {
		return l.stop(in, Missing, "arguments do not fit "+k.ref())
	}
	switch op {
	case dex.OpInvokeVirtual, dex.OpInvokeInterface:
		k.virtual = true
	case dex.OpInvokeSuper:
		if s := l.m.class.super; s != nil {
			k.fixed, k.found = s.lookup(k.sig)
		}
		if !k.found {
			k.fixed, k.found = k.class.lookup(k.sig)
		}
	default:
		k.fixed, k.found = k.class.lookup(k.sig)
		if k.found && k.init && k.fixed.owner != k.class && (k.class.file != nil || k.fixed.owner == l.m.class.p.std.object) {
			k.found = false // constructors are not inherited; the models of a family share a table of them
		}
	}
	k.opaque = l.m.clinit() && (k.ret == 'V' || k.ret == 'L') &&
		(k.class.unknown && k.class.file == nil || callReason(k.class.name, k.sig) == Impure && (k.init || k.static))
	l.c.calls = append(l.c.calls, k)
	out.op, out.x = opCall, int32(len(l.c.calls)-1)
	return out
}

// resolve finds what a call runs.
func (m *Machine) resolve(k *call, receiver *object) (target, error) {
	if !k.virtual {
		if !k.found {
			return target{}, k.missing(k.class)
		}
		return k.fixed, nil
	}
	if d := k.cache.Load(); d != nil && d.class == receiver.class {
		return d.to, nil
	}
	t, ok := receiver.class.lookup(k.sig)
	if !ok {
		return target{}, k.missing(receiver.class)
	}
	k.cache.Store(&dispatch{receiver.class, t})
	return t, nil
}

func (k *call) missing(c *class) error {
	if c.file != nil && !c.unknown && !modelledSuper(c) {
		return stop(Missing, "%s", k.ref())
	}
	return stop(callReason(k.class.name, k.sig), "%s", k.ref())
}

func modelledSuper(c *class) bool {
	for ; c != nil; c = c.super {
		if c.file == nil && c.name != "Ljava/lang/Object;" {
			return true
		}
	}
	return false
}

// call runs an invoke of the frame.
func (m *Machine) call(k *call, regs []reg) (reg, error) {
	n := len(k.args)
	all, mark := m.arguments(n + 1)
	defer m.release(mark)
	args := all[:n]
	all[n] = reg{}
	for i, r := range k.args {
		args[i] = regs[r]
	}
	if !k.static && args[0].o == nil {
		return reg{}, m.npe()
	}
	var receiver *object
	if !k.static {
		receiver = args[0].o
	}
	t, err := m.resolve(k, receiver)
	if err != nil {
		if k.opaque {
			return m.blind(k, args, err)
		}
		return reg{}, err
	}
	if t.m != nil {
		if k.static && t.owner.file != nil {
			if _, err := m.state(t.owner); err != nil {
				return reg{}, err
			}
		}
		return m.invoke(t.m, args)
	}
	if err := m.charge(args); err != nil {
		return reg{}, err
	}
	return t.model(m, all) // one more than there are: a static call of what is not static reaches past the end
}

// charge takes steps for a model by the size of what it is given.
func (m *Machine) charge(args []reg) error {
	n := int64(4)
	for i := range args {
		if o := args[i].o; o != nil {
			n += int64(size(o)) / 16
		}
	}
	return m.work(n)
}

// arguments takes room for n arguments, which release gives back.
func (m *Machine) arguments(n int) ([]reg, int) {
	mark := m.top
	if mark+n > len(m.slab) {
		return make([]reg, n), mark
	}
	m.top += n
	return m.slab[mark:m.top:m.top], mark
}

func (m *Machine) release(mark int) { m.top = mark }
