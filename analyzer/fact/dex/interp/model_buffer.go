package interp

import (
	"encoding/binary"
)

// buffer is the state of a ByteBuffer over an array, which it shares.
type buffer struct {
	array      *object
	data       []int8
	pos, limit int
	little     bool
}

func (b *buffer) order() binary.ByteOrder {
	if b.little {
		return binary.LittleEndian
	}
	return binary.BigEndian
}

// take reads n bytes as a number.
func (m *Machine) take(b *buffer, at int64, n int) (uint64, error) {
	if at < 0 || at+int64(n) > int64(b.limit) {
		return 0, m.throw("java/nio/BufferUnderflowException", "")
	}
	var raw [8]byte
	if b.little {
		copy(raw[:], toBytes(b.data[at:int(at)+n]))
	} else {
		copy(raw[8-n:], toBytes(b.data[at:int(at)+n]))
	}
	return b.order().Uint64(raw[:]), nil
}

func (m *Machine) place(b *buffer, at int64, n int, v uint64) error {
	if at < 0 || at+int64(n) > int64(b.limit) {
		return m.throw("java/nio/BufferOverflowException", "")
	}
	var raw [8]byte
	b.order().PutUint64(raw[:], v)
	part := raw[:n]
	if !b.little {
		part = raw[8-n:]
	}
	for i, c := range part {
		b.data[int(at)+i] = int8(c)
	}
	return nil
}

// bufferModels are ByteBuffer over arrays.
func bufferModels() map[string]table {
	wrap := func(m *Machine, o *object, off, n int64) (reg, error) {
		b, err := state[[]int8](m, o)
		if err == nil && (off < 0 || n < 0 || off+n > int64(len(b))) {
			err = m.throw("java/lang/IndexOutOfBoundsException", "")
		}
		return then(err, func() (reg, error) {
			return m.retNew("java/nio/ByteBuffer", &buffer{array: o, data: b, pos: int(off), limit: int(off + n)})
		})
	}
	set := func(f func(b *buffer, n int)) model {
		return on(func(m *Machine, b *buffer, a []reg) (reg, error) {
			if a[1].n < 0 || a[1].n > int64(len(b.data)) {
				return reg{}, m.illegal("%d", a[1].n)
			}
			f(b, int(a[1].n))
			b.pos = min(b.pos, b.limit)
			return a[0], nil
		})
	}
	do := func(f func(b *buffer)) model {
		return on(func(m *Machine, b *buffer, a []reg) (reg, error) { f(b); return a[0], nil })
	}
	t := table{
		"wrap([B)" + tBB: func(m *Machine, a []reg) (reg, error) {
			n, err := m.array(a[0].o)
			return then(err, func() (reg, error) { return wrap(m, a[0].o, 0, n) })
		},
		"wrap([BII)" + tBB: func(m *Machine, a []reg) (reg, error) { return wrap(m, a[0].o, a[1].n, a[2].n) },
		"allocate(I)" + tBB: func(m *Machine, a []reg) (reg, error) {
			o, err := m.newArray(m.p.std.bytes, a[0].n)
			return then(err, func() (reg, error) { return wrap(m, o, 0, a[0].n) })
		},
		"array()[B":       on(func(m *Machine, b *buffer, a []reg) (reg, error) { return retObj(b.array) }),
		"position()I":     on(func(m *Machine, b *buffer, a []reg) (reg, error) { return retInt(b.pos) }),
		"limit()I":        on(func(m *Machine, b *buffer, a []reg) (reg, error) { return retInt(b.limit) }),
		"capacity()I":     on(func(m *Machine, b *buffer, a []reg) (reg, error) { return retInt(len(b.data)) }),
		"remaining()I":    on(func(m *Machine, b *buffer, a []reg) (reg, error) { return retInt(b.limit - b.pos) }),
		"hasRemaining()Z": on(func(m *Machine, b *buffer, a []reg) (reg, error) { return retBool(b.pos < b.limit) }),
		"get([B)" + tBB: on(func(m *Machine, b *buffer, a []reg) (reg, error) {
			dst, err := state[[]int8](m, a[1].o)
			if err == nil && len(dst) > b.limit-b.pos {
				err = m.throw("java/nio/BufferUnderflowException", "")
			}
			if err == nil {
				b.pos += copy(dst, b.data[b.pos:])
			}
			return a[0], err
		}),
		"put([B)" + tBB: on(func(m *Machine, b *buffer, a []reg) (reg, error) {
			src, err := state[[]int8](m, a[1].o)
			if err == nil && len(src) > b.limit-b.pos {
				err = m.throw("java/nio/BufferOverflowException", "")
			}
			if err == nil {
				b.pos += copy(b.data[b.pos:], src)
			}
			return a[0], err
		}),
		"order(Ljava/nio/ByteOrder;)" + tBB: on(func(m *Machine, b *buffer, a []reg) (reg, error) {
			o, err := state[byteOrder](m, a[1].o)
			b.little = bool(o)
			return a[0], err
		}),
	}
	for _, ret := range []string{tBB, "Ljava/nio/Buffer;"} {
		t["flip()"+ret] = do(func(b *buffer) { b.limit, b.pos = b.pos, 0 })
		t["rewind()"+ret] = do(func(b *buffer) { b.pos = 0 })
		t["clear()"+ret] = do(func(b *buffer) { b.pos, b.limit = 0, len(b.data) })
		t["position(I)"+ret] = set(func(b *buffer, n int) { b.pos = n })
		t["limit(I)"+ret] = set(func(b *buffer, n int) { b.limit = n })
	}
	for name, k := range map[string]struct {
		n    int
		kind string
	}{"": {1, "B"}, "Short": {2, "S"}, "Char": {2, "C"}, "Int": {4, "I"}, "Long": {8, "J"}, "Float": {4, "F"}, "Double": {8, "D"}} {
		t["get"+name+"()"+k.kind] = on(func(m *Machine, b *buffer, a []reg) (reg, error) {
			v, err := m.take(b, int64(b.pos), k.n)
			if err == nil {
				b.pos += k.n
			}
			return signed(k.kind, v), err
		})
		t["get"+name+"(I)"+k.kind] = on(func(m *Machine, b *buffer, a []reg) (reg, error) {
			v, err := m.take(b, a[1].n, k.n)
			return signed(k.kind, v), err
		})
		t["put"+name+"("+k.kind+")"+tBB] = on(func(m *Machine, b *buffer, a []reg) (reg, error) {
			err := m.place(b, int64(b.pos), k.n, uint64(a[1].n))
			if err == nil {
				b.pos += k.n
			}
			return a[0], err
		})
		t["put"+name+"(I"+k.kind+")"+tBB] = on(func(m *Machine, b *buffer, a []reg) (reg, error) {
			return a[0], m.place(b, a[1].n, k.n, uint64(a[2].n))
		})
	}
	return map[string]table{"Ljava/nio/ByteBuffer;": t}
}

// signed widens a number as its type does.
func signed(kind string, v uint64) reg {
	switch kind {
	case "B":
		return reg{n: int64(int8(v))}
	case "S":
		return reg{n: int64(int16(v))}
	case "C":
		return reg{n: int64(uint16(v))}
	case "I", "F":
		return reg{n: int64(int32(v))}
	}
	return reg{n: int64(v)}
}
