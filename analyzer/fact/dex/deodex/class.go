package deodex

import (
	"strings"

	"romscan/analyzer/fact/dex"
)

const objectName = "Ljava/lang/Object;"

// Bounds on what a hierarchy may ask for.
const (
	maxDepth  = 256     // superclasses above each other, and interfaces
	maxVTable = 1 << 16 // a slot has 16 bits
	maxSlots  = 1 << 23 // slots of all classes together
	maxIfaces = 1 << 12 // interfaces of one class
)

// Access flags that decide something here, beside those of package dex.
const (
	accPublic    = 0x1
	accPrivate   = 0x2
	accProtected = 0x4
)

// class is a class, linked: where its fields and virtual methods are.
type class struct {
	name      string
	superName string
	super     *class
	file      *dex.File // nil once it is linked
	builtin   bool      // the Object of no file
	abstract  bool
	iface     bool
	ifaces    []*class // all of them, inherited ones first

	rooted  bool // all its superclasses are known: the fields have their places
	whole   bool // the vtable has all slots; else only the first ones
	virtual []*method
	vtable  []*method
	fields  []field // its own, in the order of their offsets
	size    uint32  // of an instance
}

// method is a virtual method.
type method struct {
	owner  *class
	access uint32
	sig    string // "name(args)ret"
}

// field is an instance field.
type field struct {
	offset uint32
	name   string
	typ    string
}

// defined is where a class is defined.
type defined struct {
	file *dex.File
	def  int
}

// linker finds and links classes: those of its parent first, then its own. It is not safe for concurrent use.
type linker struct {
	rt      *Runtime
	parent  *ClassPath
	defs    map[string]defined
	classes map[string]*class // nil values are classes that are missing or being linked
	slots   int
}

// ClassPath is a boot class path, linked: nothing of it changes any more, so it is safe for concurrent use. It does not keep its
// files.
type ClassPath struct {
	Runtime *Runtime

	link linker
}

// NewClassPath takes the files of a class path in its order: of a class that several define, the first counts. No file at
// all is a class path too: then only java.lang.Object is known.
func NewClassPath(rt *Runtime, files []*dex.File) *ClassPath {
	cp := &ClassPath{Runtime: rt}
	cp.link = linker{rt: rt, defs: map[string]defined{}, classes: map[string]*class{}}
	for _, f := range files {
		cp.link.define(f)
	}
	cp.link.class(objectName, 0)
	for _, f := range files { // all, and in this order, so that bounds are met at the same place every time
		for i := range f.NumClasses() {
			c, _ := f.Class(i)
			cp.link.class(f.Type(c.Class), 0)
		}
	}
	for name := range cp.link.defs {
		cp.link.defs[name] = defined{}
	}
	return cp
}

// Has tells whether the class path defines a class: "Landroid/app/Activity;".
func (cp *ClassPath) Has(name string) bool {
	_, ok := cp.link.defs[name]
	return ok
}

// Classes returns the number of classes defined.
func (cp *ClassPath) Classes() int { return len(cp.link.defs) }

func (cp *ClassPath) class(name string) *class { return cp.link.classes[name] }

func (l *linker) define(f *dex.File) {
	for i := range f.NumClasses() {
		c, ok := f.Class(i)
		if !ok {
			continue
		}
		name := f.Type(c.Class)
		if _, there := l.defs[name]; !there {
			l.defs[name] = defined{f, i}
		}
	}
}

// class returns a class, or nil where it is not known, or is its own superclass.
func (l *linker) class(name string, depth int) *class {
	if c, ok := l.classes[name]; ok {
		return c
	}
	if l.parent != nil {
		if c := l.parent.class(name); c != nil && (!c.builtin || !l.has(name)) {
			l.classes[name] = c
			return c
		}
	}
	l.classes[name] = nil
	d, ok := l.defs[name]
	var c *class
	switch {
	case ok && depth < maxDepth:
		c = l.load(name, d, depth)
	case !ok && name == objectName:
		c = builtin()
	}
	l.classes[name] = c
	return c
}

func (l *linker) has(name string) bool {
	_, ok := l.defs[name]
	return ok
}

// load links one class, after those above it.
func (l *linker) load(name string, d defined, depth int) *class {
	def, _ := d.file.Class(d.def)
	c := &class{name: name, file: d.file, iface: def.Access&dex.AccInterface != 0, abstract: def.Access&dex.AccAbstract != 0}
	c.rooted, c.whole = name == objectName, name == objectName
	if def.Super != dex.NoIndex {
		c.superName = d.file.Type(def.Super)
		if c.super = l.class(c.superName, depth+1); c.super != nil {
			c.rooted, c.whole = c.super.rooted, c.super.whole
		}
	}
	l.interfaces(c, def, depth)
	var data dex.ClassData
	_ = d.file.ReadClassData(def.Data, &data) // members before a fault still count
	for _, m := range data.VirtualMethods {
		id, ok := d.file.Method(m.Method)
		if !ok {
			continue
		}
		sig := d.file.AppendProto([]byte(d.file.String(id.Name)), id.Proto)
		c.virtual = append(c.virtual, &method{owner: c, access: m.Access, sig: string(sig)})
	}
	if !c.rooted {
		c.file = nil
		return c
	}
	l.buildVTable(c)
	l.placeFields(c, data.InstanceFields)
	c.file = nil
	return c
}

// interfaces lists those of the superclass, then the class's own with theirs, each once, as ART's SetupInterfaceLookupTable
// does; Dalvik's createIftable has some twice, which changes no slot. A class with a missing interface may have slots of
// abstract methods that it does not declare; only abstract classes may.
func (l *linker) interfaces(c *class, def dex.ClassDef, depth int) {
	seen := map[*class]bool{}
	add := func(i *class) {
		if !seen[i] && len(c.ifaces) < maxIfaces {
			seen[i] = true
			c.ifaces = append(c.ifaces, i)
		}
	}
	if c.super != nil {
		c.ifaces = c.super.ifaces[:len(c.super.ifaces):len(c.super.ifaces)]
		if len(def.Interfaces) == 0 {
			return
		}
		for _, i := range c.ifaces {
			seen[i] = true
		}
	}
	for list := def.Interfaces; len(list) >= 2; list = list[2:] {
		i := l.class(c.file.Type(uint32(list[0])|uint32(list[1])<<8), depth+1)
		if i == nil || !i.iface {
			c.whole = c.whole && !c.abstract
			continue
		}
		add(i)
		for _, above := range i.ifaces {
			add(above)
		}
	}
}

// objectMethods are the virtual methods of java.lang.Object, in the order of every Android up to 7: by name, then by
// parameters.
var objectMethods = []string{
	"clone()Ljava/lang/Object;", "equals(Ljava/lang/Object;)Z", "finalize()V", "getClass()Ljava/lang/Class;", "hashCode()I", "notify()V",
	"notifyAll()V", "toString()Ljava/lang/String;", "wait()V", "wait(J)V", "wait(JI)V",
}

// objectSize is that of an object's header: its class and its lock.
const objectSize = 8

// builtin is java.lang.Object where the class path lacks it.
func builtin() *class {
	c := &class{name: objectName, builtin: true, rooted: true, whole: true, size: objectSize}
	for _, sig := range objectMethods {
		c.vtable = append(c.vtable, &method{owner: c, access: accPublic, sig: sig})
	}
	c.virtual = c.vtable
	return c
}

// samePackage tells whether two classes are in one package.
func samePackage(a, b string) bool {
	i := strings.LastIndexByte(a, '/')
	return i == strings.LastIndexByte(b, '/') && a[:i+1] == b[:i+1]
}
