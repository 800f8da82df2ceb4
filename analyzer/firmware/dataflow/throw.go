package dataflow

import (
	"slices"

	"romscan/analyzer/fact/dex"
)

// safe reports whether an instruction that can raise an exception surely does not here.
func (f *frame) safe(in *dex.Insn) bool {
	switch op := in.Op; {
	case op == dex.OpNewArray:
		n, ok := f.a.t.number(f.reg(in.Reg(1)))
		return ok && n >= 0
	case op >= 0x44 && op <= 0x51: // aget, aput
		if op == 0x4d { // the array may be of another class
			return false
		}
		n, ok := f.a.t.number(f.reg(in.Reg(2)))
		at, one := f.a.t.single(f.reg(in.Reg(1)))
		if !ok || !one || n < 0 {
			return false
		}
		size, ok := f.a.t.number(f.s.at(slot{at, "$length"}))
		return ok && n < size
	case op == 0x21, op >= 0x52 && op <= 0x5f: // array-length, iget, iput
		from := in.Reg(1)
		return f.there(f.reg(from))
	case op >= 0x60 && op <= 0x6d: // static fields
		return f.a.initialiserOf(f.fieldClass(in.Index)) == nil
	case op == 0x93 || op == 0x94 || op == 0x9e || op == 0x9f:
		n, ok := f.a.t.number(f.reg(in.Reg(2)))
		return ok && n != 0
	case op == 0xb3 || op == 0xb4 || op == 0xbe || op == 0xbf:
		n, ok := f.a.t.number(f.reg(in.Reg(1)))
		return ok && n != 0
	}
	return !throws(in.Op)
}

func (f *frame) fieldClass(i uint32) string {
	if r := f.a.u.fieldRef(f.f, i); r != nil {
		return r.class
	}
	return ""
}

// there reports whether a value is an object for sure.
func (f *frame) there(v value) bool {
	atoms := f.a.t.atomsOf(v)
	for _, at := range atoms {
		if k := f.a.t.node(at).kind; k != kObj && k != kHome && (k != kParam || f.m.Static() || f.a.t.node(at).a != 0) {
			return false
		}
	}
	return len(atoms) > 0
}

// thrown adds to the effects of a method that may also return what the exceptions carry that it throws: who catches them is to
// know it.
func (a *analysis) thrown(f *frame, s *summary) {
	if f.lost == nil || f.lost == f.exit {
		return
	}
	seen := map[atom]bool{}
	for todo := a.t.atomsOf(f.throws); len(todo) > 0; todo = todo[1:] {
		at := todo[0]
		if seen[at] || f.exit.heap[at] != nil || a.t.node(at).kind != kObj {
			continue
		}
		seen[at] = true
		for _, k := range a.slots(f.lost, at) {
			v := f.lost.at(k)
			switch {
			case !a.carries(v):
			case len(s.heap) < maxEffects:
				s.heap = append(s.heap, effect{k, v})
			default:
				a.cut("fields of a method")
			}
			if k.field == "[?]" { // what caused it
				todo = append(slices.Clip(todo), a.t.atomsOf(v)...)
			}
		}
	}
}

// caughtBy splits what is raised into what a handler takes and what goes on to the next: by the classes of the objects.
func (f *frame) caughtBy(h handler, v value) (taken, rest value) {
	a := f.a
	if h.typ == dex.NoIndex {
		return v, nothing
	}
	typ := a.u.typ(f.f, h.typ)
	var in, out []atom
	for _, at := range a.t.atomsOf(v) {
		n := a.t.node(at)
		switch {
		case n.kind != kObj:
			in, out = append(in, at), append(out, at)
		case a.u.is(n.s, typ):
			in = append(in, at)
		case a.u.is(typ, n.s), !a.u.knownToTop(n.s):
			in, out = append(in, at), append(out, at)
		default:
			out = append(out, at)
		}
	}
	return a.t.make(in), a.t.make(out)
}

// knownToTop reports whether all classes above a class of exceptions are known.
func (u *universe) knownToTop(class string) bool {
	return u.is(class, "Ljava/lang/Throwable;")
}

// catches hands what a block raises to its handlers, the first that takes it first. One whose block surely raises nothing,
// or throws what the handler does not take, is not entered.
func (f *frame) catches(bl *block, pre *state, pass func(int32, int, *state)) {
	a := f.a
	last := &f.g.insns[bl.last-1]
	left := f.raised
	for _, h := range bl.catch {
		var taken value
		taken, left = f.caughtBy(h, left)
		if taken == nothing && (last.Op == dex.OpThrow && f.raised != nothing || f.cannotMiss(bl, h, pre)) {
			continue
		}
		f.handlers[h.block] = true
		after := f.s.clone() // what a call did before it failed; its result is not there
		after.regs = slices.Clone(pre.regs)
		for _, s := range [2]*state{pre, after} {
			c := s.clone()
			c.catch(a, taken)
			pass(h.block, -1, c)
		}
	}
	f.throws = a.t.join(f.throws, left)
}

// named are the exceptions by which the platform says that it does not know the name it was given, and what it is given to.
var named = map[string][]string{
	"Ljava/security/NoSuchAlgorithmException;": {"getInstance"},
	"Ljava/io/UnsupportedEncodingException;":   {"getBytes", "<init>", "encode", "decode", "toString"},
}

// cannotMiss reports whether a handler is for a name that the platform does not know, and the block asks for none but such
// as are written in the code: an app is made with digests and encodings that are there, and what it would do without them
// (return the text as it is) it never does.
func (f *frame) cannotMiss(bl *block, h handler, pre *state) bool {
	if h.typ == dex.NoIndex {
		return false
	}
	given, ok := named[f.a.u.typ(f.f, h.typ)]
	if !ok {
		return false
	}
	for i := bl.first; i < bl.last; i++ {
		in := &f.g.insns[i]
		if in.Op < dex.OpInvokeVirtual || in.Op > dex.OpInvokeInterface && in.Op < dex.OpInvokeVirtualRange || in.Op > dex.OpInvokeVirtualRange+4 {
			continue
		}
		r := f.a.u.methodRef(f.f, in.Index)
		if r == nil || f.a.u.class(r.class) != nil || !slices.Contains(given, r.name) {
			continue // what the program throws itself is taken
		}
		n := 0
		if in.Op != dex.OpInvokeStatic && in.Op != dex.OpInvokeStatic+dex.OpInvokeVirtualRange-dex.OpInvokeVirtual {
			n = 1
		}
		last := nothing
		for _, p := range r.params {
			if p == "Ljava/lang/String;" {
				last = pre.regs[in.Reg(n)]
			}
			n++
			if p == "J" || p == "D" {
				n++
			}
		}
		if _, ok := f.a.t.text(last); last != nothing && !ok {
			return false
		}
	}
	return true
}
