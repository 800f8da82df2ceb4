package dataflow

import (
	"encoding/binary"
	"strings"

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

// universe is one analysis's view of its program: the app's own files first, then the library program.
type universe struct {
	app, lib *Program
	system   bool // see defines
	classes  map[string]*Class
	methods  []*Method
	refs     map[*dex.File]*fileRefs
	linked   bool
	found    map[[2]string]*Method // what calls reach, by class and method
	lists    map[string][]string   // supers of API classes
	below    map[string][]*Class   // classes of the program by the platform type above them
}

// fileRefs caches what the indices of one file mean.
type fileRefs struct {
	types   []string
	methods []*methodRef
	fields  []*fieldRef
	more    []any // methods and fields that the file's own tables do not list, from index added on
	index   map[string]uint32
}

// added is the first index of references that a resolver names.
const added = 1 << 24

// name numbers a reference that is written out: "Lc;->m(I)V" or "Lc;->f:I".
func (u *universe) name(f *dex.File, ref string) (uint32, bool) {
	r := u.of(f)
	if i, ok := r.index[ref]; ok {
		return i, true
	}
	class, rest, ok := strings.Cut(ref, "->")
	if !ok {
		return 0, false
	}
	var one any
	if i := strings.IndexByte(rest, '('); i >= 0 {
		m := &methodRef{class: class, name: rest[:i], proto: rest[i:]}
		args, ret, ok := strings.Cut(rest[i+1:], ")")
		if !ok {
			return 0, false
		}
		m.params, m.ret = splitTypes(args), ret
		one = m
	} else if name, typ, ok := strings.Cut(rest, ":"); ok {
		one = &fieldRef{class: class, name: name, typ: typ}
	} else {
		return 0, false
	}
	if r.index == nil {
		r.index = map[string]uint32{}
	}
	i := added + uint32(len(r.more))
	r.more = append(r.more, one)
	r.index[ref] = i
	return i, true
}

// splitTypes takes the descriptors of parameters apart.
func splitTypes(s string) []string {
	var out []string
	for s != "" {
		i := 0
		for i < len(s) && s[i] == '[' {
			i++
		}
		if i < len(s) && s[i] == 'L' {
			j := strings.IndexByte(s[i:], ';')
			if j < 0 {
				break
			}
			i += j
		}
		i = min(i+1, len(s))
		out = append(out, s[:i])
		s = s[i:]
	}
	return out
}

type methodRef struct {
	class, name, proto string
	params             []string
	ret                string
}

func (r *methodRef) key() string    { return r.name + r.proto }
func (r *methodRef) String() string { return r.class + "->" + r.name + r.proto }

type fieldRef struct {
	class, name, typ string
	member           string // see universe.member
	key              string // see universe.key
}

// slot names a static field among those of its class, and most fields of an object: its name and the first letter of its type.
func (r *fieldRef) slot() string { return r.name + ":" + r.typ[:min(1, len(r.typ))] }

func newUniverse(app, lib *Program, supers map[string][]string) *universe {
	return &universe{app: app, lib: lib, classes: map[string]*Class{}, found: map[[2]string]*Method{}, refs: map[*dex.File]*fileRefs{}, lists: supers}
}

// platformClass reports whether a class is Android's or Java's own: its body is never entered, whoever defines it.
func platformClass(name string) bool {
	for _, p := range [...]string{"Landroid/", "Ljava/", "Ljavax/", "Ldalvik/", "Lorg/apache/http/", "Lorg/json/", "Lorg/xml/", "Lorg/w3c/", "Lsun/", "Llibcore/", "Lcom/android/internal/", "Landroidx/", "Lkotlin/"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// class returns a class of the program, nil for those that are not in it or belong to the platform.
func (u *universe) class(name string) *Class {
	if c, ok := u.classes[name]; ok {
		return c
	}
	var c *Class
	if u.defines(name) {
		if p, ok := u.app.where[name]; ok {
			c = readClass(u.app, p, name, false)
		}
	}
	if c == nil && u.lib != nil {
		c = u.lib.classIn(name)
	}
	u.classes[name] = c
	return c
}

func readClass(p *Program, at classPlace, name string, lib bool) *Class {
	f := p.files[at.file]
	def, _ := f.Class(at.def)
	c := &Class{Name: name, Access: def.Access, File: f, Lib: lib, def: def}
	if def.Super != dex.NoIndex {
		c.Super = f.Type(def.Super)
	}
	for l := def.Interfaces; len(l) >= 2; l = l[2:] {
		c.Interfaces = append(c.Interfaces, f.Type(uint32(binary.LittleEndian.Uint16(l))))
	}
	return c
}

// load reads the members of a class.
func (u *universe) load(c *Class) {
	if c.loaded {
		return
	}
	c.loaded = true
	c.methods, c.fields = map[string]*Method{}, map[string]uint32{}
	var d dex.ClassData
	_ = c.File.ReadClassData(c.def.Data, &d) // members before a fault still count
	for _, list := range [][]dex.EncodedMethod{d.DirectMethods, d.VirtualMethods} {
		for _, em := range list {
			r := u.methodRef(c.File, em.Method)
			if r == nil || c.methods[r.key()] != nil {
				continue
			}
			m := &Method{Class: c, Name: r.name, Proto: r.proto, Access: em.Access, Code: em.Code, Index: em.Method, id: uint32(len(u.methods)), params: r.params, ret: r.ret}
			u.methods = append(u.methods, m)
			c.methods[r.key()] = m
			c.order = append(c.order, m)
		}
	}
	for _, list := range [][]dex.EncodedField{d.StaticFields, d.InstanceFields} {
		for _, ef := range list {
			if r := u.fieldRef(c.File, ef.Field); r != nil {
				c.fields[r.name+":"+r.typ] = ef.Access
			}
		}
	}
	c.statics = append(c.statics, d.StaticFields...)
	c.instance = append(c.instance, d.InstanceFields...)
}

func (u *universe) of(f *dex.File) *fileRefs {
	r := u.refs[f]
	if r == nil {
		r = &fileRefs{types: make([]string, f.NumTypes()), methods: make([]*methodRef, f.NumMethods()), fields: make([]*fieldRef, f.NumFields())}
		u.refs[f] = r
	}
	return r
}

func (u *universe) typ(f *dex.File, i uint32) string {
	r := u.of(f)
	if uint64(i) >= uint64(len(r.types)) {
		return ""
	}
	if r.types[i] == "" {
		r.types[i] = f.Type(i)
	}
	return r.types[i]
}

func (u *universe) methodRef(f *dex.File, i uint32) *methodRef {
	r := u.of(f)
	if i >= added && i-added < uint32(len(r.more)) {
		m, _ := r.more[i-added].(*methodRef)
		return m
	}
	if uint64(i) >= uint64(len(r.methods)) {
		return nil
	}
	if r.methods[i] == nil {
		id, _ := f.Method(i)
		m := &methodRef{class: u.typ(f, id.Class), name: f.String(id.Name)}
		p, _ := f.Proto(id.Proto)
		var b strings.Builder
		b.WriteByte('(')
		for l := p.Params[:min(len(p.Params), 2*255)]; len(l) >= 2; l = l[2:] {
			t := u.typ(f, uint32(binary.LittleEndian.Uint16(l)))
			m.params = append(m.params, t)
			b.WriteString(t)
		}
		m.ret = u.typ(f, p.Return)
		b.WriteByte(')')
		b.WriteString(m.ret)
		m.proto = b.String()
		r.methods[i] = m
	}
	return r.methods[i]
}

func (u *universe) fieldRef(f *dex.File, i uint32) *fieldRef {
	r := u.of(f)
	if i >= added && i-added < uint32(len(r.more)) {
		m, _ := r.more[i-added].(*fieldRef)
		return m
	}
	if uint64(i) >= uint64(len(r.fields)) {
		return nil
	}
	if r.fields[i] == nil {
		id, _ := f.Field(i)
		r.fields[i] = &fieldRef{class: u.typ(f, id.Class), name: f.String(id.Name), typ: u.typ(f, id.Type)}
	}
	return r.fields[i]
}

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
