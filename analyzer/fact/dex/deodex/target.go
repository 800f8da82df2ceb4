package deodex

import "strings"

// target is the member that a slot or an offset stands for, as seen from one class; ref is "" where there is none.
type target struct {
	ref    string
	why    Reason
	typ    string // of the field, or what the method returns
	result typ    // the same as a type
	regs   int    // registers that the method's parameters take, with the receiver
}

// slot returns the method in a slot of the vtable of a class.
func (v *view) slot(of typ, index uint32) *target {
	key := slotKey{of, index, false}
	t := v.slots[key]
	if t == nil {
		t = v.findSlot(of, index)
		t.result = v.named(t.typ)
		v.slots[key] = t
	}
	return t
}

func (v *view) findSlot(of typ, index uint32) *target {
	c := v.classOf(of)
	root := v.classOf(v.object)
	switch {
	case c != nil && uint64(index) < uint64(len(c.vtable)):
		return v.method(c, c, index)
	case root != nil && uint64(index) < uint64(len(root.vtable)): // whatever the class is, it has the methods of Object
		if c != nil {
			return v.method(c, root, index)
		}
		t := v.method(root, root, index)
		if i, ok := v.mentioned(v.methods[root.vtable[index].sig], of); ok {
			t.ref = v.f.MethodRef(i)
		}
		return t
	case c == nil && of == anyRef:
		return &target{why: ReceiverUnknown}
	case c == nil || !c.whole:
		return &target{why: ClassPathMissing}
	}
	return &target{why: NoSuchMember}
}

// mentioned finds, among methods of the file, that of a class of which only the name is known.
func (v *view) mentioned(list []uint32, of typ) (uint32, bool) {
	if of < firstClass {
		return 0, false
	}
	for _, i := range list {
		if v.f.Type(v.methodOwner(i)) == v.names[of] {
			return i, true
		}
	}
	return 0, false
}

// method names the method in a slot. table is a class whose table has the slot; c may lack it, as it is incomplete.
func (v *view) method(c, table *class, index uint32) *target {
	m := table.vtable[index]
	t := &target{typ: m.sig[strings.LastIndexByte(m.sig, ')')+1:], regs: 1 + paramRegs(m.sig)}
	if v.methods == nil {
		v.identify()
	}
	i, ok := v.mentions(v.methods, v.methodOwner, m.sig, c, func(c *class) bool {
		return c.super == nil || uint64(index) >= uint64(len(c.super.vtable)) && c.super.whole
	})
	if ok {
		t.ref = v.f.MethodRef(i)
	} else {
		t.ref = m.owner.name + "->" + m.sig
	}
	return t
}

// paramRegs counts the registers that the parameters in "name(args)ret" take.
func paramRegs(sig string) (n int) {
	i := strings.IndexByte(sig, '(') + 1
	for i > 0 && i < len(sig) && sig[i] != ')' {
		wide := sig[i] == 'J' || sig[i] == 'D'
		for i < len(sig) && sig[i] == '[' {
			i, wide = i+1, false
		}
		if i < len(sig) && sig[i] == 'L' {
			end := strings.IndexByte(sig[i:], ';')
			if end < 0 {
				return n + 1
			}
			i += end
		}
		if n++; wide {
			n++
		}
		i++
	}
	return n
}

// field returns the instance field at an offset in objects of a class.
func (v *view) field(of typ, offset uint32) *target {
	key := slotKey{of, offset, true}
	t := v.slots[key]
	if t == nil {
		t = v.findField(of, offset)
		t.result = v.named(t.typ)
		v.slots[key] = t
	}
	return t
}

func (v *view) findField(of typ, offset uint32) *target {
	from := v.classOf(of)
	if from == nil {
		if of == anyRef {
			return &target{why: ReceiverUnknown}
		}
		return &target{why: ClassPathMissing}
	}
	for c, n := from, 0; c != nil && n <= maxDepth; c, n = c.super, n+1 {
		for i := range c.fields {
			f := &c.fields[i]
			if f.offset != offset {
				continue
			}
			t := &target{typ: f.typ}
			if v.fields == nil {
				v.identify()
			}
			sig := f.name + ":" + f.typ
			if i, ok := v.mentions(v.fields, v.fieldOwner, sig, from, func(k *class) bool { return k == c }); ok {
				t.ref = v.f.FieldRef(i)
			} else {
				t.ref = c.name + "->" + sig
			}
			return t
		}
	}
	if !from.rooted {
		return &target{why: ClassPathMissing}
	}
	return &target{why: NoSuchMember}
}
