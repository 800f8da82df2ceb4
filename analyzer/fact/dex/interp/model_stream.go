package interp

import (
	"hash/crc32"
)

// input is the state of an InputStream: all its bytes, which a stream that inflates has inflated at the start.
type input struct {
	data []byte
	pos  int
	mark int
}

// output is the state of a ByteArrayOutputStream.
type output struct{ data []byte }

// checksum is the state of a CRC32 or an Adler32.
type checksum struct {
	sum   uint32
	adler bool
}

// slice returns part of a byte[].
func (m *Machine) slice(o *object, off, n int64) ([]int8, error) {
	b, err := state[[]int8](m, o)
	if err != nil {
		return nil, err
	}
	if off < 0 || n < 0 || off+n > int64(len(b)) {
		return nil, m.throw("java/lang/IndexOutOfBoundsException", "offset %d, %d bytes of %d", off, n, len(b))
	}
	return b[off : off+n], nil
}

// bytes returns a copy of a whole byte[].
func (m *Machine) bytes(o *object) ([]byte, error) {
	b, err := state[[]int8](m, o)
	if err != nil {
		return nil, err
	}
	return toBytes(b), m.alloc(int64(len(b)))
}

func streamModels() map[string]table {
	return map[string]table{
		"Ljava/io/InputStream;": inputTable(), "Ljava/io/OutputStream;": outputTable(), "Ljava/util/zip/CRC32;": sumTable(false),
		"Ljava/util/zip/Adler32;": sumTable(true), "Ljava/util/zip/Inflater;": inflaterTable(),
		"Ljava/io/ByteArrayInputStream;": {
			"<init>([B)V": initial(func(m *Machine, a []reg) (any, error) { b, err := m.bytes(a[1].o); return &input{data: b}, err }),
			"<init>([BII)V": initial(func(m *Machine, a []reg) (any, error) {
				b, err := m.bytes(a[1].o)
				if err != nil {
					return nil, err
				}
				if a[2].n < 0 || a[3].n < 0 || a[2].n > int64(len(b)) {
					return nil, stop(Unmodelled, "stream over bytes that are not there")
				}
				end := min(a[2].n+a[3].n, int64(len(b)))
				return &input{data: b[:end], pos: int(a[2].n), mark: int(a[2].n)}, nil
			}),
		},
		"Ljava/util/zip/GZIPInputStream;":     {"<init>(Ljava/io/InputStream;)V": gunzip, "<init>(Ljava/io/InputStream;I)V": gunzip},
		"Ljava/util/zip/InflaterInputStream;": {"<init>(Ljava/io/InputStream;)V": unzlib},
		"Ljava/io/ByteArrayOutputStream;": {
			"<init>()V":       initial(func(m *Machine, a []reg) (any, error) { return &output{}, nil }),
			"<init>(I)V":      initial(func(m *Machine, a []reg) (any, error) { return &output{}, nil }),
			"toByteArray()[B": on(func(m *Machine, o *output, a []reg) (reg, error) { return m.retBytes(o.data) }),
			"size()I":         on(func(m *Machine, o *output, a []reg) (reg, error) { return retInt(len(o.data)) }),
			"reset()V":        on(func(m *Machine, o *output, a []reg) (reg, error) { o.data = nil; return reg{}, nil }),
			"toString()" + tS: on(func(m *Machine, o *output, a []reg) (reg, error) { return m.retText(utf8Set.decode(o.data)) }),
			"toString(" + tS + ")" + tS: on(func(m *Machine, o *output, a []reg) (reg, error) {
				c, err := m.charset(a[1].o)
				return then(err, func() (reg, error) { return m.retText(c.decode(o.data)) })
			}),
		},
	}
}

func inputTable() table {
	read := func(m *Machine, in *input, dst []int8) (reg, error) {
		if len(dst) == 0 {
			return reg{}, nil
		}
		if in.pos >= len(in.data) {
			return retInt(-1)
		}
		n := min(len(dst), len(in.data)-in.pos)
		for i, c := range in.data[in.pos : in.pos+n] {
			dst[i] = int8(c)
		}
		in.pos += n
		return retInt(n)
	}
	return table{
		"read()I": on(func(m *Machine, in *input, a []reg) (reg, error) {
			if in.pos >= len(in.data) {
				return retInt(-1)
			}
			in.pos++
			return retInt(int(in.data[in.pos-1]))
		}),
		"read([B)I": on(func(m *Machine, in *input, a []reg) (reg, error) {
			b, err := state[[]int8](m, a[1].o)
			return then(err, func() (reg, error) { return read(m, in, b) })
		}),
		"read([BII)I": on(func(m *Machine, in *input, a []reg) (reg, error) {
			b, err := m.slice(a[1].o, a[2].n, a[3].n)
			return then(err, func() (reg, error) { return read(m, in, b) })
		}),
		"available()I": on(func(m *Machine, in *input, a []reg) (reg, error) {
			if a[0].o.class.name != "Ljava/io/ByteArrayInputStream;" {
				return retInt(min(1, len(in.data)-in.pos))
			}
			return retInt(len(in.data) - in.pos)
		}),
		"skip(J)J": on(func(m *Machine, in *input, a []reg) (reg, error) {
			n := min(max(a[1].n, 0), int64(len(in.data)-in.pos))
			in.pos += int(n)
			return retLong(n)
		}),
		"mark(I)V":         on(func(m *Machine, in *input, a []reg) (reg, error) { in.mark = in.pos; return reg{}, nil }),
		"reset()V":         on(func(m *Machine, in *input, a []reg) (reg, error) { in.pos = in.mark; return reg{}, nil }),
		"markSupported()Z": yes,
		"close()V":         nothing,
	}
}

func outputTable() table {
	write := func(m *Machine, o *output, b []int8) (reg, error) {
		if err := m.alloc(2 * int64(len(b))); err != nil {
			return reg{}, err
		}
		o.data = append(o.data, toBytes(b)...)
		return reg{}, nil
	}
	return table{
		"write(I)V": on(func(m *Machine, o *output, a []reg) (reg, error) { return write(m, o, []int8{int8(a[1].n)}) }),
		"write([B)V": on(func(m *Machine, o *output, a []reg) (reg, error) {
			b, err := state[[]int8](m, a[1].o)
			return then(err, func() (reg, error) { return write(m, o, b) })
		}),
		"write([BII)V": on(func(m *Machine, o *output, a []reg) (reg, error) {
			b, err := m.slice(a[1].o, a[2].n, a[3].n)
			return then(err, func() (reg, error) { return write(m, o, b) })
		}),
		"flush()V": nothing,
		"close()V": nothing,
	}
}

func sumTable(adler bool) table {
	start := uint32(0)
	if adler {
		start = 1
	}
	update := func(c *checksum, b []int8) {
		if c.adler {
			s1, s2 := c.sum&0xffff, c.sum>>16
			for _, x := range b {
				s1 = (s1 + uint32(uint8(x))) % 65521
				s2 = (s2 + s1) % 65521
			}
			c.sum = s2<<16 | s1
			return
		}
		c.sum = crc32.Update(c.sum, crc32.IEEETable, toBytes(b))
	}
	return table{
		"<init>()V":   initial(func(m *Machine, a []reg) (any, error) { return &checksum{start, adler}, nil }),
		"reset()V":    on(func(m *Machine, c *checksum, a []reg) (reg, error) { c.sum = start; return reg{}, nil }),
		"getValue()J": on(func(m *Machine, c *checksum, a []reg) (reg, error) { return retLong(int64(c.sum)) }),
		"update(I)V": on(func(m *Machine, c *checksum, a []reg) (reg, error) {
			update(c, []int8{int8(a[1].n)})
			return reg{}, nil
		}),
		"update([B)V": on(func(m *Machine, c *checksum, a []reg) (reg, error) {
			b, err := state[[]int8](m, a[1].o)
			update(c, b)
			return reg{}, err
		}),
		"update([BII)V": on(func(m *Machine, c *checksum, a []reg) (reg, error) {
			b, err := m.slice(a[1].o, a[2].n, a[3].n)
			update(c, b)
			return reg{}, err
		}),
	}
}
