package interp

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// floatTable is Double or Float.
func floatTable(kind, parse string, size int) table {
	class := map[string]string{"D": "Double", "F": "Float"}[kind]
	this := "Ljava/lang/" + class + ";"
	value := func(r reg) (any, float64) {
		if size == 64 {
			return r.f64(), r.f64()
		}
		return r.f32(), float64(r.f32())
	}
	parsed := func(m *Machine, o *object) (reg, error) {
		t, err := m.text(o)
		if err != nil {
			return reg{}, err
		}
		s := strings.TrimSpace(t.String())
		body := strings.ToLower(strings.TrimRight(s, "dDfF"))
		f, perr := strconv.ParseFloat(body, size)
		if perr != nil && f == 0 || strings.ContainsAny(body, "_ixp") || strings.Contains(body, "nan") {
			return reg{}, m.throw("java/lang/NumberFormatException", "For input string: %q", clip(s))
		}
		if size == 64 {
			return doubleReg(f), nil
		}
		return floatReg(float32(f)), nil
	}
	t := table{
		"<init>(" + kind + ")V":       initial(func(m *Machine, a []reg) (any, error) { v, _ := value(a[1]); return v, nil }),
		parse + "(" + tS + ")" + kind: func(m *Machine, a []reg) (reg, error) { return parsed(m, a[0].o) },
		"valueOf(" + tS + ")" + this: func(m *Machine, a []reg) (reg, error) {
			r, err := parsed(m, a[0].o)
			v, _ := value(r)
			return then(err, func() (reg, error) { return m.box(v) })
		},
		"valueOf(" + kind + ")" + this: func(m *Machine, a []reg) (reg, error) { v, _ := value(a[0]); return m.box(v) },
		"toString(" + kind + ")" + tS:  func(m *Machine, a []reg) (reg, error) { _, f := value(a[0]); return m.retStr(javaDouble(f, size)) },
		"isNaN(" + kind + ")Z":         func(m *Machine, a []reg) (reg, error) { _, f := value(a[0]); return retBool(f != f) },
		"isInfinite(" + kind + ")Z":    func(m *Machine, a []reg) (reg, error) { _, f := value(a[0]); return retBool(math.IsInf(f, 0)) },
		"compare(" + kind + kind + ")I": func(m *Machine, a []reg) (reg, error) {
			_, x := value(a[0])
			_, y := value(a[1])
			if x != x || y != y || x == 0 && y == 0 {
				x, y = ordered(x), ordered(y)
			}
			return reg{n: order(x < y, x > y, 0)}, nil
		},
		"hashCode()I": func(m *Machine, a []reg) (reg, error) {
			switch f := a[0].o.native.(type) {
			case float32:
				return retInt(int32(math.Float32bits(f)))
			case float64:
				n := math.Float64bits(f)
				return retInt(int32(n ^ n>>32))
			}
			return reg{}, stop(Unmodelled, "hash code")
		},
	}
	if size == 64 {
		t["doubleToLongBits(D)J"] = func(m *Machine, a []reg) (reg, error) { return retLong(canonical(a[0])) }
		t["doubleToRawLongBits(D)J"] = func(m *Machine, a []reg) (reg, error) { return retLong(a[0].n) }
		t["longBitsToDouble(J)D"] = func(m *Machine, a []reg) (reg, error) { return a[0], nil }
	} else {
		t["floatToIntBits(F)I"] = func(m *Machine, a []reg) (reg, error) {
			if f := a[0].f32(); f != f {
				return retInt(0x7fc00000)
			}
			return retInt(a[0].i32())
		}
		t["floatToRawIntBits(F)I"] = func(m *Machine, a []reg) (reg, error) { return retInt(a[0].i32()) }
		t["intBitsToFloat(I)F"] = func(m *Machine, a []reg) (reg, error) { return a[0], nil }
	}
	return t
}

func canonical(r reg) int64 {
	if f := r.f64(); f != f {
		return 0x7ff8000000000000
	}
	return r.n
}

// ordered places what == cannot order: -0 below 0, NaN above all.
func ordered(f float64) float64 {
	switch {
	case f != f:
		return math.Inf(1) // of two infinities this is a draw, which Java breaks; decoders have none
	case f == 0 && math.Signbit(f):
		return -math.SmallestNonzeroFloat64
	}
	return f
}

// characterModels are java.lang.Character. Classes of letters are those of the Unicode version of Go.
func characterModels() map[string]table {
	t := table{
		"valueOf(C)Ljava/lang/Character;": func(m *Machine, a []reg) (reg, error) { return m.box(uint16(a[0].n)) },
		"<init>(C)V":                      initial(func(m *Machine, a []reg) (any, error) { return uint16(a[1].n), nil }),
		"charValue()C":                    on(func(m *Machine, c uint16, a []reg) (reg, error) { return retInt(c) }),
		"hashCode()I":                     on(func(m *Machine, c uint16, a []reg) (reg, error) { return retInt(c) }),
		"toString()" + tS:                 on(func(m *Machine, c uint16, a []reg) (reg, error) { return m.retText(text{c}) }),
		"equals(" + tO + ")Z": on(func(m *Machine, c uint16, a []reg) (reg, error) {
			return retBool(a[1].o != nil && a[1].o.native == any(c))
		}),
		"toString(C)" + tS: func(m *Machine, a []reg) (reg, error) { return m.retText(text{uint16(a[0].n)}) },
		"toChars(I)[C": func(m *Machine, a []reg) (reg, error) {
			u := runeText(a[0].i32())
			if u == nil {
				return reg{}, m.illegal("%d", a[0].n)
			}
			return m.retArray("[C", []uint16(u), 4)
		},
		"charCount(I)I":       func(m *Machine, a []reg) (reg, error) { return retInt(1 + int(boolReg(a[0].n >= 0x10000).n)) },
		"isSurrogate(C)Z":     func(m *Machine, a []reg) (reg, error) { return retBool(a[0].n&0xf800 == 0xd800) },
		"isHighSurrogate(C)Z": func(m *Machine, a []reg) (reg, error) { return retBool(a[0].n&0xfc00 == 0xd800) },
		"isLowSurrogate(C)Z":  func(m *Machine, a []reg) (reg, error) { return retBool(a[0].n&0xfc00 == 0xdc00) },
		"toCodePoint(CC)I": func(m *Machine, a []reg) (reg, error) {
			return retInt(int32((a[0].n-0xd800)<<10 + a[1].n - 0xdc00 + 0x10000))
		},
		"compare(CC)I":        func(m *Machine, a []reg) (reg, error) { return retInt(int32(a[0].n - a[1].n)) },
		"getNumericValue(C)I": func(m *Machine, a []reg) (reg, error) { return retInt(digit(a[0].n, 36)) },
		"forDigit(II)C": func(m *Machine, a []reg) (reg, error) {
			if r := a[1].n; r < 2 || r > 36 || a[0].n < 0 || a[0].n >= r {
				return reg{}, nil
			}
			return reg{n: int64(strconv.FormatInt(a[0].n, 36)[0])}, nil
		},
	}
	for _, kind := range []string{"C", "I"} {
		for name, f := range map[string]func(rune) bool{
			"isDigit": unicode.IsDigit, "isLetter": unicode.IsLetter, "isUpperCase": unicode.IsUpper, "isLowerCase": unicode.IsLower,
			"isLetterOrDigit": func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }, "isWhitespace": javaSpace,
			"isISOControl": func(r rune) bool { return r <= 0x1f || r >= 0x7f && r <= 0x9f }, "isSpaceChar": func(r rune) bool { return unicode.Is(unicode.Z, r) },
		} {
			t[name+"("+kind+")Z"] = func(m *Machine, a []reg) (reg, error) { return retBool(f(a[0].i32())) }
		}
		t["toLowerCase("+kind+")"+kind] = func(m *Machine, a []reg) (reg, error) { return retInt(unicode.ToLower(a[0].i32())) }
		t["toUpperCase("+kind+")"+kind] = func(m *Machine, a []reg) (reg, error) { return retInt(unicode.ToUpper(a[0].i32())) }
		t["digit("+kind+"I)I"] = func(m *Machine, a []reg) (reg, error) { return retInt(digit(a[0].n, a[1].n)) }
	}
	return map[string]table{"Ljava/lang/Character;": t}
}

func javaSpace(r rune) bool {
	return r >= 9 && r <= 13 || r >= 0x1c && r <= 0x1f || unicode.Is(unicode.Z, r) && r != 0xa0 && r != 0x2007 && r != 0x202f
}

// digit is Character.digit of ASCII and full-width characters.
func digit(c, radix int64) int32 {
	if c >= 0xff01 && c <= 0xff5e {
		c -= 0xfee0
	}
	n := int64(-1)
	switch {
	case c >= '0' && c <= '9':
		n = c - '0'
	case c >= 'a' && c <= 'z':
		n = c - 'a' + 10
	case c >= 'A' && c <= 'Z':
		n = c - 'A' + 10
	}
	if radix < 2 || radix > 36 || n >= radix {
		n = -1
	}
	return int32(n)
}
