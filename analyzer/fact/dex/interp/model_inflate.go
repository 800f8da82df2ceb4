package interp

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
)

// inflater is the state of an Inflater.
type inflater struct {
	raw  bool
	in   []byte
	out  []byte
	pos  int
	done bool
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
