package interp

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
)

// intern returns the one object of a text: the constant of the program, or the machine's.
func intern(m *Machine, t text, a []reg) (reg, error) {
	key := string(appendUnits(nil, t))
	if o, ok := m.texts[key]; ok {
		return reg{o: o}, nil
	}
	if o, ok := m.p.constant(t); ok {
		return reg{o: o}, nil
	}
	if err := m.alloc(2*int64(len(t)) + objectSize); err != nil {
		return reg{}, err
	}
	if m.texts == nil {
		m.texts = map[string]*object{}
	}
	m.texts[key] = a[0].o
	return a[0], nil
}

func appendUnits(b []byte, t text) []byte {
	for _, u := range t {
		b = append(b, byte(u>>8), byte(u))
	}
	return b
}

// hasAt tells whether u stands at i.
func (t text) hasAt(u text, i int64) bool {
	return i >= 0 && i <= int64(len(t)-len(u)) && t[i:int(i)+len(u)].equal(u)
}

// search charges a search, which may compare every place with all of u.
func (m *Machine) search(t, u text, f func() reg) (reg, error) {
	if err := m.work(int64(len(t)) * int64(len(u)) / 64); err != nil {
		return reg{}, err
	}
	return f(), nil
}

func (m *Machine) substring(t text, from, to int64) (reg, error) {
	if from < 0 || to > int64(len(t)) || from > to {
		return reg{}, m.throw("java/lang/StringIndexOutOfBoundsException", "begin %d, end %d, length %d", from, to, len(t))
	}
	return m.retText(t[from:to:to])
}

// part makes a String of part of a char[].
func (m *Machine) part(c []uint16, off, n int64) (reg, error) {
	if off < 0 || n < 0 || off+n > int64(len(c)) {
		return reg{}, m.badStringIndex(off)
	}
	return m.retText(slices.Clone(text(c[off : off+n])))
}

func trim(t text) text {
	for len(t) > 0 && t[0] <= ' ' {
		t = t[1:]
	}
	for len(t) > 0 && t[len(t)-1] <= ' ' {
		t = t[:len(t)-1]
	}
	return t
}

// mapCase maps code points; the few letters whose case changes their length are spelled out.
func mapCase(t text, f func(rune) rune) text {
	upper := f('a') == 'A'
	out := make(text, 0, len(t))
	for i := 0; i < len(t); {
		r, n := t.runeAt(i)
		i += n
		switch {
		case upper && r == 'ß':
			out = append(out, 'S', 'S')
		case !upper && r == 'İ':
			out = append(out, 'i', 0x307)
		case n == 1:
			out = append(out, uint16(f(r)))
		default:
			out = utf16.AppendRune(out, f(r))
		}
	}
	return out
}

// fold is how Java compares without case: char by char, up and then down.
func fold(t text) text {
	out := make(text, len(t))
	for i, u := range t {
		out[i] = uint16(unicode.ToLower(unicode.ToUpper(rune(u))))
	}
	return out
}

// replace is String.replace.
func (m *Machine) replace(t, from, to text) (reg, error) {
	if err := m.work(int64(len(t)) * int64(len(from)+8) / 64); err != nil {
		return reg{}, err
	}
	var out text
	for i := 0; i <= len(t); {
		k := t.index(from, i)
		if k < 0 {
			out = append(out, t[i:]...)
			break
		}
		if err := m.alloc(2 * int64(len(to))); err != nil {
			return reg{}, err
		}
		out = append(append(out, t[i:k]...), to...)
		if i = k + len(from); len(from) == 0 {
			if i < len(t) {
				out = append(out, t[i])
			}
			i++
		}
	}
	return m.retText(out)
}

func getChars(m *Machine, t text, a []reg) (reg, error) {
	dst, err := state[[]uint16](m, a[3].o)
	if err != nil {
		return reg{}, err
	}
	from, to, at := a[1].n, a[2].n, a[4].n
	if from < 0 || to > int64(len(t)) || from > to || at < 0 || at+to-from > int64(len(dst)) {
		return reg{}, m.badStringIndex(from)
	}
	copy(dst[at:], t[from:to])
	return reg{}, nil
}

func (m *Machine) region(t text, ignore bool, i int64, o *object, j, n int64) (reg, error) {
	u, err := m.text(o)
	if err != nil {
		return reg{}, err
	}
	if i < 0 || j < 0 || i > int64(len(t))-n || j > int64(len(u))-n {
		return retBool(false)
	}
	if n <= 0 {
		return retBool(true)
	}
	x, y := t[i:i+n], u[j:j+n]
	if ignore {
		x, y = fold(x), fold(y)
	}
	return retBool(x.equal(y))
}

// join is String.join and TextUtils.join over an array or a collection.
func (m *Machine) join(by, what *object) (reg, error) {
	sep, err := m.chars(by)
	if err != nil {
		return reg{}, err
	}
	items, err := m.items(what)
	if err != nil {
		return reg{}, err
	}
	var out text
	for i, o := range items {
		t, err := m.describe(o)
		if err != nil {
			return reg{}, err
		}
		if err := m.alloc(2 * int64(len(t)+len(sep))); err != nil {
			return reg{}, err
		}
		if i > 0 {
			out = append(out, sep...)
		}
		out = append(out, t...)
	}
	return m.retText(out)
}

// constant returns the String object of a constant of the program that has been used.
func (p *Program) constant(t text) (*object, bool) {
	b := toMUTF8(t)
	o, ok := p.intern.Load(string(b))
	if !ok {
		return nil, false
	}
	return o.(*object), true
}

// toMUTF8 is the inverse of fromMUTF8.
func toMUTF8(t text) []byte {
	var b strings.Builder
	for _, u := range t {
		switch {
		case u != 0 && u < 0x80:
			b.WriteByte(byte(u))
		case u < 0x800:
			b.WriteByte(0xc0 | byte(u>>6))
			b.WriteByte(0x80 | byte(u&0x3f))
		default:
			b.WriteByte(0xe0 | byte(u>>12))
			b.WriteByte(0x80 | byte(u>>6&0x3f))
			b.WriteByte(0x80 | byte(u&0x3f))
		}
	}
	return []byte(b.String())
}
