package dataflow

import (
	"slices"
	"strings"
)

// What the objects of a class hold in a field of a simple type can often be said of all of them: nothing that was seen to
// run writes anything else. That decides conditions on objects of which nothing else is known.

// fieldWrites is what code that was followed writes to one field of all objects of a class.
type fieldWrites struct {
	list []fieldWrite
	more bool // than are kept
}

type fieldWrite struct {
	in *Method
	v  value
}

// maxWrites bounds the writes kept of one field.
const maxWrites = 24

// key names the field a reference means: that of the nearest class that declares one.
func (u *universe) key(r *fieldRef) string {
	if r.key == "" {
		owner := r.class
		for c, n := u.class(r.class), 0; c != nil && n < maxChain; c, n = u.class(c.Super), n+1 {
			if u.holds(c, r) {
				owner = c.Name
				break
			}
		}
		r.key = owner + "->" + r.slot()
	}
	return r.key
}

// noteWrite notes what a method writes to a field of an object.
func (f *frame) noteWrite(r *fieldRef, v value) {
	if len(r.typ) != 1 || !strings.Contains("ZBSCI", r.typ) {
		return
	}
	w := f.a.everWritten[f.a.u.key(r)]
	if w == nil {
		w = &fieldWrites{}
		f.a.everWritten[r.key] = w
	}
	switch one := (fieldWrite{f.m, v}); {
	case w.more || slices.Contains(w.list, one):
	case len(w.list) == maxWrites:
		w.more = true
	default:
		w.list = append(w.list, one)
	}
}

// writesOf returns what is written to a field of a parameter's objects, nil where that is not known: objects of
// serializable classes are filled by the platform too, and a library's code is not followed as a whole.
func (a *analysis) writesOf(n *node, c cond) *fieldWrites {
	base := a.t.node(atom(n.a))
	m := a.sites[c.site].Method
	if base.kind != kParam || m == nil || a.cutsBy["work on an app"]+a.cutsBy["time"]+a.cutsBy["long methods"] > 0 {
		return nil
	}
	class, i := m.Class.Name, int(base.a)
	if !m.Static() {
		i--
	}
	if i >= len(m.params) {
		return nil
	}
	if i >= 0 {
		class = m.params[i]
	}
	for k, depth := a.u.class(class), 0; k != nil && depth < maxChain; k, depth = a.u.class(k.Super), depth+1 {
		if w := a.everWritten[k.Name+"->"+n.s]; w != nil {
			if k.Lib || w.more || a.u.is(k.Name, "Ljava/io/Serializable;") {
				return nil
			}
			return w
		}
	}
	return nil
}

// ever says whether a condition on a field of a parameter may hold for any object, and whether what needs no user makes it
// hold for one.
func (r *reachability) ever(n *node, c cond) (holds truth, alone bool) {
	a := r.a
	ys, ok := a.numbers(c.y)
	w := a.writesOf(n, c)
	if w == nil || !ok {
		return maybe, false
	}
	can, cannot := anyHolds(c.rel, 0, ys), !anyHolds(c.rel, 0, ys)
	for _, one := range w.list {
		xs, ok := a.numbersOf(one)
		if !ok {
			return maybe, false
		}
		for _, x := range xs {
			if !anyHolds(c.rel, x, ys) {
				cannot = true
				continue
			}
			can = true
			alone = alone || r.why[one.in]&automatic != 0
		}
	}
	return outcome(can, cannot), alone
}

// numbersOf returns the numbers that are written; false where it may be others.
func (a *analysis) numbersOf(w fieldWrite) (out []int64, ok bool) {
	for _, at := range a.t.atomsOf(w.v) {
		v := a.t.one(at)
		if n := a.t.node(at); n.kind == kParam {
			if list := a.passed[w.in]; int(n.a) < len(list) {
				v = list[n.a]
			}
		}
		ns, ok := a.numbers(v)
		if !ok {
			return nil, false
		}
		out = append(out, ns...)
	}
	return out, len(out) > 0
}
