// Package live says which methods of an app may run: what its entry points reach.
//
// In: the DEX files of one app and what is named outside its code (components, layouts, names in strings). Out: a [Result]
// that tells of a method whether something may reach it, and the resource numbers that code asks for.
//
//	r := live.Analyze(files, live.Names{Class: component, Member: named})
//	r.Method("Lcom/x/Y;->m()V") // false: nothing reaches it
//
// A class counts as soon as live code names it, and with it everything the platform may call on it; a call reaches every method
// of its name and type in the classes that count. So what is called dead is dead, and not the other way round.
//
// Limit: names that a program puts together at run time are not seen.
package live

import (
	"romscan/analyzer/fact/dex"
)

// Names are the questions about what stands outside the code.
type Names struct {
	// Class tells whether a class, by its dotted name, may be made by its name: a component, a view, a string in the code.
	Class func(dotted string) bool
	// Shared tells whether code of others calls a class, by its descriptor; nil where none can.
	Shared func(descriptor string) bool
	// Member tells whether a method may be called by its name: onClick of a layout, reflection, native code.
	Member func(name string) bool
}

// Result is what Analyze found.
type Result struct {
	methods map[string]bool // by reference; false where there is no reason to run it
	classes map[string]bool
	numbers map[uint32]bool
}

// Method tells whether a method, "Lcom/x/Y;->m()V", may run. What is not of the program may.
func (r *Result) Method(ref string) bool {
	alive, known := r.methods[ref]
	return alive || !known
}

// Classes returns the number of classes that may be used, and of all.
func (r *Result) Classes() (alive, all int) {
	for _, is := range r.classes {
		if is {
			alive++
		}
	}
	return alive, len(r.classes)
}

// Number tells whether code loads a number as large as those of resources.
func (r *Result) Number(id uint32) bool { return r.numbers[id] }

// program is the work on one app.
type program struct {
	names   Names
	files   []*file
	classes map[string]*class
	list    []*class // in the order of the files
	called  map[string]bool
	byKey   map[string][]*method // virtual methods of classes that count
	todo    []*method
	numbers map[uint32]bool
	fields  map[string]uint32 // of classes R: the numbers they hold
	named   map[string]bool
	left    int64 // bytes of code that may still be walked, and of names spelled
}

type file struct {
	f     *dex.File
	keys  []string // of methods: name and type, made on first use
	types []named  // by type index, likewise
}

// named is a type that was looked up: of the program, or nil.
type named struct {
	known bool
	class *class
}

type class struct {
	name    string
	def     dex.ClassDef
	in      *file
	super   string
	ifaces  []string
	methods []*method
	byKey   map[string]*method
	alive   bool
	outside int8 // something above it is no class of the program: 1 yes, 2 no, 0 not looked at
}

type method struct {
	class *class
	enc   dex.EncodedMethod
	key   string
	alive bool
	bare  string
	fixed bool // static, private or a constructor
	noted bool // carries an annotation
}

// Analyze follows calls from everything that is named. It returns nil where it cannot be told what runs: code that is
// optimised, or nothing that starts.
func Analyze(files []*dex.File, names Names) *Result {
	p := &program{names: names, classes: map[string]*class{}, called: map[string]bool{}, byKey: map[string][]*method{}, numbers: map[uint32]bool{}, fields: map[string]uint32{}, named: map[string]bool{}}
	for _, f := range files {
		if f.Set != nil && f.Set != dex.Standard || f.NumMethodHandles() > 0 {
			return nil
		}
		p.left += 16*int64(len(f.Data)) + 1<<20
		if !p.load(f) {
			return nil
		}
	}
	for _, c := range p.list {
		if names.Class(dotted(c.name)) {
			p.use(c)
		}
		if names.Shared != nil && names.Shared(c.name) {
			p.use(c)
			for _, m := range c.methods {
				p.reach(m)
			}
		}
	}
	if len(p.todo) == 0 {
		return nil
	}
	for len(p.todo) > 0 {
		m := p.todo[len(p.todo)-1]
		p.todo = p.todo[:len(p.todo)-1]
		if !p.walk(m) {
			return nil
		}
	}
	r := &Result{methods: map[string]bool{}, classes: map[string]bool{}, numbers: p.numbers}
	for _, c := range p.list {
		r.classes[c.name] = c.alive
		for _, m := range c.methods {
			ref := p.spell(c.in.f.MethodRef(m.enc.Method))
			if p.left < 0 {
				return nil
			}
			r.methods[ref] = r.methods[ref] || m.alive
		}
	}
	return r
}
