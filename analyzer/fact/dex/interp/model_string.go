package interp

import (
	"slices"
	"unicode"
	"unicode/utf16"
)

// stringModels are java.lang.String; the constructors fill the object that new-instance made.
func stringModels() map[string]table {
	str := stringConstructors()
	for sig, f := range map[string]model{
		"length()I":  on(func(m *Machine, t text, a []reg) (reg, error) { return retInt(len(t)) }),
		"isEmpty()Z": on(func(m *Machine, t text, a []reg) (reg, error) { return retBool(len(t) == 0) }),
		"charAt(I)C": on(func(m *Machine, t text, a []reg) (reg, error) {
			if uint64(a[1].n) >= uint64(len(t)) {
				return reg{}, m.badStringIndex(a[1].n)
			}
			return reg{n: int64(t[a[1].n])}, nil
		}),
		"codePointAt(I)I": on(func(m *Machine, t text, a []reg) (reg, error) {
			if uint64(a[1].n) >= uint64(len(t)) {
				return reg{}, m.badStringIndex(a[1].n)
			}
			r, _ := t.runeAt(int(a[1].n))
			return retInt(r)
		}),
		"hashCode()I":     on(func(m *Machine, t text, a []reg) (reg, error) { return retInt(t.hash()) }),
		"toString()" + tS: self,
		"intern()" + tS:   on(intern),
		"equals(" + tO + ")Z": on(func(m *Machine, t text, a []reg) (reg, error) {
			o := a[1].o
			if o == nil {
				return retBool(false)
			}
			if err := m.known(a[1]); err != nil {
				return reg{}, err
			}
			u, ok := o.native.(text)
			return retBool(ok && t.equal(u))
		}),
		"equalsIgnoreCase(" + tS + ")Z": on(func(m *Machine, t text, a []reg) (reg, error) {
			if a[1].o == nil {
				return retBool(false)
			}
			u, err := m.text(a[1].o)
			return boolReg(fold(t).equal(fold(u))), err
		}),
		"contentEquals(" + tCS + ")Z":      withChars(func(m *Machine, t, u text) (reg, error) { return retBool(t.equal(u)) }),
		"compareTo(" + tS + ")I":           withChars(func(m *Machine, t, u text) (reg, error) { return retInt(t.compare(u)) }),
		"compareTo(" + tO + ")I":           withChars(func(m *Machine, t, u text) (reg, error) { return retInt(t.compare(u)) }),
		"compareToIgnoreCase(" + tS + ")I": withChars(func(m *Machine, t, u text) (reg, error) { return retInt(fold(t).compare(fold(u))) }),
		"contains(" + tCS + ")Z": withChars(func(m *Machine, t, u text) (reg, error) {
			return m.search(t, u, func() reg { return boolReg(t.index(u, 0) >= 0) })
		}),
		"startsWith(" + tS + ")Z": withChars(func(m *Machine, t, u text) (reg, error) { return retBool(t.hasAt(u, 0)) }),
		"endsWith(" + tS + ")Z":   withChars(func(m *Machine, t, u text) (reg, error) { return retBool(t.hasAt(u, int64(len(t)-len(u)))) }),
		"indexOf(" + tS + ")I": withChars(func(m *Machine, t, u text) (reg, error) {
			return m.search(t, u, func() reg { return reg{n: int64(t.index(u, 0))} })
		}),
		"lastIndexOf(" + tS + ")I": withChars(func(m *Machine, t, u text) (reg, error) {
			return m.search(t, u, func() reg { return reg{n: int64(t.lastIndex(u, len(t)))} })
		}),
		"concat(" + tS + ")" + tS: withChars(func(m *Machine, t, u text) (reg, error) { return m.retText(slices.Concat(t, u)) }),
		"matches(" + tS + ")Z":    withChars(matches),
		"split(" + tS + ")[" + tS: withChars(func(m *Machine, t, u text) (reg, error) { return m.split(t, u, 0) }),
		"split(" + tS + "I)[" + tS: on(func(m *Machine, t text, a []reg) (reg, error) {
			u, err := m.text(a[1].o)
			return then(err, func() (reg, error) { return m.split(t, u, int(a[2].i32())) })
		}),
		"startsWith(" + tS + "I)Z": on(func(m *Machine, t text, a []reg) (reg, error) {
			u, err := m.text(a[1].o)
			return boolReg(t.hasAt(u, a[2].n)), err
		}),
		"indexOf(" + tS + "I)I": on(func(m *Machine, t text, a []reg) (reg, error) {
			u, err := m.text(a[1].o)
			return then(err, func() (reg, error) {
				return m.search(t, u, func() reg { return reg{n: int64(t.index(u, int(a[2].n)))} })
			})
		}),
		"lastIndexOf(" + tS + "I)I": on(func(m *Machine, t text, a []reg) (reg, error) {
			u, err := m.text(a[1].o)
			return then(err, func() (reg, error) {
				return m.search(t, u, func() reg { return reg{n: int64(t.lastIndex(u, int(a[2].n)))} })
			})
		}),
		"indexOf(I)I":     on(func(m *Machine, t text, a []reg) (reg, error) { return retInt(t.indexRune(a[1].i32(), 0)) }),
		"indexOf(II)I":    on(func(m *Machine, t text, a []reg) (reg, error) { return retInt(t.indexRune(a[1].i32(), int(a[2].n))) }),
		"lastIndexOf(I)I": on(func(m *Machine, t text, a []reg) (reg, error) { return retInt(t.lastIndexRune(a[1].i32(), len(t))) }),
		"lastIndexOf(II)I": on(func(m *Machine, t text, a []reg) (reg, error) {
			return retInt(t.lastIndexRune(a[1].i32(), int(a[2].n)))
		}),
		"substring(I)" + tS:            on(func(m *Machine, t text, a []reg) (reg, error) { return m.substring(t, a[1].n, int64(len(t))) }),
		"substring(II)" + tS:           on(func(m *Machine, t text, a []reg) (reg, error) { return m.substring(t, a[1].n, a[2].n) }),
		"subSequence(II)" + tCS:        on(func(m *Machine, t text, a []reg) (reg, error) { return m.substring(t, a[1].n, a[2].n) }),
		"trim()" + tS:                  on(func(m *Machine, t text, a []reg) (reg, error) { return m.retText(trim(t)) }),
		"toLowerCase()" + tS:           on(func(m *Machine, t text, a []reg) (reg, error) { return m.retText(mapCase(t, unicode.ToLower)) }),
		"toUpperCase()" + tS:           on(func(m *Machine, t text, a []reg) (reg, error) { return m.retText(mapCase(t, unicode.ToUpper)) }),
		"toLowerCase(" + tL + ")" + tS: on(func(m *Machine, t text, a []reg) (reg, error) { return m.retText(mapCase(t, unicode.ToLower)) }),
		"toUpperCase(" + tL + ")" + tS: on(func(m *Machine, t text, a []reg) (reg, error) { return m.retText(mapCase(t, unicode.ToUpper)) }),
		"replace(CC)" + tS: on(func(m *Machine, t text, a []reg) (reg, error) {
			return m.replace(t, text{uint16(a[1].n)}, text{uint16(a[2].n)})
		}),
		"replace(" + tCS + tCS + ")" + tS: on(func(m *Machine, t text, a []reg) (reg, error) {
			return m.with2(a, func(u, v text) (reg, error) { return m.replace(t, u, v) })
		}),
		"replaceAll(" + tS + tS + ")" + tS: on(func(m *Machine, t text, a []reg) (reg, error) {
			return m.with2(a, func(u, v text) (reg, error) { return m.replaceRegexp(t, u, v, -1) })
		}),
		"replaceFirst(" + tS + tS + ")" + tS: on(func(m *Machine, t text, a []reg) (reg, error) {
			return m.with2(a, func(u, v text) (reg, error) { return m.replaceRegexp(t, u, v, 1) })
		}),
		"toCharArray()[C": on(func(m *Machine, t text, a []reg) (reg, error) {
			return m.retArray("[C", []uint16(slices.Clone(t)), 2*int64(len(t)))
		}),
		"getChars(II[CI)V": on(getChars),
		"regionMatches(I" + tS + "II)Z": on(func(m *Machine, t text, a []reg) (reg, error) {
			return m.region(t, false, a[1].n, a[2].o, a[3].n, a[4].n)
		}),
		"regionMatches(ZI" + tS + "II)Z": on(func(m *Machine, t text, a []reg) (reg, error) {
			return m.region(t, a[1].n != 0, a[2].n, a[3].o, a[4].n, a[5].n)
		}),
		"getBytes()[B": on(func(m *Machine, t text, a []reg) (reg, error) { return m.retEncoded(t, utf8Set) }),
		"getBytes(" + tS + ")[B": on(func(m *Machine, t text, a []reg) (reg, error) {
			c, err := m.charset(a[1].o)
			return then(err, func() (reg, error) { return m.retEncoded(t, c) })
		}),
		"getBytes(" + tCh + ")[B": on(func(m *Machine, t text, a []reg) (reg, error) {
			c, err := state[charset](m, a[1].o)
			return then(err, func() (reg, error) { return m.retEncoded(t, c) })
		}),
		"valueOf(" + tO + ")" + tS: func(m *Machine, a []reg) (reg, error) {
			t, err := m.describe(a[0].o)
			return then(err, func() (reg, error) { return m.retText(t) })
		},
		"valueOf(I)" + tS:                            func(m *Machine, a []reg) (reg, error) { return m.retStr(itoa(int64(a[0].i32()))) },
		"valueOf(J)" + tS:                            func(m *Machine, a []reg) (reg, error) { return m.retStr(itoa(a[0].n)) },
		"valueOf(C)" + tS:                            func(m *Machine, a []reg) (reg, error) { return m.retText(text{uint16(a[0].n)}) },
		"valueOf(Z)" + tS:                            func(m *Machine, a []reg) (reg, error) { s, _ := plain(a[0].n != 0); return m.retStr(s) },
		"valueOf(D)" + tS:                            func(m *Machine, a []reg) (reg, error) { return m.retStr(javaDouble(a[0].f64(), 64)) },
		"valueOf(F)" + tS:                            func(m *Machine, a []reg) (reg, error) { return m.retStr(javaDouble(float64(a[0].f32()), 32)) },
		"valueOf([C)" + tS:                           given(func(m *Machine, c []uint16) (reg, error) { return m.retText(slices.Clone(text(c))) }),
		"copyValueOf([C)" + tS:                       given(func(m *Machine, c []uint16) (reg, error) { return m.retText(slices.Clone(text(c))) }),
		"valueOf([CII)" + tS:                         on(func(m *Machine, c []uint16, a []reg) (reg, error) { return m.part(c, a[1].n, a[2].n) }),
		"copyValueOf([CII)" + tS:                     on(func(m *Machine, c []uint16, a []reg) (reg, error) { return m.part(c, a[1].n, a[2].n) }),
		"format(" + tS + "[" + tO + ")" + tS:         func(m *Machine, a []reg) (reg, error) { return m.format(a[0].o, a[1].o) },
		"format(" + tL + tS + "[" + tO + ")" + tS:    func(m *Machine, a []reg) (reg, error) { return m.format(a[1].o, a[2].o) },
		"join(" + tCS + "[" + tCS + ")" + tS:         func(m *Machine, a []reg) (reg, error) { return m.join(a[0].o, a[1].o) },
		"join(" + tCS + "Ljava/lang/Iterable;)" + tS: func(m *Machine, a []reg) (reg, error) { return m.join(a[0].o, a[1].o) },
		"repeat(I)" + tS: on(func(m *Machine, t text, a []reg) (reg, error) {
			if a[1].n < 0 {
				return reg{}, m.illegal("count is negative: %d", a[1].n)
			}
			if err := m.alloc(2 * int64(len(t)) * a[1].n); err != nil {
				return reg{}, err
			}
			return m.retText(slices.Repeat(t, int(a[1].n)))
		}),
	} {
		str[sig] = f
	}
	return map[string]table{tS: str}
}

// then runs f unless there is an error.
func then(err error, f func() (reg, error)) (reg, error) {
	if err != nil {
		return reg{}, err
	}
	return f()
}

func withChars(f func(m *Machine, t, u text) (reg, error)) model {
	return on(func(m *Machine, t text, a []reg) (reg, error) {
		u, err := m.chars(a[1].o)
		return then(err, func() (reg, error) { return f(m, t, u) })
	})
}

func (m *Machine) with2(a []reg, f func(u, v text) (reg, error)) (reg, error) {
	u, err := m.chars(a[1].o)
	if err != nil {
		return reg{}, err
	}
	v, err := m.chars(a[2].o)
	return then(err, func() (reg, error) { return f(u, v) })
}

// runeText is a code point, lone surrogates included; empty where n is none.
func runeText(n int32) text {
	switch {
	case n < 0 || n > unicode.MaxRune:
		return nil
	case n <= 0xffff:
		return text{uint16(n)}
	}
	return utf16.AppendRune(nil, n)
}

// indexRune is String.indexOf(int).
func (t text) indexRune(n int32, from int) int {
	if u := runeText(n); len(u) > 0 {
		return t.index(u, from)
	}
	return -1
}

// lastIndexRune is String.lastIndexOf(int).
func (t text) lastIndexRune(n int32, from int) int {
	if u := runeText(n); len(u) > 0 {
		return t.lastIndex(u, from)
	}
	return -1
}
