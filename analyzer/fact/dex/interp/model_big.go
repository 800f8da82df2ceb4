package interp

import (
	"math"
	"math/big"
	"slices"
)

func bigConstant(n int64) func(*Machine) (reg, error) {
	return func(m *Machine) (reg, error) { return m.retNew("java/math/BigInteger", big.NewInt(n)) }
}

func (m *Machine) retBig(n *big.Int) (reg, error) {
	if n.BitLen() > maxBits {
		return reg{}, stop(Memory, "a number of %d bits", n.BitLen())
	}
	if err := m.work(int64(n.BitLen()) / 8); err != nil {
		return reg{}, err
	}
	return m.retNew("java/math/BigInteger", n)
}

func bigTable() table {
	t := table{
		"valueOf(J)" + tBI:     func(m *Machine, a []reg) (reg, error) { return m.retBig(big.NewInt(a[0].n)) },
		"<init>(" + tS + ")V":  initial(func(m *Machine, a []reg) (any, error) { return m.parseBig(a[1].o, 10) }),
		"<init>(" + tS + "I)V": initial(func(m *Machine, a []reg) (any, error) { return m.parseBig(a[1].o, int(a[2].n)) }),
		"<init>([B)V": initial(func(m *Machine, a []reg) (any, error) {
			b, err := m.bytes(a[1].o)
			if err != nil {
				return nil, err
			}
			if len(b) == 0 || len(b) > maxBits/8 {
				return nil, stop(Unmodelled, "a number of %d bytes", len(b))
			}
			n := new(big.Int).SetBytes(b)
			if b[0] >= 0x80 {
				n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
			}
			return n, nil
		}),
		"<init>(I[B)V": initial(func(m *Machine, a []reg) (any, error) {
			b, err := m.bytes(a[2].o)
			if err != nil || len(b) > maxBits/8 {
				return nil, cmpErr(err, stop(Unmodelled, "a number of %d bytes", len(b)))
			}
			n := new(big.Int).SetBytes(b)
			if s := a[1].i32(); s < 0 {
				n.Neg(n)
			} else if s == 0 && n.Sign() != 0 {
				return nil, m.throw("java/lang/NumberFormatException", "signum-magnitude mismatch")
			}
			return n, nil
		}),
		"toString()" + tS: on(func(m *Machine, n *big.Int, a []reg) (reg, error) { return m.retStr(n.String()) }),
		"toString(I)" + tS: on(func(m *Machine, n *big.Int, a []reg) (reg, error) {
			base := int(a[1].n)
			if base < 2 || base > 36 {
				base = 10
			}
			return m.retStr(n.Text(base))
		}),
		"toByteArray()[B": on(func(m *Machine, n *big.Int, a []reg) (reg, error) { return m.retBytes(twos(n)) }),
		"intValue()I":     on(func(m *Machine, n *big.Int, a []reg) (reg, error) { return retInt(int32(low64(n))) }),
		"longValue()J":    on(func(m *Machine, n *big.Int, a []reg) (reg, error) { return retLong(low64(n)) }),
		"signum()I":       on(func(m *Machine, n *big.Int, a []reg) (reg, error) { return retInt(n.Sign()) }),
		"bitLength()I": on(func(m *Machine, n *big.Int, a []reg) (reg, error) {
			if n.Sign() < 0 {
				n = new(big.Int).Not(n)
			}
			return retInt(n.BitLen())
		}),
		"testBit(I)Z": on(func(m *Machine, n *big.Int, a []reg) (reg, error) {
			if a[1].n < 0 {
				return reg{}, m.throw("java/lang/ArithmeticException", "negative bit")
			}
			return retBool(n.Bit(int(min(a[1].n, maxBits+1))) != 0)
		}),
		"negate()" + tBI:      on(func(m *Machine, n *big.Int, a []reg) (reg, error) { return m.retBig(new(big.Int).Neg(n)) }),
		"abs()" + tBI:         on(func(m *Machine, n *big.Int, a []reg) (reg, error) { return m.retBig(new(big.Int).Abs(n)) }),
		"not()" + tBI:         on(func(m *Machine, n *big.Int, a []reg) (reg, error) { return m.retBig(new(big.Int).Not(n)) }),
		"shiftLeft(I)" + tBI:  on(func(m *Machine, n *big.Int, a []reg) (reg, error) { return m.shift(n, a[1].n) }),
		"shiftRight(I)" + tBI: on(func(m *Machine, n *big.Int, a []reg) (reg, error) { return m.shift(n, -a[1].n) }),
		"pow(I)" + tBI: on(func(m *Machine, n *big.Int, a []reg) (reg, error) {
			if a[1].n < 0 || a[1].n > maxBits || int64(n.BitLen())*a[1].n > maxBits {
				return reg{}, stop(Memory, "a power")
			}
			return m.retBig(new(big.Int).Exp(n, big.NewInt(a[1].n), nil))
		}),
		"equals(" + tO + ")Z": on(func(m *Machine, n *big.Int, a []reg) (reg, error) {
			if a[1].o == nil {
				return retBool(false)
			}
			o, ok := a[1].o.native.(*big.Int)
			return retBool(ok && n.Cmp(o) == 0)
		}),
		"compareTo(" + tBI + ")I": on(func(m *Machine, n *big.Int, a []reg) (reg, error) {
			o, err := state[*big.Int](m, a[1].o)
			return then(err, func() (reg, error) { return retInt(n.Cmp(o)) })
		}),
		"modPow(" + tBI + tBI + ")" + tBI: on(func(m *Machine, n *big.Int, a []reg) (reg, error) {
			e, err := state[*big.Int](m, a[1].o)
			if err != nil {
				return reg{}, err
			}
			mod, err := state[*big.Int](m, a[2].o)
			if err != nil {
				return reg{}, err
			}
			if mod.Sign() <= 0 || e.Sign() < 0 {
				return reg{}, m.throw("java/lang/ArithmeticException", "BigInteger: modulus not positive")
			}
			words := int64(mod.BitLen()/64 + 1)
			if err := m.work(int64(e.BitLen()) * words * words / 8); err != nil {
				return reg{}, err
			}
			return m.retBig(new(big.Int).Exp(n, e, mod))
		}),
	}
	for name, f := range map[string]func(x, y *big.Int) *big.Int{
		"add": func(x, y *big.Int) *big.Int { return new(big.Int).Add(x, y) }, "subtract": func(x, y *big.Int) *big.Int { return new(big.Int).Sub(x, y) },
		"multiply": func(x, y *big.Int) *big.Int { return new(big.Int).Mul(x, y) }, "and": func(x, y *big.Int) *big.Int { return new(big.Int).And(x, y) },
		"or": func(x, y *big.Int) *big.Int { return new(big.Int).Or(x, y) }, "xor": func(x, y *big.Int) *big.Int { return new(big.Int).Xor(x, y) },
		"gcd": func(x, y *big.Int) *big.Int {
			return new(big.Int).GCD(nil, nil, new(big.Int).Abs(x), new(big.Int).Abs(y))
		},
		"divide": divisor((*big.Int).Quo), "remainder": divisor((*big.Int).Rem), "mod": divisor(func(z, x, y *big.Int) *big.Int {
			if y.Sign() < 0 {
				return nil
			}
			return z.Mod(x, y)
		}),
		"modInverse": divisor(func(z, x, y *big.Int) *big.Int {
			if y.Sign() < 0 {
				return nil
			}
			return z.ModInverse(x, y)
		}),
	} {
		t[name+"("+tBI+")"+tBI] = on(func(m *Machine, x *big.Int, a []reg) (reg, error) {
			y, err := state[*big.Int](m, a[1].o)
			if err != nil {
				return reg{}, err
			}
			if err := m.work(int64(x.BitLen())*int64(y.BitLen())/4096 + 4); err != nil {
				return reg{}, err
			}
			z := f(x, y)
			if z == nil {
				return reg{}, m.throw("java/lang/ArithmeticException", "BigInteger divide by zero")
			}
			return m.retBig(z)
		})
	}
	return t
}

func cmpErr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// divisor guards a division by zero, for which it returns nil.
func divisor(f func(z, x, y *big.Int) *big.Int) func(x, y *big.Int) *big.Int {
	return func(x, y *big.Int) *big.Int {
		if y.Sign() == 0 {
			return nil
		}
		return f(new(big.Int), x, y)
	}
}

func (m *Machine) shift(n *big.Int, by int64) (reg, error) {
	if by > maxBits {
		return reg{}, stop(Memory, "a shift by %d", by)
	}
	if by < 0 {
		return m.retBig(new(big.Int).Rsh(n, uint(min(-by, math.MaxInt32))))
	}
	return m.retBig(new(big.Int).Lsh(n, uint(by)))
}

func (m *Machine) parseBig(o *object, base int) (any, error) {
	t, err := m.text(o)
	if err != nil {
		return nil, err
	}
	s := t.String()
	if len(s) > maxBits/6 {
		return nil, stop(Memory, "a number of %d digits", len(s))
	}
	n, ok := (*big.Int)(nil), false
	if base >= 2 && base <= 36 && !slices.Contains([]byte(s), '_') {
		n, ok = new(big.Int).SetString(s, base)
	}
	if !ok {
		return nil, m.throw("java/lang/NumberFormatException", "%q", clip(s))
	}
	return n, nil
}

// twos is BigInteger.toByteArray: two's complement, as short as it can be, high byte first.
func twos(n *big.Int) []byte {
	if n.Sign() >= 0 {
		b := n.Bytes()
		if len(b) == 0 || b[0] >= 0x80 {
			b = append([]byte{0}, b...)
		}
		return b
	}
	b := twos(new(big.Int).Not(n))
	for i := range b {
		b[i] = ^b[i]
	}
	return b
}

func low64(n *big.Int) int64 {
	low := new(big.Int).And(n, new(big.Int).SetUint64(math.MaxUint64))
	return int64(low.Uint64())
}
