package interp

import "slices"

// builder is the state of a StringBuilder or StringBuffer.
type builder struct{ t text }

// grow charges n more units.
func (m *Machine) grow(b *builder, n int) error {
	if len(b.t)+n <= cap(b.t) {
		return nil
	}
	want := max(2*cap(b.t), len(b.t)+n, 16)
	if err := m.alloc(2 * int64(want)); err != nil {
		return err
	}
	b.t = slices.Grow(b.t, want-len(b.t))
	return nil
}

// insert puts u at i and returns the builder.
func (m *Machine) insert(b *builder, a []reg, i int64, u text) (reg, error) {
	if i < 0 || i > int64(len(b.t)) {
		return reg{}, m.badStringIndex(i)
	}
	if err := m.grow(b, len(u)); err != nil {
		return reg{}, err
	}
	if i == int64(len(b.t)) {
		b.t = append(b.t, u...)
		return a[0], nil
	}
	if err := m.work(int64(len(b.t)) / 16); err != nil {
		return reg{}, err
	}
	b.t = slices.Insert(b.t, int(i), slices.Clone(u)...)
	return a[0], nil
}

// spelled returns the text of an argument by the type that a method takes.
func (m *Machine) spelled(kind string, r reg) (text, error) {
	switch kind {
	case "C":
		return text{uint16(r.n)}, nil
	case "I", "S", "B":
		return units(itoa(int64(r.i32()))), nil
	case "J":
		return units(itoa(r.n)), nil
	case "Z":
		s, _ := plain(r.n != 0)
		return units(s), nil
	case "F":
		return units(javaDouble(float64(r.f32()), 32)), nil
	case "D":
		return units(javaDouble(r.f64(), 64)), nil
	case "[C":
		return state[text](m, charsAsText(r.o))
	}
	return m.describe(r.o)
}

// charsAsText shows a char[] as a String.
func charsAsText(o *object) *object {
	if o == nil {
		return nil
	}
	if c, ok := o.native.([]uint16); ok {
		return &object{class: o.class, native: text(c)}
	}
	return o
}

func builderModels() map[string]table {
	return map[string]table{
		"Ljava/lang/StringBuilder;": builderTable(tBu), "Ljava/lang/StringBuffer;": builderTable(tBf),
	}
}

// builderTable makes the models of the two classes, whose methods return themselves.
func builderTable(this string) table {
	t := table{
		"<init>()V": initial(func(m *Machine, a []reg) (any, error) { return &builder{}, nil }),
		"<init>(I)V": initial(func(m *Machine, a []reg) (any, error) {
			if a[1].n < 0 {
				return nil, m.throw("java/lang/NegativeArraySizeException", "%d", a[1].n)
			}
			return &builder{}, m.alloc(2 * a[1].n)
		}),
		"<init>(" + tS + ")V":  initial(newBuilder),
		"<init>(" + tCS + ")V": initial(newBuilder),
		"length()I":            on(func(m *Machine, b *builder, a []reg) (reg, error) { return retInt(len(b.t)) }),
		"capacity()I": on(func(m *Machine, b *builder, a []reg) (reg, error) {
			return reg{}, stop(Impure, "capacity of a builder")
		}),
		"ensureCapacity(I)V": nothing,
		"trimToSize()V":      nothing,
		"toString()" + tS:    on(func(m *Machine, b *builder, a []reg) (reg, error) { return m.retText(slices.Clone(b.t)) }),
		"substring(I)" + tS: on(func(m *Machine, b *builder, a []reg) (reg, error) {
			return m.substring(slices.Clone(b.t), a[1].n, int64(len(b.t)))
		}),
		"substring(II)" + tS: on(func(m *Machine, b *builder, a []reg) (reg, error) {
			return m.substring(slices.Clone(b.t), a[1].n, a[2].n)
		}),
		"subSequence(II)" + tCS: on(func(m *Machine, b *builder, a []reg) (reg, error) {
			return m.substring(slices.Clone(b.t), a[1].n, a[2].n)
		}),
		"getChars(II[CI)V": on(func(m *Machine, b *builder, a []reg) (reg, error) { return getChars(m, b.t, a) }),
		"charAt(I)C": on(func(m *Machine, b *builder, a []reg) (reg, error) {
			if uint64(a[1].n) >= uint64(len(b.t)) {
				return reg{}, m.badStringIndex(a[1].n)
			}
			return reg{n: int64(b.t[a[1].n])}, nil
		}),
		"setCharAt(IC)V": on(func(m *Machine, b *builder, a []reg) (reg, error) {
			if uint64(a[1].n) >= uint64(len(b.t)) {
				return reg{}, m.badStringIndex(a[1].n)
			}
			b.t[a[1].n] = uint16(a[2].n)
			return reg{}, nil
		}),
		"setLength(I)V": on(func(m *Machine, b *builder, a []reg) (reg, error) {
			n := a[1].n
			if n < 0 {
				return reg{}, m.badStringIndex(n)
			}
			if more := n - int64(len(b.t)); more > 0 {
				if err := m.alloc(2 * more); err != nil {
					return reg{}, err
				}
				b.t = append(b.t, make(text, more)...)
			}
			b.t = b.t[:n]
			return reg{}, nil
		}),
		"reverse()" + this: on(func(m *Machine, b *builder, a []reg) (reg, error) { reverse(b.t); return a[0], nil }),
		"delete(II)" + this: on(func(m *Machine, b *builder, a []reg) (reg, error) {
			from, to := a[1].n, min(a[2].n, int64(len(b.t)))
			if from < 0 || from > to {
				return reg{}, m.badStringIndex(from)
			}
			b.t = slices.Delete(b.t, int(from), int(to))
			return a[0], nil
		}),
		"deleteCharAt(I)" + this: on(func(m *Machine, b *builder, a []reg) (reg, error) {
			if uint64(a[1].n) >= uint64(len(b.t)) {
				return reg{}, m.badStringIndex(a[1].n)
			}
			b.t = slices.Delete(b.t, int(a[1].n), int(a[1].n)+1)
			return a[0], nil
		}),
		"replace(II" + tS + ")" + this: on(func(m *Machine, b *builder, a []reg) (reg, error) {
			u, err := m.text(a[3].o)
			from, to := a[1].n, min(a[2].n, int64(len(b.t)))
			if err == nil && (from < 0 || from > to) {
				err = m.badStringIndex(from)
			}
			if err == nil {
				b.t = slices.Delete(b.t, int(from), int(to))
			}
			return then(err, func() (reg, error) { return m.insert(b, a, from, u) })
		}),
		"indexOf(" + tS + ")I": on(func(m *Machine, b *builder, a []reg) (reg, error) {
			u, err := m.text(a[1].o)
			return then(err, func() (reg, error) { return m.search(b.t, u, func() reg { return reg{n: int64(b.t.index(u, 0))} }) })
		}),
		"indexOf(" + tS + "I)I": on(func(m *Machine, b *builder, a []reg) (reg, error) {
			u, err := m.text(a[1].o)
			return then(err, func() (reg, error) {
				return m.search(b.t, u, func() reg { return reg{n: int64(b.t.index(u, int(a[2].n)))} })
			})
		}),
		"lastIndexOf(" + tS + ")I": on(func(m *Machine, b *builder, a []reg) (reg, error) {
			u, err := m.text(a[1].o)
			return then(err, func() (reg, error) {
				return m.search(b.t, u, func() reg { return reg{n: int64(b.t.lastIndex(u, len(b.t)))} })
			})
		}),
		"append([CII)" + this: on(func(m *Machine, b *builder, a []reg) (reg, error) {
			c, err := state[[]uint16](m, a[1].o)
			if err == nil && (a[2].n < 0 || a[3].n < 0 || a[2].n+a[3].n > int64(len(c))) {
				err = m.badStringIndex(a[2].n)
			}
			return then(err, func() (reg, error) { return m.insert(b, a, int64(len(b.t)), text(c[a[2].n:a[2].n+a[3].n])) })
		}),
		"append(" + tCS + "II)" + this: on(func(m *Machine, b *builder, a []reg) (reg, error) {
			u, err := m.describe(a[1].o)
			if err == nil && (a[2].n < 0 || a[3].n < a[2].n || a[3].n > int64(len(u))) {
				err = m.badStringIndex(a[2].n)
			}
			return then(err, func() (reg, error) { return m.insert(b, a, int64(len(b.t)), slices.Clone(u[a[2].n:a[3].n])) })
		}),
		"appendCodePoint(I)" + this: on(func(m *Machine, b *builder, a []reg) (reg, error) {
			if a[1].n < 0 || a[1].n > 0x10ffff {
				return reg{}, m.illegal("%d", a[1].n)
			}
			return m.insert(b, a, int64(len(b.t)), runeText(a[1].i32()))
		}),
	}
	for _, kind := range []string{"C", "I", "J", "Z", "F", "D", "[C", tS, tO, tCS, tBf} {
		t["append("+kind+")"+this] = on(func(m *Machine, b *builder, a []reg) (reg, error) {
			u, err := m.spelled(kind, a[1])
			return then(err, func() (reg, error) { return m.insert(b, a, int64(len(b.t)), u) })
		})
		t["insert(I"+kind+")"+this] = on(func(m *Machine, b *builder, a []reg) (reg, error) {
			u, err := m.spelled(kind, a[2])
			return then(err, func() (reg, error) { return m.insert(b, a, a[1].n, u) })
		})
	}
	t["append(C)Ljava/lang/Appendable;"] = t["append(C)"+this]
	t["append("+tCS+")Ljava/lang/Appendable;"] = t["append("+tCS+")"+this]
	return t
}

func newBuilder(m *Machine, a []reg) (any, error) {
	t, err := m.chars(a[1].o)
	if err == nil {
		err = m.alloc(2*int64(len(t)) + 32)
	}
	return &builder{slices.Clone(t)}, err
}

// reverse is StringBuilder.reverse, which keeps surrogate pairs in order.
func reverse(t text) {
	slices.Reverse(t)
	for i := 0; i+1 < len(t); i++ {
		if t[i]&0xfc00 == 0xdc00 && t[i+1]&0xfc00 == 0xd800 {
			t[i], t[i+1] = t[i+1], t[i]
			i++
		}
	}
}
