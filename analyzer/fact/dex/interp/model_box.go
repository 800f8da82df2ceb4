package interp

import (
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// boxModels are Integer, Long, Short, Byte, Boolean, Double and Float.
func boxModels() map[string]table {
	all := map[string]table{
		"Ljava/lang/Integer;": wholeTable("I", "parseInt", 32, func(n int64) any { return int32(n) }),
		"Ljava/lang/Long;":    wholeTable("J", "parseLong", 64, func(n int64) any { return n }),
		"Ljava/lang/Short;":   wholeTable("S", "parseShort", 16, func(n int64) any { return int16(n) }),
		"Ljava/lang/Byte;":    wholeTable("B", "parseByte", 8, func(n int64) any { return int8(n) }),
		"Ljava/lang/Double;":  floatTable("D", "parseDouble", 64),
		"Ljava/lang/Float;":   floatTable("F", "parseFloat", 32),
		"Ljava/lang/Number;":  {},
		"Ljava/lang/Boolean;": {
			"valueOf(Z)Ljava/lang/Boolean;":          func(m *Machine, a []reg) (reg, error) { return m.box(a[0].n != 0) },
			"valueOf(" + tS + ")Ljava/lang/Boolean;": func(m *Machine, a []reg) (reg, error) { return m.box(isTrue(a[0].o)) },
			"parseBoolean(" + tS + ")Z":              func(m *Machine, a []reg) (reg, error) { return retBool(isTrue(a[0].o)) },
			"booleanValue()Z":                        on(func(m *Machine, b bool, a []reg) (reg, error) { return retBool(b) }),
			"toString(Z)" + tS:                       func(m *Machine, a []reg) (reg, error) { s, _ := plain(a[0].n != 0); return m.retStr(s) },
			"hashCode()I": on(func(m *Machine, b bool, a []reg) (reg, error) {
				return retInt(map[bool]int{true: 1231, false: 1237}[b])
			}),
		},
	}
	for _, class := range []string{"Integer", "Long", "Short", "Byte", "Double", "Float", "Boolean"} {
		t := all["Ljava/lang/"+class+";"]
		t["toString()"+tS] = func(m *Machine, a []reg) (reg, error) { s, _ := plain(a[0].o.native); return m.retStr(s) }
		t["equals("+tO+")Z"] = func(m *Machine, a []reg) (reg, error) {
			return retBool(a[1].o != nil && a[0].o.class == a[1].o.class && a[0].o.native == a[1].o.native)
		}
	}
	for sig, f := range bitModels() {
		class, sig, _ := strings.Cut(sig, "->")
		all["Ljava/lang/"+class+";"][sig] = f
	}
	for name, n := range map[string]byte{"intValue": 'I', "longValue": 'J', "byteValue": 'B', "shortValue": 'S', "floatValue": 'F', "doubleValue": 'D'} {
		all["Ljava/lang/Number;"][name+"()"+string(n)] = func(m *Machine, a []reg) (reg, error) {
			r, err := m.unbox(a[0].o)
			if err != nil {
				return reg{}, err
			}
			return narrow(n, r), nil
		}
	}
	return all
}

func isTrue(o *object) bool {
	if o == nil {
		return false
	}
	t, ok := o.native.(text)
	return ok && strings.EqualFold(t.String(), "true")
}

// number is an unboxed number: whole, or not.
type number struct {
	n     int64
	f     float64
	float bool
}

func (m *Machine) unbox(o *object) (number, error) {
	if o == nil {
		return number{}, m.npe()
	}
	if n, ok := boxedInt(o); ok {
		return number{n: n, f: float64(n)}, nil
	}
	if f, ok := floatOf(o); ok {
		return number{n: saturate(f, math.MinInt64, math.MaxInt64), f: f, float: true}, nil
	}
	return number{}, stop(Unmodelled, "number in %s", o.class.name)
}

func narrow(kind byte, v number) reg {
	if v.float && (kind == 'I' || kind == 'B' || kind == 'S') {
		v.n = saturate(v.f, math.MinInt32, math.MaxInt32)
	}
	switch kind {
	case 'I':
		return reg{n: int64(int32(v.n))}
	case 'B':
		return reg{n: int64(int8(v.n))}
	case 'S':
		return reg{n: int64(int16(v.n))}
	case 'F':
		if !v.float {
			return floatReg(float32(v.n))
		}
		return floatReg(float32(v.f))
	case 'D':
		return doubleReg(v.f)
	}
	return reg{n: v.n}
}

// parse is Integer.parseInt and the like.
func (m *Machine) parse(o *object, radix int64, size int) (int64, error) {
	if o == nil {
		return 0, m.throw("java/lang/NumberFormatException", "null")
	}
	t, err := m.text(o)
	if err != nil {
		return 0, err
	}
	s := t.String()
	n, perr := strconv.ParseInt(s, int(min(max(radix, 2), 36)), size)
	if perr != nil || radix < 2 || radix > 36 || strings.Contains(s, "_") {
		return 0, m.throw("java/lang/NumberFormatException", "For input string: %q", clip(s))
	}
	return n, nil
}

func wholeTable(kind, parse string, size int, make func(int64) any) table {
	class := map[string]string{"I": "Integer", "J": "Long", "S": "Short", "B": "Byte"}[kind]
	this := "Ljava/lang/" + class + ";"
	parsed := func(radix func(a []reg) int64, boxed bool) model {
		return func(m *Machine, a []reg) (reg, error) {
			n, err := m.parse(a[0].o, radix(a), size)
			if err != nil || !boxed {
				return reg{n: n}, err
			}
			return m.box(make(n))
		}
	}
	ten, second := func([]reg) int64 { return 10 }, func(a []reg) int64 { return int64(a[1].i32()) }
	return table{
		"<init>(" + kind + ")V":         initial(func(m *Machine, a []reg) (any, error) { return make(a[1].n), nil }),
		parse + "(" + tS + ")" + kind:   parsed(ten, false),
		parse + "(" + tS + "I)" + kind:  parsed(second, false),
		"valueOf(" + tS + ")" + this:    parsed(ten, true),
		"valueOf(" + tS + "I)" + this:   parsed(second, true),
		"valueOf(" + kind + ")" + this:  func(m *Machine, a []reg) (reg, error) { return m.box(make(a[0].n)) },
		"toString(" + kind + ")" + tS:   func(m *Machine, a []reg) (reg, error) { return m.retStr(itoa(a[0].n)) },
		"decode(" + tS + ")" + this:     decode(size, make),
		"compare(" + kind + kind + ")I": func(m *Machine, a []reg) (reg, error) { return reg{n: order(a[0].n < a[1].n, a[0].n > a[1].n, 0)}, nil },
		"compareTo(" + this + ")I": func(m *Machine, a []reg) (reg, error) {
			c, err := m.compareObjects(nil, a[0].o, a[1].o)
			return reg{n: int64(c)}, err
		},
		"hashCode()I": func(m *Machine, a []reg) (reg, error) {
			n, _ := boxedInt(a[0].o)
			if size == 64 {
				return retInt(int32(n ^ int64(uint64(n)>>32)))
			}
			return retInt(int32(n))
		},
	}
}

// decode is Integer.decode: 0x, # and 0 say the base.
func decode(size int, make func(int64) any) model {
	return func(m *Machine, a []reg) (reg, error) {
		t, err := m.text(a[0].o)
		if err != nil {
			return reg{}, err
		}
		s := t.String()
		body := strings.TrimLeft(s, "+-")
		sign, base := s[:len(s)-len(body)], 10
		switch low := strings.ToLower(body); {
		case strings.HasPrefix(low, "0x"):
			body, base = body[2:], 16
		case strings.HasPrefix(low, "#"):
			body, base = body[1:], 16
		case strings.HasPrefix(low, "0") && len(low) > 1:
			body, base = body[1:], 8
		}
		n, perr := strconv.ParseInt(sign+body, base, size)
		if perr != nil || len(sign) > 1 {
			return reg{}, m.throw("java/lang/NumberFormatException", "For input string: %q", clip(s))
		}
		return m.box(make(n))
	}
}

// bitModels are the static functions of Integer and Long on bits and bases.
func bitModels() map[string]model {
	i := func(f func(n uint32) int32) model {
		return func(m *Machine, a []reg) (reg, error) { return retInt(f(uint32(a[0].n))) }
	}
	l := func(f func(n uint64) int64) model {
		return func(m *Machine, a []reg) (reg, error) { return retLong(f(uint64(a[0].n))) }
	}
	s := func(base int, long bool) model {
		return func(m *Machine, a []reg) (reg, error) {
			n := uint64(a[0].n)
			if !long {
				n = uint64(uint32(n))
			}
			return m.retStr(strconv.FormatUint(n, base))
		}
	}
	radix := func(m *Machine, a []reg) (reg, error) {
		base := int(a[1].i32())
		if base < 2 || base > 36 {
			base = 10
		}
		return m.retStr(strconv.FormatInt(a[0].n, base))
	}
	return map[string]model{
		"Integer->toHexString(I)" + tS: s(16, false), "Integer->toOctalString(I)" + tS: s(8, false),
		"Integer->toBinaryString(I)" + tS: s(2, false), "Integer->toString(II)" + tS: radix,
		"Long->toHexString(J)" + tS: s(16, true), "Long->toOctalString(J)" + tS: s(8, true),
		"Long->toBinaryString(J)" + tS: s(2, true), "Long->toString(JI)" + tS: radix,
		"Integer->bitCount(I)I":              i(func(n uint32) int32 { return int32(bits.OnesCount32(n)) }),
		"Integer->reverse(I)I":               i(func(n uint32) int32 { return int32(bits.Reverse32(n)) }),
		"Integer->reverseBytes(I)I":          i(func(n uint32) int32 { return int32(bits.ReverseBytes32(n)) }),
		"Integer->numberOfLeadingZeros(I)I":  i(func(n uint32) int32 { return int32(bits.LeadingZeros32(n)) }),
		"Integer->numberOfTrailingZeros(I)I": i(func(n uint32) int32 { return int32(bits.TrailingZeros32(n)) }),
		"Integer->highestOneBit(I)I":         i(func(n uint32) int32 { return int32(n & (1 << 31 >> bits.LeadingZeros32(n))) }),
		"Integer->lowestOneBit(I)I":          i(func(n uint32) int32 { return int32(n & -n) }),
		"Integer->signum(I)I":                i(func(n uint32) int32 { return int32(order(int32(n) < 0, int32(n) > 0, 0)) }),
		"Integer->hashCode(I)I":              i(func(n uint32) int32 { return int32(n) }),
		"Integer->rotateLeft(II)I": func(m *Machine, a []reg) (reg, error) {
			return retInt(int32(bits.RotateLeft32(uint32(a[0].n), int(a[1].n&31))))
		},
		"Integer->rotateRight(II)I": func(m *Machine, a []reg) (reg, error) {
			return retInt(int32(bits.RotateLeft32(uint32(a[0].n), -int(a[1].n&31))))
		},
		"Long->bitCount(J)I":              l(func(n uint64) int64 { return int64(bits.OnesCount64(n)) }),
		"Long->reverse(J)J":               l(func(n uint64) int64 { return int64(bits.Reverse64(n)) }),
		"Long->reverseBytes(J)J":          l(func(n uint64) int64 { return int64(bits.ReverseBytes64(n)) }),
		"Long->numberOfLeadingZeros(J)I":  l(func(n uint64) int64 { return int64(bits.LeadingZeros64(n)) }),
		"Long->numberOfTrailingZeros(J)I": l(func(n uint64) int64 { return int64(bits.TrailingZeros64(n)) }),
		"Long->signum(J)I":                l(func(n uint64) int64 { return order(int64(n) < 0, int64(n) > 0, 0) }),
		"Long->rotateLeft(JI)J": func(m *Machine, a []reg) (reg, error) {
			return retLong(int64(bits.RotateLeft64(uint64(a[0].n), int(a[1].n&63))))
		},
		"Long->rotateRight(JI)J": func(m *Machine, a []reg) (reg, error) {
			return retLong(int64(bits.RotateLeft64(uint64(a[0].n), -int(a[1].n&63))))
		},
	}
}
