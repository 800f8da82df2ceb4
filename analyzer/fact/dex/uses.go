package dex

import "slices"

// Uses says which methods use the strings, types, fields and methods of a file: the answer to "who".
type Uses struct {
	lists [indexProto + 1]useList
}

// useList holds, for item i, users[starts[i]:starts[i+1]]: method indices, ascending, each once.
type useList struct{ starts, users []uint32 }

// Strings returns the methods whose code loads a string, as method indices in ascending order.
func (u *Uses) Strings(i uint32) []uint32 { return u.lists[indexString].of(i) }

// Types returns the methods whose code names a type: new, cast, instance-of, class constants, arrays.
func (u *Uses) Types(i uint32) []uint32 { return u.lists[indexType].of(i) }

// Fields returns the methods whose code reads or writes a field.
func (u *Uses) Fields(i uint32) []uint32 { return u.lists[indexField].of(i) }

// Methods returns the methods whose code calls a method.
func (u *Uses) Methods(i uint32) []uint32 { return u.lists[indexMethod].of(i) }

func (l *useList) of(i uint32) []uint32 {
	if uint64(i)+1 >= uint64(len(l.starts)) {
		return nil
	}
	return l.users[l.starts[i]:l.starts[i+1]]
}

// Uses walks all code once. Indices outside their tables, and methods whose code cannot be read, are passed over.
func (f *File) Uses() *Uses {
	sizes := map[Index]int{indexString: f.NumStrings(), indexType: f.NumTypes(), indexField: f.NumFields(), indexMethod: f.NumMethods()}
	var pairs [indexProto + 1][]uint64 // item<<32 | user
	var d ClassData
	// Classes may share code, honestly never; a bound keeps a file that does from being walked without end.
	left := 16 * int64(len(f.Data))
	for c := 0; c < f.NumClasses() && left > 0; c++ {
		def, ok := f.Class(c)
		if !ok || f.ReadClassData(def.Data, &d) != nil {
			continue
		}
		for _, list := range [][]EncodedMethod{d.DirectMethods, d.VirtualMethods} {
			for i := 0; i < len(list) && left > 0; i++ {
				left -= 16 + f.usesOf(list[i], sizes, &pairs)
			}
		}
	}
	u := &Uses{}
	for kind, n := range sizes {
		u.lists[kind] = compress(pairs[kind], n)
	}
	return u
}

// usesOf notes what one method uses and returns the bytes of code walked.
func (f *File) usesOf(m EncodedMethod, sizes map[Index]int, pairs *[indexProto + 1][]uint64) int64 {
	if m.Code == 0 {
		return 0
	}
	code, _ := f.Code(m.Code) // what lies before a fault still counts
	if code.Set == nil {
		return 0
	}
	for it := code.Insns(); it.Next(); {
		op := code.Set.ops[it.Op()]
		n, counts := sizes[op.index]
		if !counts {
			continue
		}
		i := uint32(it.Unit(1))
		if op.format == f31c {
			i |= uint32(it.Unit(2)) << 16
		}
		if int64(i) < int64(n) {
			pairs[op.index] = append(pairs[op.index], uint64(i)<<32|uint64(m.Method))
		}
	}
	return int64(len(code.Bytes))
}

// compress turns pairs into lists by item.
func compress(pairs []uint64, n int) useList {
	slices.Sort(pairs)
	pairs = slices.Compact(pairs)
	l := useList{starts: make([]uint32, n+1), users: make([]uint32, len(pairs))}
	for i, p := range pairs {
		l.users[i] = uint32(p)
		l.starts[p>>32+1]++
	}
	for i := range n {
		l.starts[i+1] += l.starts[i]
	}
	return l
}

// UsersOf names the methods that use something: a string, or a type "Lcom/x/Y;", field "Lcom/x/Y;->f:I" or
// method "Lcom/x/Y;->m()V". The names are in the order of the files' method tables.
func UsersOf(data []byte, name string) ([]string, error) {
	files, err := Open(data)
	var out []string
	for _, f := range files {
		u := f.Uses()
		users := map[uint32]bool{}
		add := func(n int, named func(uint32) string, of func(uint32) []uint32) {
			for i := range uint32(n) {
				if named(i) == name {
					for _, m := range of(i) {
						users[m] = true
					}
				}
			}
		}
		add(f.NumStrings(), f.String, u.Strings)
		add(f.NumTypes(), f.Type, u.Types)
		add(f.NumFields(), f.FieldRef, u.Fields)
		add(f.NumMethods(), f.MethodRef, u.Methods)
		for m := range uint32(f.NumMethods()) {
			if users[m] {
				out = append(out, f.MethodRef(m))
			}
		}
	}
	return out, err
}
