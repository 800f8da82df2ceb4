package dataflow

import (
	"slices"
	"strings"

	"romscan/analyzer/fact/dex"
)

// Whether a package is installed is asked for by an exception, by what a call returns, and by a name among those of all
// packages. The image answers: what it holds is there, and what it does not hold a user may install.

// packagesPlace stands for the packages that are installed: a comparison of a name with it asks whether it is one of theirs.
const packagesPlace = "packages"

// missing is the exception that says that a package, or a part of one, is not there.
const missing = "Landroid/content/pm/PackageManager$NameNotFoundException;"

// appInfoType is what is returned of a package.
const appInfoType = "Landroid/content/pm/ApplicationInfo;"

// asksForPackage are the methods of android.content.pm.PackageManager that fail where a package is not installed, or return
// nothing; its name is the first parameter.
var asksForPackage = map[string]bool{
	"getPackageInfo": true, "getApplicationInfo": true, "getLaunchIntentForPackage": true, "getPackageGids": true, "getPackageUid": true,
}

// cannotMissPackage are methods of Android's contexts and logs that do not fail for a package that is not there.
var cannotMissPackage = map[string]bool{
	"getPackageManager": true, "getPackageName": true, "getApplicationContext": true, "getBaseContext": true, "getResources": true,
	"getContentResolver": true, "d": true, "e": true, "i": true, "v": true, "w": true,
}

// asksPackage reports whether a call asks for a package by its name.
func (u *universe) asksPackage(r *methodRef) bool {
	return r != nil && r.class == "Landroid/content/pm/PackageManager;" && asksForPackage[r.name] && len(r.params) > 0 && r.params[0] == "Ljava/lang/String;"
}

// mayMiss reports whether an instruction may raise the exception of a package that is not there.
func (u *universe) mayMiss(f *dex.File, in *dex.Insn) bool {
	if in.Op == dex.OpThrow {
		return true
	}
	if !in.Op.Invoke() {
		return false
	}
	r := u.methodRef(f, in.Index)
	return r == nil || !strings.HasPrefix(r.class, "Ljava/") && !(strings.HasPrefix(r.class, "Landroid/") && cannotMissPackage[r.name])
}

// guard adds the handlers of a guarded range to a block in it, and notes where the block asks for a package.
func (g *graph) guard(u *universe, f *dex.File, bl *block, list []handler) {
	asks, misses := int32(-1), false
	for i := bl.first; i < bl.last; i++ {
		in := &g.insns[i]
		misses = misses || u.mayMiss(f, in)
		if in.Op.Invoke() && u.asksPackage(u.methodRef(f, in.Index)) {
			asks = i
		}
	}
	for _, h := range list {
		none := h.typ != dex.NoIndex && u.typ(f, h.typ) == missing
		if none && !misses {
			continue
		}
		bl.catch = append(bl.catch, h)
		if asks >= 0 && (none || h.typ == dex.NoIndex || u.is(missing, u.typ(f, h.typ))) {
			bl.asks = asks + 1
		}
	}
}

// missed reports whether a block is the handler of a package that another asks for and that is not there.
func (g *graph) missed(u *universe, f *dex.File, from, b int32) bool {
	bl := &g.blocks[from]
	return bl.asks > 0 && slices.ContainsFunc(bl.catch, func(h handler) bool {
		return h.block == b && h.typ != dex.NoIndex && u.typ(f, h.typ) == missing
	})
}

// asksFor notes, as those of a test, the conditions of both ways out of a block that asks for a package: that it is
// installed, and that it is not.
func (f *frame) asksFor(in *dex.Insn) {
	f.taken[f.block] = [2]uint32{}
	x := f.a.installed(f.text(f.reg(in.Reg(1))))
	if x == nothing {
		return
	}
	site := f.a.site(f.m, in.Addr)
	for way, rel := range [2]relation{unequal, equal} {
		f.taken[f.block][way] = f.a.c.cond(cond{rel, x, f.a.t.num(0), site}) + 1
	}
}

// installed is whether a package of a name is installed; nothing where that is not known to be a question: of the app itself,
// and of a name that nothing says anything of.
func (a *analysis) installed(name value) value {
	if own, ok := a.t.text(name); name == nothing || ok && own == a.app.Package {
		return nothing
	}
	if !a.t.symbolic(name) && !slices.ContainsFunc(a.t.atomsOf(name), func(at atom) bool { return a.t.node(at).kind == kStr }) {
		return nothing
	}
	place := a.t.of(node{kind: kStore, s: packagesPlace})
	return a.t.of(node{kind: kCompare, a: uint32(name), b: uint32(place)})
}

// ofPackages returns the name that an answer is about, where it says whether a package is installed; nothing for another.
func (a *analysis) ofPackages(n *node) value {
	if n.kind != kCompare {
		return nothing
	}
	if at, one := a.t.single(value(n.b)); !one || a.t.node(at).kind != kStore || a.t.node(at).s != packagesPlace {
		return nothing
	}
	return value(n.a)
}

// opInstalled asks for a package by its name: there is a result if it is installed.
func opInstalled(f *frame, c *call) (value, bool) {
	v := f.unmodelled(c.r, c.Class, false, c.args, c.site)
	return f.a.t.join(v, f.a.installed(f.text(c.at(1)))), false
}

// there says whether the image has a package, and notes that the result depends on it.
func (a *analysis) there(name string) bool {
	if a.packages == nil {
		a.packages = map[string]bool{}
	}
	a.packages[name] = true
	return a.app.Packages[name]
}

// installation judges a condition on whether one of some packages is installed.
func (r *reachability) installation(names value, want bool) (guard, Gate) {
	a := r.a
	worst, gate, first := guardNone, Gate{}, true
	for _, at := range a.t.atomsOf(a.expand(names)) {
		n := a.t.node(at)
		if n.kind != kStr {
			return guardNone, Gate{} // whichever is meant
		}
		g, w := guardNone, Gate{Reads: "package:" + n.s, Default: "off"}
		if n.s != a.app.Package {
			if there := a.there(n.s); there != want {
				g, w.Off = guardUnknown, there // what is not there a user may install
			}
		} else if !want {
			g, w.Off = guardUnknown, true
		}
		if first || g < worst {
			worst, gate, first = g, w, false
		}
	}
	return worst, gate
}

// listed returns the name of a package that is looked for among those that are installed; nothing where a comparison is of
// something else.
func (a *analysis) listed(c cond) value {
	if _, ok := a.t.text(c.y); !ok || c.rel != equal {
		return nothing
	}
	for _, at := range a.t.atomsOf(c.x) {
		n := a.t.node(at)
		if n.kind != kSource || a.types[n.a] != "apps.installed" {
			return nothing
		}
	}
	if c.x == nothing {
		return nothing
	}
	return c.y
}

// maxAnswers bounds the answers of which each is joined with each of others.
const maxAnswers = 6

// bothHold is the conjunction of what is yes or no, under conditions, and another value: yes under the conditions of both. False
// where it is not known to be of that kind.
func (a *analysis) bothHold(x, y value) (value, bool) {
	if !a.conditional(x) {
		x, y = y, x
	}
	if !a.conditional(x) || len(a.t.atomsOf(x)) > maxAnswers || len(a.t.atomsOf(y)) == 0 {
		return nothing, false
	}
	out := a.t.num(0)
	for _, at := range a.t.atomsOf(x) {
		n := a.t.node(at)
		conds := []uint32{}
		switch {
		case n.kind == kWhen && n.n == 0, n.kind == kInt && n.n == 0:
			continue
		case n.kind == kWhen:
			conds = append(conds, a.c.sets[n.b]...)
		case n.kind == kCompare:
			conds = append(conds, a.c.cond(cond{unequal, a.t.one(at), a.t.num(0), 0}))
		}
		if ys, ok := a.numbers(y); !ok {
			conds = append(conds, a.c.cond(cond{unequal, y, a.t.num(0), 0}))
		} else if !slices.ContainsFunc(ys, func(n int64) bool { return n&1 != 0 }) {
			continue
		}
		when := node{kind: kInt, n: 1}
		if len(conds) > 0 {
			when = node{kind: kWhen, n: 1, b: uint32(a.c.set(conds))}
		}
		out = a.t.join(out, a.t.of(when))
	}
	return out, true
}

// conditional reports whether a value is yes or no, and at least once under conditions.
func (a *analysis) conditional(v value) bool {
	under := false
	for _, at := range a.t.atomsOf(v) {
		n := a.t.node(at)
		switch {
		case n.kind == kCompare, n.kind == kWhen && (n.n == 0 || n.n == 1):
			under = true
		case n.kind == kInt && (n.n == 0 || n.n == 1):
		default:
			return false
		}
	}
	return under
}
