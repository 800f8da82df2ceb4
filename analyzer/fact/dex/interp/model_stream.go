package interp

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"hash/crc32"
	"io"
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

// inflater is the state of an Inflater.
type inflater struct {
	raw  bool
	in   []byte
	out  []byte
	pos  int
	done bool
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

// inflate reads a compressed stream to its end; every block is charged before it is kept, so a bomb stops early.
func (m *Machine) inflate(r io.Reader) ([]byte, error) {
	var out []byte
	buf := make([]byte, 4096)
	for {
		n, err := r.Read(buf)
		if cerr := errors.Join(m.alloc(2*int64(n)), m.work(int64(n)/16)); cerr != nil {
			return nil, m.limit()
		}
		out = append(out, buf[:n]...)
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, m.throw("java/util/zip/ZipException", "%s", clip(err.Error()))
		}
	}
}

// limit says which limit was passed.
func (m *Machine) limit() error {
	if m.mem <= 0 {
		return stop(Memory, "inflated data")
	}
	return stop(Steps, "inflated data")
}

// rest takes what an input stream has left.
func (m *Machine) rest(o *object) ([]byte, error) {
	in, err := state[*input](m, o)
	if err != nil {
		return nil, err
	}
	b := in.data[in.pos:]
	in.pos = len(in.data)
	return b, nil
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

func gunzip(m *Machine, a []reg) (reg, error) {
	return initial(func(m *Machine, a []reg) (any, error) {
		b, err := m.rest(a[1].o)
		if err != nil {
			return nil, err
		}
		z, zerr := gzip.NewReader(bytes.NewReader(b))
		if zerr != nil {
			return nil, m.throw("java/util/zip/ZipException", "%s", zerr)
		}
		out, err := m.inflate(z)
		return &input{data: out}, err
	})(m, a)
}

func unzlib(m *Machine, a []reg) (reg, error) {
	return initial(func(m *Machine, a []reg) (any, error) {
		b, err := m.rest(a[1].o)
		if err != nil {
			return nil, err
		}
		z, zerr := zlib.NewReader(bytes.NewReader(b))
		if zerr != nil {
			return nil, m.throw("java/util/zip/ZipException", "%s", zerr)
		}
		out, err := m.inflate(z)
		return &input{data: out}, err
	})(m, a)
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

func inflaterTable() table {
	set := func(m *Machine, f *inflater, b []int8) (reg, error) {
		f.in = toBytes(b)
		if err := m.alloc(int64(len(b))); err != nil {
			return reg{}, err
		}
		var z io.Reader = flate.NewReader(bytes.NewReader(f.in))
		if !f.raw {
			var zerr error
			if z, zerr = zlib.NewReader(bytes.NewReader(f.in)); zerr != nil {
				return reg{}, stop(Unmodelled, "an Inflater on data that is not zlib's")
			}
		}
		out, err := m.inflate(z)
		if _, ok := err.(*javaThrow); ok {
			return reg{}, stop(Unmodelled, "an Inflater on data that is cut or damaged")
		}
		f.out, f.pos = out, 0
		return reg{}, err
	}
	take := func(m *Machine, f *inflater, b []int8) (reg, error) {
		n := min(len(b), len(f.out)-f.pos)
		for i, c := range f.out[f.pos : f.pos+n] {
			b[i] = int8(c)
		}
		f.pos += n
		f.done = f.in != nil && f.pos == len(f.out)
		return retInt(n)
	}
	return table{
		"<init>()V":  initial(func(m *Machine, a []reg) (any, error) { return &inflater{}, nil }),
		"<init>(Z)V": initial(func(m *Machine, a []reg) (any, error) { return &inflater{raw: a[1].n != 0}, nil }),
		"setInput([B)V": on(func(m *Machine, f *inflater, a []reg) (reg, error) {
			b, err := state[[]int8](m, a[1].o)
			return then(err, func() (reg, error) { return set(m, f, b) })
		}),
		"setInput([BII)V": on(func(m *Machine, f *inflater, a []reg) (reg, error) {
			b, err := m.slice(a[1].o, a[2].n, a[3].n)
			return then(err, func() (reg, error) { return set(m, f, b) })
		}),
		"inflate([B)I": on(func(m *Machine, f *inflater, a []reg) (reg, error) {
			b, err := state[[]int8](m, a[1].o)
			return then(err, func() (reg, error) { return take(m, f, b) })
		}),
		"inflate([BII)I": on(func(m *Machine, f *inflater, a []reg) (reg, error) {
			b, err := m.slice(a[1].o, a[2].n, a[3].n)
			return then(err, func() (reg, error) { return take(m, f, b) })
		}),
		"finished()Z":   on(func(m *Machine, f *inflater, a []reg) (reg, error) { return retBool(f.done) }),
		"needsInput()Z": on(func(m *Machine, f *inflater, a []reg) (reg, error) { return retBool(f.pos == len(f.out)) }),
		"end()V":        nothing,
		"reset()V":      on(func(m *Machine, f *inflater, a []reg) (reg, error) { *f = inflater{raw: f.raw}; return reg{}, nil }),
	}
}
