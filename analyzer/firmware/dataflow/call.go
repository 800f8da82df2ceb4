package dataflow

import (
	"romscan/analyzer/fact/dex"
)

// invoke interprets a call.
func (f *frame) invoke(in *dex.Insn) {
	f.last = f.a.t.any()
	if in.Op >= dex.OpInvokePolymorphic {
		return
	}
	r := f.a.u.methodRef(f.f, in.Index)
	if r == nil {
		return
	}
	op := in.Op
	if op >= dex.OpInvokeVirtualRange {
		op -= dex.OpInvokeVirtualRange - dex.OpInvokeVirtual
	}
	args := make([]value, 0, in.NRegs)
	n := 0
	if op != dex.OpInvokeStatic {
		args = append(args, f.reg(in.Reg(0)))
		n = 1
	}
	for _, p := range r.params {
		v := f.reg(in.Reg(n))
		if p == "C" || p == "B" || p == "I" && r.name == "write" {
			v = f.hidden(f.insn, in.Reg(n), v)
		}
		if p == "I" || p == "Z" {
			v = f.chosenSetting(r, in.Reg(n), v)
		}
		args = append(args, v)
		n++
		if p == "J" || p == "D" {
			n++
		}
	}
	f.usesPending(r, args)
	f.last = f.call(r, op, args, f.here())
	f.grewFrom(args, f.last)
}

// call finds what a call reaches and interprets it; the result is what it returns.
func (f *frame) call(r *methodRef, op dex.Op, args []value, site uint32) value {
	a := f.a
	key := r.key()
	if r.name == "<clinit>" {
		return nothing
	}
	if c := a.lookup(r.class, r.name, r.proto); c != nil && (c.Always || a.u.class(r.class) == nil && !f.ownBody(op, key, args)) {
		return f.api(c, r, args, site)
	}
	switch op {
	case dex.OpInvokeStatic, dex.OpInvokeDirect, dex.OpInvokeSuper:
		if op == dex.OpInvokeStatic {
			f.initialise(r.class)
		}
		if m := a.u.find(r.class, key); m != nil {
			return f.apply(m, args, site)
		}
		return f.platformCall(r, r.class, op == dex.OpInvokeStatic, args, site)
	}
	return f.dispatch(r, args, site)
}

// ownBody reports whether the receiver of a virtual call is an object of the program that has its own body for it.
func (f *frame) ownBody(op dex.Op, key string, args []value) bool {
	if op != dex.OpInvokeVirtual && op != dex.OpInvokeInterface || len(args) == 0 {
		return false
	}
	for _, at := range f.a.t.atomsOf(args[0]) {
		if n := f.a.t.node(at); n.kind == kObj || n.kind == kHome {
			if m := f.a.u.find(n.s, key); m != nil && m.Code != 0 {
				return true
			}
		}
	}
	return false
}

// dispatch handles calls whose body depends on the receiver.
func (f *frame) dispatch(r *methodRef, args []value, site uint32) value {
	a := f.a
	type way struct {
		m    *Method
		recv []atom
	}
	var ways []way
	var apis []string
	add := func(m *Method, at atom) {
		for i := range ways {
			if ways[i].m == m {
				ways[i].recv = append(ways[i].recv, at)
				return
			}
		}
		ways = append(ways, way{m, []atom{at}})
	}
	var open, rest, proxies []atom
	key := r.key()
	for _, at := range a.t.atomsOf(args[0]) {
		n := a.t.node(at)
		switch n.kind {
		case kObj, kHome:
			if n.s == proxyClass {
				proxies = append(proxies, at)
				continue
			}
			if m := a.u.find(n.s, key); m != nil {
				add(m, at)
				continue
			}
			if c := a.u.platform(n.s); len(apis) == 0 || apis[len(apis)-1] != c {
				apis = append(apis, c)
			}
			rest = append(rest, at)
		case kInt:
		default:
			open = append(open, at)
		}
	}
	result := nothing
	base := f.s
	var after *state
	over := true
	branch := func(run func() value) {
		f.s, f.over = base.clone(), false
		result = a.t.join(result, run())
		over = over && f.over
		if after == nil {
			after = f.s
			return
		}
		a.merge(after, f.s)
	}
	for _, w := range ways {
		branch(func() value {
			own := append([]value{a.t.make(w.recv)}, args[1:]...)
			return f.under(f.chosen(own[0]), func() value { return f.apply(w.m, own, site) })
		})
	}
	for _, at := range proxies {
		branch(func() value { return f.proxied(at, args, site) })
	}
	if len(open) > 0 {
		branch(func() value { return f.unknownReceiver(r, append([]value{a.t.make(open)}, args[1:]...), site) })
	}
	for i, c := range apis {
		if i > 0 {
			break
		}
		branch(func() value {
			return f.platformCall(r, c, false, append([]value{a.t.make(rest)}, args[1:]...), site)
		})
	}
	f.over = over && after != nil
	if after != nil {
		f.s = after
	} else if len(args) > 0 && args[0] == nothing {
		return f.unknownReceiver(r, args, site)
	}
	return result
}

// maxGuesses bounds the bodies that are entered when nothing but the declared class says which one is meant.
const maxGuesses = 4

// unknownReceiver handles a virtual call on an object whose class is not known here.
func (f *frame) unknownReceiver(r *methodRef, args []value, site uint32) value {
	a := f.a
	inProgram := a.u.class(r.class) != nil
	list, more := a.bodies(r.class, r.key())
	if len(list) == 1 && !more && inProgram {
		return f.apply(list[0], args, site)
	}
	if len(list) == 0 && !more {
		return f.platformCall(r, a.u.platform(r.class), false, args, site)
	}
	if a.t.symbolic(args[0]) && (f.level < maxLevels && f.pended < maxPending || f.waitsAlready(r, nil, args) >= 0) {
		return f.pend(r, nil, args, site)
	}
	if v, ok := f.postpone(r, args, site); ok {
		return v
	}
	a.asks(args[0], lostThing)
	if more {
		a.cut("targets of a call")
	}
	result := nothing
	base := f.s
	var after *state
	if len(list) > maxGuesses || f.retries >= maxRetries {
		list = nil
	}
	for _, m := range list {
		f.s = base.clone()
		result = a.t.join(result, f.apply(m, args, site))
		if after == nil {
			after = f.s
		} else {
			a.merge(after, f.s)
		}
	}
	f.over = false
	if after != nil {
		f.s = after
	}
	return a.t.join(result, f.a.derive(join(a.t, args), 0))
}

func join(t *tables, list []value) value {
	out := nothing
	for _, v := range list {
		out = t.join(out, v)
	}
	return out
}
