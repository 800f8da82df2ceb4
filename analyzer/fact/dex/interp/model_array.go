package interp

import (
	"slices"
	"strings"
)

// arrayKinds are the element types that java.util.Arrays has a method for each.
var arrayKinds = []string{"B", "C", "S", "I", "J", "Z", "F", "D", tO}

// arrayModels are java.util.Arrays.
func arrayModels() map[string]table {
	t := table{
		"asList([" + tO + ")Ljava/util/List;": given(func(m *Machine, a []*object) (reg, error) {
			if err := m.alloc(8 * int64(len(a))); err != nil {
				return reg{}, err
			}
			return m.retNew("java/util/Arrays$ArrayList", &list{items: slices.Clone(a), fixed: true})
		}),
		"sort([" + tO + "Ljava/util/Comparator;)V": func(m *Machine, a []reg) (reg, error) { return reg{}, m.sortObjects(a[0].o, a[1].o) },
	}
	for _, k := range arrayKinds {
		t["fill(["+k+k+")V"] = func(m *Machine, a []reg) (reg, error) { return fillRange(m, a[0].o, 0, -1, a[1]) }
		t["fill(["+k+"II"+k+")V"] = func(m *Machine, a []reg) (reg, error) { return fillRange(m, a[0].o, a[1].n, a[2].n, a[3]) }
		t["copyOf(["+k+"I)["+k] = func(m *Machine, a []reg) (reg, error) { return copyRange(m, a[0].o, 0, a[1].n) }
		t["copyOfRange(["+k+"II)["+k] = func(m *Machine, a []reg) (reg, error) { return copyRange(m, a[0].o, a[1].n, a[2].n) }
		t["equals(["+k+"["+k+")Z"] = equalArrays
		t["toString(["+k+")"+tS] = func(m *Machine, a []reg) (reg, error) { return m.spellArray(a[0].o, k) }
		t["hashCode(["+k+")I"] = hashArray
		t["sort(["+k+")V"] = func(m *Machine, a []reg) (reg, error) { return reg{}, m.sortObjects(a[0].o, nil) }
	}
	return map[string]table{"Ljava/util/Arrays;": t, "Ljava/util/Objects;": objectsTable(), "Ljava/lang/reflect/Array;": {
		// what compilers make of new int[2][3]
		"newInstance(Ljava/lang/Class;[I)" + tO: on(func(m *Machine, c *class, a []reg) (reg, error) {
			dims, err := state[[]int32](m, a[1].o)
			return then(err, func() (reg, error) { return m.grid(c, dims) })
		}),
		"newInstance(Ljava/lang/Class;I)" + tO: on(func(m *Machine, c *class, a []reg) (reg, error) {
			return m.grid(c, []int32{a[1].i32()})
		}),
	}}
}

// array checks that an object is an array.
func (m *Machine) array(o *object) (int64, error) {
	if o == nil {
		return 0, m.npe()
	}
	if o.length() < 0 {
		return 0, stop(Unmodelled, "%s in a place of an array", o.class.name)
	}
	return int64(o.length()), nil
}

func fillRange(m *Machine, o *object, from, to int64, v reg) (reg, error) {
	n, err := m.array(o)
	if err != nil {
		return reg{}, err
	}
	if to < 0 && from == 0 {
		to = n
	}
	if from < 0 || to > n || from > to {
		return reg{}, m.badIndex(from, n)
	}
	for i := from; i < to; i++ {
		o.set(int(i), v)
	}
	return reg{}, nil
}

func copyRange(m *Machine, o *object, from, to int64) (reg, error) {
	n, err := m.array(o)
	if err != nil {
		return reg{}, err
	}
	if from < 0 || from > n {
		return reg{}, m.badIndex(from, n)
	}
	if from > to && from > 0 {
		return reg{}, m.illegal("%d > %d", from, to)
	}
	c, err := m.newArray(o.class, to-from)
	if err != nil {
		return reg{}, err
	}
	copyElems(c, 0, o, int(from), int(min(to, n)-from))
	return reg{o: c}, nil
}

func equalArrays(m *Machine, a []reg) (reg, error) {
	x, y := a[0].o, a[1].o
	if x == nil || y == nil || x == y {
		return retBool(x == y)
	}
	n, err := m.array(x)
	if err != nil || n != int64(y.length()) {
		return retBool(false)
	}
	for i := range int(n) {
		u, _ := x.at(i)
		v, _ := y.at(i)
		same := u.n == v.n
		if u.o != v.o {
			if same, err = m.same(u.o, v.o); err != nil {
				return reg{}, err
			}
		}
		if !same {
			return retBool(false)
		}
	}
	return retBool(true)
}

func hashArray(m *Machine, a []reg) (reg, error) {
	if a[0].o == nil {
		return reg{}, nil
	}
	n, err := m.array(a[0].o)
	if err != nil {
		return reg{}, err
	}
	h := int32(1)
	for i := range int(n) {
		v, _ := a[0].o.at(i)
		k := int32(v.n)
		switch a[0].o.native.(type) {
		case []int64, []float64:
			k = int32(v.n ^ int64(uint64(v.n)>>32))
		case []bool:
			k = 1237 - 6*int32(v.n)
		case []*object:
			if k, err = m.hash(v.o); err != nil {
				return reg{}, err
			}
		}
		h = 31*h + k
	}
	return retInt(h)
}

// spellArray is Arrays.toString.
func (m *Machine) spellArray(o *object, kind string) (reg, error) {
	if o == nil {
		return m.retStr("null")
	}
	n, err := m.array(o)
	if err != nil {
		return reg{}, err
	}
	out := text{'['}
	for i := range int(n) {
		if i > 0 {
			out = append(out, ',', ' ')
		}
		v, _ := o.at(i)
		t, err := m.spelled(kind, v)
		if err != nil {
			return reg{}, err
		}
		if err := m.alloc(2 * int64(len(t)+2)); err != nil {
			return reg{}, err
		}
		out = append(out, t...)
	}
	return m.retText(append(out, ']'))
}

// trimClass strips L and ; from a descriptor.
func trimClass(name string) string { return strings.TrimSuffix(strings.TrimPrefix(name, "L"), ";") }

// grid makes an array of arrays; every array is charged, which bounds their number.
func (m *Machine) grid(c *class, dims []int32) (reg, error) {
	if len(dims) == 0 || len(dims) > maxParams {
		return reg{}, m.illegal("%d dimensions", len(dims))
	}
	for _, d := range dims {
		if d < 0 {
			return reg{}, m.throw("java/lang/NegativeArraySizeException", "%d", d)
		}
	}
	o, err := m.newArray(m.p.class(strings.Repeat("[", len(dims))+c.name), int64(dims[0]))
	if err != nil || len(dims) == 1 {
		return reg{o: o}, err
	}
	for i := range int(dims[0]) {
		if err := m.work(4); err != nil {
			return reg{}, err
		}
		r, err := m.grid(c, dims[1:])
		if err != nil {
			return reg{}, err
		}
		o.set(i, r)
	}
	return reg{o: o}, nil
}

func objectsTable() table {
	return table{
		"requireNonNull(" + tO + ")" + tO:      receiver(func(m *Machine, a []reg) (reg, error) { return a[0], m.known(a[0]) }),
		"requireNonNull(" + tO + tS + ")" + tO: receiver(func(m *Machine, a []reg) (reg, error) { return a[0], m.known(a[0]) }),
		"isNull(" + tO + ")Z":                  func(m *Machine, a []reg) (reg, error) { return boolReg(a[0].o == nil), m.known(a[0]) },
		"nonNull(" + tO + ")Z":                 func(m *Machine, a []reg) (reg, error) { return boolReg(a[0].o != nil), m.known(a[0]) },
		"hashCode(" + tO + ")I":                func(m *Machine, a []reg) (reg, error) { h, err := m.hash(a[0].o); return reg{n: int64(h)}, err },
		"equals(" + tO + tO + ")Z":             func(m *Machine, a []reg) (reg, error) { ok, err := m.same(a[0].o, a[1].o); return boolReg(ok), err },
		"toString(" + tO + ")" + tS: func(m *Machine, a []reg) (reg, error) {
			t, err := m.describe(a[0].o)
			return then(err, func() (reg, error) { return m.retText(t) })
		},
	}
}
