package dataflow

import (
	"strconv"
	"strings"
)

// asked calls the methods that the platform asks an object of the program by: whether it is equal to another, where it
// belongs, what it is as text.
func (f *frame) asked(v, other value, keys ...string) value {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(v) {
		n := a.t.node(at)
		if n.kind != kObj && n.kind != kHome || a.u.class(n.s) == nil {
			continue
		}
		for _, key := range keys {
			if m := a.u.find(n.s, key); m != nil {
				args := []value{a.t.one(at), other}
				out = a.t.join(out, f.apply(m, args[:1+len(m.params)], f.here()))
			}
		}
	}
	return out
}

const (
	equalsKey  = "equals(Ljava/lang/Object;)Z"
	hashKey    = "hashCode()I"
	orderKey   = "compareTo(Ljava/lang/Object;)I"
	toText     = "toString()Ljava/lang/String;"
	compareKey = "compare(Ljava/lang/Object;Ljava/lang/Object;)I"
)

// spoken is the text that an object of the program makes of itself; false where the platform makes it of what it holds.
func (f *frame) spoken(at atom) (value, bool) {
	a := f.a
	n := a.t.node(at)
	if n.kind != kObj && a.enums.of[at] == nil || a.u.class(n.s) == nil {
		return nothing, false
	}
	if a.u.find(n.s, toText) != nil {
		return f.asked(a.t.one(at), nothing, toText), true
	}
	return a.any(), a.u.platform(n.s) == "Ljava/lang/Object;" // its class and a number
}

// opSort puts the elements of a container in order: they are compared by a comparator or by themselves.
func opSort(f *frame, c *call) (value, bool) {
	a := f.a
	v := a.load(f.s, c.at(1), "[*]")
	f.asked(v, v, orderKey)
	if elems, ok := f.items(c.at(1)); !ok || len(elems) > 1 {
		for _, at := range a.t.atomsOf(c.at(1)) {
			if f.counted(at) {
				f.blur(a.t.one(at), nothing)
			}
		}
	}
	for i := range c.r.params {
		for _, at := range a.t.atomsOf(c.at(i + 1)) {
			n := a.t.node(at)
			if m := a.u.find(n.s, compareKey); n.kind == kObj && m != nil {
				f.apply(m, []value{a.t.one(at), v, v}, c.site)
			}
		}
	}
	return nothing, false
}

// opNumber reads a number or a truth value from a text.
func opNumber(f *frame, c *call) (value, bool) {
	a := f.a
	v := f.text(c.at(1))
	if s, ok := a.t.text(v); ok {
		if strings.HasSuffix(c.Class, "Boolean;") {
			if strings.EqualFold(s, "true") {
				return a.t.num(1), false
			}
			return a.t.num(0), false
		}
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(c.r.params) == 1 {
			return a.t.num(n), false
		}
		return a.any(), false
	}
	if v = a.derive(a.reach(f.s, v), 0); !strings.HasSuffix(c.Class, "Boolean;") {
		f.refuses(v, "Ljava/lang/NumberFormatException;")
	}
	return v, false
}

// opRecordFile makes what is recorded go to a file: text is what it is.
func opRecordFile(f *frame, c *call) (value, bool) {
	a := f.a
	name := f.text(c.at(1))
	if a.t.symbolic(name) {
		return nothing, true
	}
	data := f.read(c.Text, c.site)
	for _, s := range a.spellings(name) {
		a.add(f.s, a.t.of(node{kind: kStore, s: "file:" + s}), "[?]", data)
	}
	return nothing, false
}
