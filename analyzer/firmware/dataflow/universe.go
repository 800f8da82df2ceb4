package dataflow

import (
	"encoding/binary"
	"strings"

	"romscan/analyzer/fact/dex"
)

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

func (r *methodRef) key() string { return r.name + r.proto }

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
