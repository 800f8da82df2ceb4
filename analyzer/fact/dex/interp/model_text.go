package interp

import (
	"slices"
	"unicode/utf16"
)

// stringConstructors fill the String that new-instance made.
func stringConstructors() table {
	bytesOf := func(m *Machine, o *object, off, n int64, c charset) (any, error) {
		b, err := state[[]int8](m, o)
		if err != nil {
			return nil, err
		}
		if off < 0 || n < 0 || off+n > int64(len(b)) {
			return nil, m.badStringIndex(off)
		}
		if err := m.alloc(2*n + 16); err != nil {
			return nil, err
		}
		return c.decode(toBytes(b[off : off+n])), nil
	}
	whole := func(m *Machine, o *object, c charset) (any, error) {
		if o == nil {
			return nil, m.npe()
		}
		return bytesOf(m, o, 0, int64(max(0, o.length())), c)
	}
	named := func(f func(m *Machine, a []reg, c charset) (any, error), at int) model {
		return initial(func(m *Machine, a []reg) (any, error) {
			c, err := m.charset(a[at].o)
			if err != nil {
				return nil, err
			}
			return f(m, a, c)
		})
	}
	typed := func(f func(m *Machine, a []reg, c charset) (any, error), at int) model {
		return initial(func(m *Machine, a []reg) (any, error) {
			c, err := state[charset](m, a[at].o)
			if err != nil {
				return nil, err
			}
			return f(m, a, c)
		})
	}
	all := func(m *Machine, a []reg, c charset) (any, error) { return whole(m, a[1].o, c) }
	part := func(m *Machine, a []reg, c charset) (any, error) { return bytesOf(m, a[1].o, a[2].n, a[3].n, c) }
	copyOf := initial(func(m *Machine, a []reg) (any, error) { t, err := m.chars(a[1].o); return slices.Clone(t), err })
	return table{
		"<init>()V":            initial(func(m *Machine, a []reg) (any, error) { return text{}, nil }),
		"<init>(" + tS + ")V":  copyOf,
		"<init>(" + tBu + ")V": copyOf,
		"<init>(" + tBf + ")V": copyOf,
		"<init>([B)V":          initial(func(m *Machine, a []reg) (any, error) { return whole(m, a[1].o, utf8Set) }),
		"<init>([BII)V":        initial(func(m *Machine, a []reg) (any, error) { return part(m, a, utf8Set) }),
		"<init>([BI)V": initial(func(m *Machine, a []reg) (any, error) {
			if a[2].n != 0 {
				return nil, stop(Unmodelled, "String(byte[], int) with a high byte")
			}
			return whole(m, a[1].o, latin1Set)
		}),
		"<init>([B" + tS + ")V":    named(all, 2),
		"<init>([B" + tCh + ")V":   typed(all, 2),
		"<init>([BII" + tS + ")V":  named(part, 4),
		"<init>([BII" + tCh + ")V": typed(part, 4),
		"<init>([C)V": initial(func(m *Machine, a []reg) (any, error) {
			c, err := state[[]uint16](m, a[1].o)
			if err == nil {
				err = m.alloc(2 * int64(len(c)))
			}
			return slices.Clone(text(c)), err
		}),
		"<init>([CII)V": initial(func(m *Machine, a []reg) (any, error) {
			c, err := state[[]uint16](m, a[1].o)
			if err != nil {
				return nil, err
			}
			r, err := m.part(c, a[2].n, a[3].n)
			if err != nil {
				return nil, err
			}
			return r.o.native, nil
		}),
		"<init>([III)V": initial(func(m *Machine, a []reg) (any, error) {
			c, err := state[[]int32](m, a[1].o)
			if err != nil {
				return nil, err
			}
			off, n := a[2].n, a[3].n
			if off < 0 || n < 0 || off+n > int64(len(c)) {
				return nil, m.badStringIndex(off)
			}
			if err := m.alloc(4 * n); err != nil {
				return nil, err
			}
			t := text{}
			for _, r := range c[off : off+n] {
				switch {
				case r < 0 || r > 0x10ffff:
					return nil, m.illegal("%d", r)
				case r <= 0xffff:
					t = append(t, uint16(r))
				default:
					t = utf16.AppendRune(t, r)
				}
			}
			return t, nil
		}),
	}
}
