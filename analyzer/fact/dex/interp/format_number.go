package interp

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// javaDouble is Double.toString and, with 32 bits, Float.toString: the shortest digits that give the number back.
func javaDouble(f float64, bits int) string {
	switch {
	case f != f:
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0 && math.Signbit(f):
		return "-0.0"
	}
	if a := math.Abs(f); a == 0 || a >= 1e-3 && a < 1e7 {
		s := strconv.FormatFloat(f, 'f', -1, bits)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	s := strconv.FormatFloat(f, 'E', -1, bits)
	digits, exp, _ := strings.Cut(s, "E")
	if !strings.Contains(digits, ".") {
		digits += ".0"
	}
	sign := ""
	if exp = strings.TrimPrefix(exp, "+"); strings.HasPrefix(exp, "-") {
		sign, exp = "-", exp[1:]
	}
	return digits + "E" + sign + strings.TrimLeft(exp, "0")
}

// number spells %d, %x, %o and %f with their flags.
func (m *Machine) number(p spec, o *object) (string, error) {
	if o == nil {
		return "null", nil
	}
	s, negative := "", false
	n, whole := boxedInt(o)
	big, isBig := o.native.(*big.Int)
	switch verb := unicode.ToLower(rune(p.verb)); {
	case isBig && verb == 'd':
		s, negative = strings.TrimPrefix(big.String(), "-"), big.Sign() < 0
	case verb == 'f':
		f, ok := floatOf(o)
		if !ok || f != f || math.IsInf(f, 0) {
			return "", stop(Unmodelled, "%%f of %s", o.class.name)
		}
		if p.precision < 0 {
			p.precision = 6
		}
		s, negative = halfUp(math.Abs(f), p.precision), math.Signbit(f)
	case !whole || isBig:
		return "", stop(Unmodelled, "%%%c of %s", p.verb, o.class.name)
	case verb == 'd':
		s, negative = strings.TrimPrefix(itoa(n), "-"), n < 0
	default:
		base := map[rune]int{'x': 16, 'o': 8}[verb]
		s = strconv.FormatUint(uint64(n)&(1<<min(63, width(o))<<1-1), base)
		if strings.Contains(p.flags, "#") {
			s = map[int]string{16: "0x", 8: "0"}[base] + s
		}
	}
	if strings.ContainsAny(p.flags, "(") {
		return "", stop(Unmodelled, "format flag (")
	}
	if strings.Contains(p.flags, ",") {
		s = grouped(s)
	}
	sign := ""
	switch {
	case negative:
		sign = "-"
	case strings.Contains(p.flags, "+"):
		sign = "+"
	case strings.Contains(p.flags, " "):
		sign = " "
	}
	if strings.Contains(p.flags, "0") {
		if pad := p.width - len(s) - len(sign); pad > 0 {
			s = strings.Repeat("0", pad) + s
		}
	}
	return sign + s, nil
}

// width returns the bits of a boxed number, less one.
func width(o *object) int {
	switch o.native.(type) {
	case int8:
		return 7
	case int16, uint16:
		return 15
	case int32:
		return 31
	}
	return 63
}

// halfUp rounds the shortest decimal of a number, as Java's Formatter does.
func halfUp(f float64, digits int) string {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'f', -1, 64))
	if !ok {
		return "0"
	}
	return r.FloatString(digits)
}

func grouped(s string) string {
	whole, rest, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		return whole + "." + rest
	}
	return whole
}

func floatOf(o *object) (float64, bool) {
	switch f := o.native.(type) {
	case float64:
		return f, true
	case float32:
		return float64(f), true
	}
	return 0, false
}
