package dataflow

import (
	"slices"
	"strings"
)

// platformCall handles a call that leaves the program.
func (f *frame) platformCall(r *methodRef, class string, static bool, args []value, site uint32) value {
	if c := f.a.lookup(class, r.name, r.proto); c != nil {
		return f.api(c, r, args, site)
	}
	return f.unmodelled(r, class, static, args, site)
}

// unmodelled is what a call of a platform method does that the vocabulary does not know: objects and strings given to it
// may be in its receiver and its result, and the program's own objects may be called back.
func (f *frame) unmodelled(r *methodRef, class string, static bool, args []value, site uint32) value {
	a := f.a
	all := nothing
	f.takeBack(r, args)
	recv := nothing
	if !static {
		recv = args[0]
	}
	f.unsettle(r, class, static, args)
	given := a.bearing(r, args)
	for i, v := range args {
		all = a.t.join(all, a.derive(a.reach(f.s, given[i]), a.doubtOf(r)))
		if (i > 0 || static) && !undoes(r.name) {
			f.callbacks(r, recv, v, site)
		}
	}
	args = given
	if r.name == "<init>" {
		if len(args) > 0 {
			f.absorb(r, args[0], args[1:])
		}
		return nothing
	}
	return f.passes(r, static, args, all, site)
}

// bearing is what a call is given, without what only tells it where it runs: whatever an activity holds somewhere does not
// come out of a call that needs a context.
func (a *analysis) bearing(r *methodRef, args []value) []value {
	out := slices.Clone(args)
	for i := range out {
		if j := i + len(r.params) - len(args); j >= 0 && a.settingType(r.params[j]) {
			out[i] = nothing
		}
	}
	return out
}

// settingType reports whether objects of a type are where code runs, and not what it works on.
func (a *analysis) settingType(name string) bool {
	switch name {
	case "Landroid/content/res/Resources;", "Landroid/content/ContentResolver;", "Landroid/content/pm/PackageManager;", "Landroid/os/Handler;", "Landroid/os/Looper;", "Ljava/lang/ClassLoader;":
		return true
	}
	return strings.HasPrefix(name, "L") && (a.u.is(name, "Landroid/content/Context;") || a.u.is(name, "Landroid/view/View;"))
}

// passes is what a call leaves of which nothing is known but what it was given, and what that holds: some of it in its
// receiver and its result.
func (f *frame) passes(r *methodRef, static bool, args []value, all value, site uint32) value {
	a := f.a
	if !static && len(args) > 1 {
		f.absorb(r, args[0], args[1:])
	}
	if r.ret == "V" {
		return nothing
	}
	if !a.carries(all) {
		return a.t.of(node{kind: kApi, a: site, s: r.String() + a.switchKey(r, static, args)})
	}
	if strings.HasPrefix(r.ret, "L") || strings.HasPrefix(r.ret, "[") {
		return all
	}
	return a.t.join(a.t.join(a.taints(all), a.t.make(slices.Clone(a.lossOf(all)))), a.t.of(node{kind: kApi, a: site, s: r.String()}))
}

// absorb notes that the receiver holds what it was given, where that may be of interest.
func (f *frame) absorb(r *methodRef, recv value, given []value) {
	a := f.a
	for _, v := range given {
		if v := a.reach(f.s, v); a.carries(v) {
			a.add(f.s, recv, "[?]", a.derive(v, a.doubtOf(r)))
		}
	}
}

// doubtOf is what is said of data that a call was given and may hand on: no step through code that the image lacks was
// followed.
func (a *analysis) doubtOf(r *methodRef) uint32 {
	if a.unseen(r.String()) {
		return asInexact
	}
	return 0
}

// carries reports whether a value holds personal data or may, once the caller is known.
func (a *analysis) carries(v value) bool {
	for _, at := range a.t.atomsOf(v) {
		switch n := a.t.node(at); n.kind {
		case kSource, kDerived, kParam, kLoad, kResult, kCell, kAllOf:
			return true
		case kApi:
			if n.s == "remote" { // a server's answer: it may decide what is sent
				return true
			}
		case kAny:
			if at == lostData || at == lostThing {
				return true
			}
		}
	}
	return false
}

// taints returns the personal data in a value.
func (a *analysis) taints(v value) value {
	var out []atom
	for _, at := range a.t.atomsOf(v) {
		if a.t.node(at).kind == kSource {
			out = append(out, at)
		}
	}
	return a.t.make(out)
}
