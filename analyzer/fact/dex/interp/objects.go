package interp

import (
	"errors"
	"strings"
)

// virtual calls a method of an object by its signature, as models do for objects of the program.
func (m *Machine) virtual(o *object, sig string, args ...reg) (reg, error) {
	if o == nil {
		return reg{}, m.npe()
	}
	t, ok := o.class.lookup(sig)
	if !ok {
		return reg{}, stop(callReason(o.class.name, sig), "%s->%s", o.class.name, sig)
	}
	all := append([]reg{{o: o}}, args...)
	if t.m != nil {
		return m.invoke(t.m, all)
	}
	if m.depth >= m.limits.Depth {
		return reg{}, stop(Depth, "%d nested calls", m.depth)
	}
	m.depth++ // models may call each other through objects that hold objects
	defer func() { m.depth-- }()
	if err := m.charge(all); err != nil {
		return reg{}, err
	}
	return t.model(m, all)
}

// text returns the text of a String.
func (m *Machine) text(o *object) (text, error) { return state[text](m, o) }

// chars returns the text of a CharSequence; it is not to be kept.
func (m *Machine) chars(o *object) (text, error) {
	if o == nil {
		return nil, m.npe()
	}
	switch s := o.native.(type) {
	case text:
		return s, nil
	case *builder:
		return s.t, nil
	}
	r, err := m.virtual(o, "toString()"+tS)
	if err != nil {
		return nil, err
	}
	return m.text(r.o)
}

// describe is String.valueOf(Object).
func (m *Machine) describe(o *object) (text, error) {
	if o == nil {
		return units("null"), nil
	}
	switch s := o.native.(type) {
	case text:
		return s, nil
	case *builder:
		return s.t, nil
	}
	r, err := m.virtual(o, "toString()"+tS)
	if err != nil || r.o == nil {
		return units("null"), err
	}
	return m.text(r.o)
}

// plain is the text of a number or boolean in a box.
func plain(v any) (string, bool) {
	switch n := v.(type) {
	case int32:
		return itoa(int64(n)), true
	case int64:
		return itoa(n), true
	case int16:
		return itoa(int64(n)), true
	case int8:
		return itoa(int64(n)), true
	case bool:
		if n {
			return "true", true
		}
		return "false", true
	case float64:
		return javaDouble(n, 64), true
	case float32:
		return javaDouble(float64(n), 32), true
	}
	return "", false
}

// same is Object.equals, of boxed numbers and texts without a call.
func (m *Machine) same(a, b *object) (bool, error) {
	if err := errors.Join(m.known(reg{o: a}), m.known(reg{o: b})); err != nil {
		return false, stop(Unmodelled, "comparison with what an unmodelled call returned")
	}
	if a == nil || b == nil || a == b {
		return a == b, nil
	}
	if t, ok := a.native.(text); ok {
		u, ok := b.native.(text)
		return ok && t.equal(u), nil
	}
	r, err := m.virtual(a, "equals("+tO+")Z", reg{o: b})
	return r.n != 0, err
}

// hash is Object.hashCode.
func (m *Machine) hash(o *object) (int32, error) {
	if o == nil {
		return 0, nil
	}
	if t, ok := o.native.(text); ok {
		return t.hash(), m.work(int64(len(t)) / 8)
	}
	r, err := m.virtual(o, "hashCode()I")
	return int32(r.n), err
}

// compareObjects orders by a Comparator, or naturally if it is null.
func (m *Machine) compareObjects(by, a, b *object) (int32, error) {
	if by != nil {
		if _, ok := by.native.(ignoreCase); ok {
			x, err := m.text(a)
			if err != nil {
				return 0, err
			}
			y, err := m.text(b)
			return fold(x).compare(fold(y)), err
		}
		r, err := m.virtual(by, "compare("+tO+tO+")I", reg{o: a}, reg{o: b})
		return int32(r.n), err
	}
	if a != nil && b != nil {
		if x, ok := a.native.(text); ok {
			y, err := m.text(b)
			return x.compare(y), err
		}
		x, okx := boxedInt(a)
		y, oky := boxedInt(b)
		if okx && oky && a.class == b.class {
			return int32(order(x < y, x > y, 0)), nil
		}
	}
	r, err := m.virtual(a, "compareTo("+tO+")I", reg{o: b})
	return int32(r.n), err
}

// className is Class.getName.
func className(c *class) string {
	s := c.name
	if strings.HasPrefix(s, "[") {
		return strings.ReplaceAll(s, "/", ".")
	}
	if len(s) > 2 && s[0] == 'L' {
		return strings.ReplaceAll(s[1:len(s)-1], "/", ".")
	}
	return s
}

func simpleName(c *class) string {
	s := className(c)
	return s[max(strings.LastIndexByte(s, '.'), strings.LastIndexByte(s, '$'))+1:]
}

// Boxes.

// box makes an Integer, Long and so on of a Go number; those that Java caches are one object each.
func (m *Machine) box(v any) (reg, error) {
	class, cached := "", false
	switch n := v.(type) {
	case int32:
		class, cached = "Ljava/lang/Integer;", n >= -128 && n < 128
	case int64:
		class, cached = "Ljava/lang/Long;", n >= -128 && n < 128
	case int16:
		class, cached = "Ljava/lang/Short;", n >= -128 && n < 128
	case int8:
		class, cached = "Ljava/lang/Byte;", true
	case uint16:
		class, cached = "Ljava/lang/Character;", n < 128
	case bool:
		class, cached = "Ljava/lang/Boolean;", true
	case float32:
		class = "Ljava/lang/Float;"
	case float64:
		class = "Ljava/lang/Double;"
	}
	if cached {
		return m.shared(class, v)
	}
	if err := m.alloc(objectSize); err != nil {
		return reg{}, err
	}
	return reg{o: &object{class: m.p.class(class), native: v}}, nil
}
