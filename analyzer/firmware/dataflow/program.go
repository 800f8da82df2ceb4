package dataflow

import (
	"romscan/analyzer/fact/dex"
)

// Program is the code that one app can call: its own DEX files, and behind them those of libraries and of the
// framework of the same image. It is read only and safe for concurrent use once it is made; see [Program.View].
type Program struct {
	files   []*dex.File
	where   map[string]classPlace // first definition wins, as a class loader has it
	names   map[*dex.File]Resolver
	parts   []*Program      // programs it is linked of; see [Linked]
	asked   *consulted      // what of them was asked; see [Program.Watched]
	digests *digests        // of a library
	out     *outward        // of a library
	narrow  map[string]bool // methods of a large program that are entered, true of those that matter; see Narrow
}

// Resolver names what an optimised instruction means: the standard opcode and the method or field, written out.
type Resolver interface {
	At(method, addr uint32) (op dex.Op, ref string, ok bool)
}

// Resolve tells what the optimised instructions of one of the program's files mean. It must be called before the program
// is used.
func (p *Program) Resolve(f *dex.File, r Resolver) {
	if p.names == nil {
		p.names = map[*dex.File]Resolver{}
	}
	p.names[f] = r
}

// resolverOf returns the resolver of a file, nil where its code is as compilers write it.
func (u *universe) resolverOf(f *dex.File) Resolver {
	if r := u.app.names[f]; r != nil || u.lib == nil {
		return r
	}
	return u.lib.resolver(f)
}

type classPlace struct {
	file int
	def  int
}

// NewProgram indexes the classes of files. The first definition of a class counts.
func NewProgram(files []*dex.File) *Program {
	p := &Program{files: files, where: map[string]classPlace{}, digests: &digests{}}
	for n, f := range files {
		for i := range f.NumClasses() {
			def, ok := f.Class(i)
			if !ok {
				continue
			}
			name := f.Type(def.Class)
			if _, seen := p.where[name]; !seen && name != "" {
				p.where[name] = classPlace{n, i}
			}
		}
	}
	return p
}

// Class is a class defined in a program.
type Class struct {
	Name       string // descriptor
	Super      string
	Interfaces []string
	Access     uint32
	File       *dex.File
	Lib        bool // of the libraries behind the app
	def        dex.ClassDef
	methods    map[string]*Method // by name and prototype
	order      []*Method
	fields     map[string]uint32 // access flags by "name:type"
	statics    []dex.EncodedField
	instance   []dex.EncodedField
	loaded     bool
	children   []*Class
}

// Method is a method defined in a program.
type Method struct {
	Class  *Class
	Name   string
	Proto  string // "(I)V"
	Access uint32
	Code   uint32 // offset of the code item, 0 for none
	Index  uint32 // in the file's method_ids
	id     uint32 // number in this analysis
	params []string
	ret    string
}

// Ref names the method: "Lpkg/C;->m(I)V".
func (m *Method) Ref() string { return m.Class.Name + "->" + m.Name + m.Proto }

// Static reports whether the method has no receiver.
func (m *Method) Static() bool { return m.Access&dex.AccStatic != 0 }

// outgoing yields the instructions of a method that call another, make an object or name a class, with what they call or
// the class; false where the method has no code that can be read.
func (p *Program) outgoing(f *dex.File, m dex.EncodedMethod, yield func(op dex.Op, ref string)) bool {
	code, err := f.Code(m.Code)
	if err != nil || m.Code == 0 {
		return false
	}
	names := p.names[f]
	for it := code.Insns(); it.Next(); {
		op, ref := it.Op(), ""
		if names != nil {
			if o, r, ok := names.At(m.Method, it.Addr()); ok {
				op, ref = o, r
			}
		}
		switch {
		case op.Invoke():
			if ref == "" {
				ref = f.MethodRef(it.Insn(code.Set).Index)
			}
			yield(op, ref)
		case it.Op() == dex.OpNewInstance, it.Op() == dex.OpConstClass:
			yield(it.Op(), f.Type(it.Insn(code.Set).Index))
		}
	}
	return true
}

// each calls class with all classes of a program as they are found by name, and method with the methods of each.
func (p *Program) each(class func(*dex.File, string, *dex.ClassDef), method func(*dex.File, string, dex.EncodedMethod)) {
	var d dex.ClassData
	for fi, f := range p.files {
		for i := range f.NumClasses() {
			def, _ := f.Class(i)
			name := f.Type(def.Class)
			if at, ok := p.where[name]; !ok || at.file != fi || at.def != i {
				continue
			}
			class(f, name, &def)
			_ = f.ReadClassData(def.Data, &d)
			for _, list := range [][]dex.EncodedMethod{d.DirectMethods, d.VirtualMethods} {
				for _, m := range list {
					method(f, name, m)
				}
			}
		}
	}
}
