package dataflow

import (
	"strings"
)

// statics returns the object that holds the static fields of a field's class.
func (f *frame) statics(r *fieldRef) value {
	class := r.class
	for c, n := f.a.u.class(class), 0; c != nil && n < maxChain; c, n = f.a.u.class(c.Super), n+1 {
		f.a.u.load(c)
		if _, ok := c.fields[r.name+":"+r.typ]; ok {
			class = c.Name
			break
		}
	}
	f.initialise(class)
	return f.a.t.of(node{kind: kHome, s: class})
}

func (f *frame) getStatic(i uint32) value {
	r := f.a.u.fieldRef(f.f, i)
	if r == nil {
		return nothing
	}
	if s, ok := f.a.platformField(r); ok {
		if data, ok := strings.CutPrefix(s, "source:"); ok {
			return f.read(data, f.here())
		}
		if place, ok := strings.CutPrefix(s, "store:"); ok {
			return f.a.t.of(node{kind: kStore, s: place})
		}
		prop, of := strings.CutPrefix(s, "prop:")
		if !of {
			return f.a.t.str(s)
		}
		if f.a.prop(PropAsked{Name: prop, Text: true}) == "no" { // else the image does not say
			return f.a.t.of(node{kind: kCell, a: uint32(f.a.t.atom(node{kind: kStore, s: "prop"})), s: "[" + prop + "]"})
		}
	}
	home := f.statics(r)
	if at, one := f.a.t.single(home); one {
		if place, ok := f.a.enums.fields[slot{at, r.slot()}]; ok {
			return f.a.t.one(place)
		}
	}
	v := f.a.load(f.s, home, r.slot())
	if c, ok := f.a.finalStatic(r); ok {
		if at, one := f.a.t.single(v); one && f.a.t.node(at).kind == kCell {
			f.namesIn(c)
			return c
		}
	}
	return v
}
