package deodex

import (
	"strings"

	"romscan/analyzer/fact/dex"
)

// typ is what is known of a register: one of the constants, or from firstClass on a number in view.names.
type typ int32

const (
	unset  typ = iota // no path came here yet
	plain             // a number, or different things on different paths
	null              // the constant 0: a number, or no object
	anyRef            // an object of which nothing is known
	firstClass
)

// view is one file being rewritten: its types, linked, and its identifiers.
type view struct {
	link  linker
	f     *dex.File
	names []string
	ids   map[string]typ
	class []*class
	asked []bool

	types   []typ               // by type index of f
	methods map[string][]uint32 // by "name(args)ret": methods of f
	fields  map[string][]uint32 // by "name:type"
	slots   map[slotKey]*target // answers given before
	bySuper map[[2]typ]typ      // answers of merge
	object  typ
}

type slotKey struct {
	of    typ
	index uint32
	field bool
}

func (cp *ClassPath) view(f *dex.File) *view {
	v := &view{
		f: f, ids: map[string]typ{}, types: make([]typ, f.NumTypes()), slots: map[slotKey]*target{}, bySuper: map[[2]typ]typ{},
		names: make([]string, firstClass), class: make([]*class, firstClass), asked: make([]bool, firstClass),
	}
	v.link = linker{rt: cp.Runtime, parent: cp, defs: map[string]defined{}, classes: map[string]*class{}}
	v.link.define(f)
	v.object = v.named(objectName)
	return v
}

// named returns the type of a descriptor; of a primitive one plain.
func (v *view) named(name string) typ {
	if len(name) == 0 || name[0] != 'L' && name[0] != '[' {
		return plain
	}
	t, ok := v.ids[name]
	if !ok {
		t = typ(len(v.names))
		v.names, v.class, v.asked = append(v.names, name), append(v.class, nil), append(v.asked, false)
		v.ids[name] = t
	}
	return t
}

// typeOf returns the type of a type index of the file.
func (v *view) typeOf(i uint32) typ {
	if uint64(i) >= uint64(len(v.types)) {
		return anyRef
	}
	if v.types[i] == unset {
		v.types[i] = v.named(v.f.Type(i))
	}
	return v.types[i]
}

// classOf returns the class of a type; of an array that of Object, nil where it is not known.
func (v *view) classOf(t typ) *class {
	if t < firstClass {
		return nil
	}
	if !v.asked[t] {
		name := v.names[t]
		if name[0] == '[' {
			name = objectName
		}
		v.asked[t], v.class[t] = true, v.link.class(name, 0)
	}
	return v.class[t]
}

// element returns the type of an array's elements.
func (v *view) element(t typ) typ {
	if t < firstClass || v.names[t][0] != '[' {
		if t == null {
			return null
		}
		return anyRef
	}
	return v.named(v.names[t][1:])
}

// merge returns what is known of a register that two paths reach.
func (v *view) merge(a, b typ) typ {
	switch {
	case a == b || b == unset:
		return a
	case a == unset:
		return b
	case a == plain || b == plain:
		return plain
	case a == null:
		return b
	case b == null:
		return a
	case a == anyRef || b == anyRef:
		return anyRef
	}
	key := [2]typ{min(a, b), max(a, b)}
	t, ok := v.bySuper[key]
	if !ok {
		t = v.common(key[0], key[1])
		v.bySuper[key] = t
	}
	return t
}

// common returns the nearest class above both types, as findCommonSuperclass of dalvik/vm/analysis/CodeVerify.cpp: of
// interfaces that is Object.
func (v *view) common(a, b typ) typ {
	x, y := v.names[a], v.names[b]
	if x[0] == '[' || y[0] == '[' {
		if x[0] != y[0] {
			return v.object
		}
		e, g := v.named(x[1:]), v.named(y[1:])
		if e < firstClass || g < firstClass || strings.HasPrefix(x, "[[[[") {
			return v.object
		}
		m := v.merge(e, g)
		if m < firstClass {
			return v.object
		}
		return v.named("[" + v.names[m])
	}
	above, known := map[string]bool{}, true
	for name := x; name != ""; {
		above[name] = true
		c := v.link.class(name, 0)
		if c == nil {
			known = false
			break
		}
		name = c.superName
		if above[name] {
			break
		}
	}
	steps := 0
	for name := y; name != "" && steps <= maxDepth; steps++ {
		if above[name] && (name != objectName || known) {
			return v.named(name)
		}
		c := v.link.class(name, 0)
		if c == nil {
			return anyRef
		}
		if c.iface && known {
			return v.object
		}
		name = c.superName
	}
	return anyRef
}

// mentions finds the identifier of the file that names a member, beginning at a class and going up: a compiler names the
// class it sees, the table only knows where a member was first declared. index is by what follows "->".
func (v *view) mentions(index map[string][]uint32, owner func(uint32) uint32, sig string, from *class, until func(*class) bool) (uint32, bool) {
	list := index[sig]
	if len(list) == 0 {
		return 0, false
	}
	for c, n := from, 0; c != nil && n <= maxDepth; c, n = c.super, n+1 {
		for _, i := range list {
			if v.f.Type(owner(i)) == c.name {
				return i, true
			}
		}
		if until(c) {
			break
		}
	}
	return 0, false
}

// identify indexes the identifiers of the file.
func (v *view) identify() {
	v.methods, v.fields = map[string][]uint32{}, map[string][]uint32{}
	for i := range uint32(v.f.NumMethods()) {
		id, _ := v.f.Method(i)
		sig := string(v.f.AppendProto([]byte(v.f.String(id.Name)), id.Proto))
		v.methods[sig] = append(v.methods[sig], i)
	}
	for i := range uint32(v.f.NumFields()) {
		id, _ := v.f.Field(i)
		sig := v.f.String(id.Name) + ":" + v.f.Type(id.Type)
		v.fields[sig] = append(v.fields[sig], i)
	}
}

func (v *view) methodOwner(i uint32) uint32 { id, _ := v.f.Method(i); return id.Class }
func (v *view) fieldOwner(i uint32) uint32  { id, _ := v.f.Field(i); return id.Class }
