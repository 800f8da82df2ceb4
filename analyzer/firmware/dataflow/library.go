package dataflow

import (
	"slices"
	"strings"

	"romscan/analyzer/fact/dex"
)

// Sort says which classes of a library are entered.
type Sort func(class string) bool

// BootClass reports whether a class of the boot class path is its vendor's: what Android itself has there is what the
// vocabulary is about, and its bodies, which end in calls of services of other processes, say nothing more.
func BootClass(name string) bool {
	if !platformClass(name) && !strings.HasPrefix(name, "Lcom/android/") {
		for _, p := range androidParts {
			if strings.HasPrefix(name, p) {
				return false
			}
		}
		return true
	}
	if strings.HasPrefix(name, "Lcom/android/server/") {
		return false // runs in another process
	}
	return vendorNamed(name)
}

// vendorNamed reports whether a name says that a class in Android's packages is its vendor's.
func vendorNamed(name string) bool {
	low := strings.ToLower(name)
	return slices.ContainsFunc(vendorWords[:], func(v string) bool { return strings.Contains(low, v) })
}

// vendorPart reports whether a class of the system server is its vendor's.
func vendorPart(name string) bool {
	return !strings.HasPrefix(name, "Lcom/android/") || vendorNamed(name)
}

// SharedClass reports whether a class of a shared library is entered: all that are not the platform's.
func SharedClass(name string) bool { return !platformClass(name) }

// androidParts are what Android's boot class path has of other projects (build/make/target/product/base_system.mk, default
// PRODUCT_BOOT_JARS; libcore, external/*), besides what platformClass lists.
var androidParts = [...]string{
	"Lorg/apache/", "Lorg/bouncycastle/", "Lorg/ccil/", "Lorg/kxml2/", "Lorg/xmlpull/", "Lorg/conscrypt/", "Lorg/chromium/", "Lgov/nist/", "Ljunit/",
	"Lcom/google/android/", "Lcom/google/i18n/", "Lcom/sun/", "Ljdk/", "Lohos/", "Lcom/ibm/icu/",
}

// vendorWords are in names that vendors give to classes in Android's packages.
var vendorWords = [...]string{
	"miui", "xiaomi", "mediatek", "qualcomm", "qti", "htc", "oppo", "oplus", "coloros", "huawei", "hwsystem", "samsung", "lewa", "gionee", "amigo",
	"meizu", "flyme", "lenovo", "zte", "tencent", "baidu", "transsion", "vivo", "yunos", "aliyun", "adups", "redstone",
}

// NewLibrary indexes the classes of a library that are entered.
func NewLibrary(files []*dex.File, enter Sort) *Program {
	p := NewProgram(files)
	for name := range p.where {
		if !enter(name) {
			delete(p.where, name)
		}
	}
	return p
}

// Holds reports whether a file defines any class of a sort.
func Holds(f *dex.File, enter Sort) bool {
	for i := range f.NumClasses() {
		if def, ok := f.Class(i); ok && enter(f.Type(def.Class)) {
			return true
		}
	}
	return false
}

// Defines reports whether a program has a class, by its descriptor.
func (p *Program) Defines(class string) bool {
	_, ok := p.where[class]
	return ok
}

// Linked is the program of several libraries; of a class that is in more than one the first counts.
func Linked(parts ...*Program) *Program { return &Program{parts: parts} }

// classIn finds a class in a program or in the parts it is linked of.
func (p *Program) classIn(name string) *Class {
	if at, ok := p.where[name]; ok {
		return readClass(p, at, name, true)
	}
	for _, part := range p.parts {
		if c := part.classIn(name); c != nil {
			if p.asked != nil {
				p.asked.classes[name] = true
			}
			return c
		}
	}
	if p.asked != nil {
		p.asked.absent[name] = true
	}
	return nil
}

func (p *Program) resolver(f *dex.File) Resolver {
	if r := p.names[f]; r != nil {
		return r
	}
	for _, part := range p.parts {
		if r := part.resolver(f); r != nil {
			return r
		}
	}
	return nil
}

// libraryBelow calls yield with the platform types that a class of a library is directly below, or the next class of a
// library above it is.
func (u *universe) libraryBelow(name string, yield func(string), depth int) {
	c := u.class(name)
	if c == nil {
		yield(name)
		return
	}
	if !c.Lib || depth > maxChain {
		return
	}
	for _, s := range append([]string{c.Super}, c.Interfaces...) {
		u.libraryBelow(s, yield, depth+1)
	}
}

// stated handles a call of a method of a library that the vocabulary has a line for, one of no interest, and one that
// there is no work left for.
func (f *frame) stated(m *Method, args []value, site uint32) (value, bool) {
	a := f.a
	c := a.lookup(m.Class.Name, m.Name, m.Proto)
	known := c != nil && (c.Class == m.Class.Name || a.u.class(c.Class) != nil)
	enters := a.u.lib.enters(m.Ref())
	if !known && enters && (a.libLeft > 0 || a.sums[m] != nil) {
		return nothing, false
	}
	r := &methodRef{class: m.Class.Name, name: m.Name, proto: m.Proto, params: m.params, ret: m.ret}
	if known {
		return f.api(c, r, args, site), true
	}
	if enters {
		a.cut("work on libraries")
	}
	return f.unmodelled(r, m.Class.Name, m.Static(), args, site), true
}

// inLibrary gives the outermost call of a method of a library the work that is left for libraries, on top of what is
// left for the app; the returned function settles up.
func (a *analysis) inLibrary() func() {
	if a.libDepth++; a.libDepth > 1 {
		return func() { a.libDepth-- }
	}
	before, left := a.steps, a.libLeft
	a.limits.Steps += left
	return func() {
		a.libDepth--
		spent := min(a.steps-before, left)
		a.limits.Steps -= left - spent
		a.libLeft = left - spent
	}
}

// maxTexts bounds the alternatives that a text keeps which a method of a library returns.
const maxTexts = 2

// lean makes little of the text that a method of a library returns, where it is put together in many ways: what is left
// is what the caller gave, with what is put behind it, and the data in it. Tables of country codes would else displace what the app's own code does.
func (a *analysis) lean(m *Method, s *summary) {
	if m.ret != stringType && m.ret != "Ljava/lang/CharSequence;" || len(a.t.atomsOf(s.ret)) <= maxTexts {
		return
	}
	var out, begun []atom
	for _, at := range a.t.atomsOf(s.ret) {
		if n := a.t.node(at); len(begun) < 2*maxTexts && (n.kind == kParam || n.kind == kConcat && a.t.node(n.parts()[0]).kind == kParam) {
			begun = append(begun, at) // an address, and more behind it
		}
	}
	for _, at := range a.t.atomsOf(a.derive(s.ret, 0)) {
		n := a.t.node(at)
		if n.kind != kDerived {
			out = append(out, at)
			continue
		}
		root := atom(n.a)
		for range maxChain {
			r := a.t.node(root)
			if r.kind != kLoad && r.kind != kDerived && r.kind != kAllOf {
				break
			}
			root = atom(r.a)
		}
		if k := a.t.node(root).kind; (k == kParam || k == kCell) && root != atom(n.a) {
			all := a.t.atom(node{kind: kAllOf, a: uint32(root)})
			at = a.t.atom(node{kind: kDerived, a: uint32(all), b: n.b})
		}
		out = append(out, at)
	}
	s.ret = a.t.make(append(append(out, anyAtom), begun...))
}
