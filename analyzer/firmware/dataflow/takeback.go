package dataflow

import (
	"slices"
	"strings"
)

// registration is an object that a method gave to the platform to be called back.
type registration struct {
	key         eventKey
	call        string // what registered it
	recv, given value
	block       int32
}

// register records an event that calls an object back later.
func (f *frame) register(r *methodRef, recv, given value, e event) {
	f.record(e)
	if len(f.registered) < maxEvents {
		k := eventKey{e.kind, e.site, e.chain, e.ref.String()}
		f.registered = append(f.registered, registration{k, r.name, recv, given, f.block})
	}
}

// takeBack forgets registrations that a call undoes where nothing can have happened in between: a listener that is set to
// another, a receiver that is unregistered, a task that is removed from its queue, all in one stretch of code.
func (f *frame) takeBack(r *methodRef, args []value) {
	if len(f.registered) == 0 || len(args) < 2 {
		return
	}
	setter := strings.HasPrefix(r.name, "set") && strings.HasSuffix(r.name, "Listener")
	if !setter && !undoes(r.name) {
		return
	}
	f.registered = slices.DeleteFunc(f.registered, func(g registration) bool {
		if !slices.Equal(f.g.controls[g.block], f.g.controls[f.block]) {
			return false
		}
		same := setter && g.call == r.name && f.oneObject(g.recv) && g.recv == args[0]
		if !setter && f.oneObject(g.given) {
			same = slices.Contains(args[1:], g.given)
		}
		if !same {
			return false
		}
		if i, ok := f.index[g.key]; ok {
			f.events[i].kind = evGone
			delete(f.index, g.key)
		}
		return true
	})
}

// undoes reports whether a method is named as those that take a registration back.
func undoes(name string) bool {
	return strings.HasPrefix(name, "unregister") || strings.HasPrefix(name, "remove")
}

// oneObject reports whether a value is one object for sure.
func (f *frame) oneObject(v value) bool {
	at, one := f.a.t.single(v)
	if !one || f.looping() {
		return false
	}
	n := f.a.t.node(at)
	return n.kind == kObj || n.kind == kHome || n.kind == kStore && n.s != "view:?"
}
