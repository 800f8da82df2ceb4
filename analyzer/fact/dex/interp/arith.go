package interp

import "math"

func (m *Machine) divideByZero() error {
	return m.throw("java/lang/ArithmeticException", "divide by zero")
}

// intOp runs an operation on ints in the order of the opcodes; a divisor is not 0. In Go, as in Java, the smallest
// number divided by -1 is itself.
func intOp(kind uint8, x, y int32) int32 {
	switch kind {
	case 0:
		return x + y
	case 1:
		return x - y
	case 2:
		return x * y
	case 3:
		return x / y
	case 4:
		return x % y
	case 5:
		return x & y
	case 6:
		return x | y
	case 7:
		return x ^ y
	case 8:
		return x << (uint32(y) & 31)
	case 9:
		return x >> (uint32(y) & 31)
	}
	return int32(uint32(x) >> (uint32(y) & 31))
}

func (m *Machine) longOp(kind uint8, x, y int64) (reg, error) {
	var n int64
	switch kind {
	case 0:
		n = x + y
	case 1:
		n = x - y
	case 2:
		n = x * y
	case 3, 4:
		if y == 0 {
			return reg{}, m.divideByZero()
		}
		if n = x / y; kind == 4 {
			n = x % y
		}
	case 5:
		n = x & y
	case 6:
		n = x | y
	case 7:
		n = x ^ y
	case 8:
		n = x << (uint64(y) & 63)
	case 9:
		n = x >> (uint64(y) & 63)
	default:
		n = int64(uint64(x) >> (uint64(y) & 63))
	}
	return reg{n: n}, nil
}

// floatOp runs an operation on doubles. Of two floats its result, rounded to float, is that of the operation on
// floats, as a double has more than twice their digits.
func floatOp(kind uint8, x, y float64) float64 {
	switch kind {
	case 0:
		return x + y
	case 1:
		return x - y
	case 2:
		return x * y
	case 3:
		return x / y
	}
	return math.Mod(x, y)
}

// compare is cmpl-float, cmpg-float, cmpl-double, cmpg-double and cmp-long.
func compare(kind uint8, a, b reg) int64 {
	if kind == 4 {
		return order(a.n < b.n, a.n > b.n, 0)
	}
	x, y := a.f64(), b.f64()
	if kind < 2 {
		x, y = float64(a.f32()), float64(b.f32())
	}
	unordered := int64(-1)
	if kind&1 == 1 {
		unordered = 1
	}
	if x == y {
		return 0
	}
	return order(x < y, x > y, unordered)
}

func order(less, more bool, neither int64) int64 {
	switch {
	case less:
		return -1
	case more:
		return 1
	}
	return neither
}

// condition is if-eq, if-ne, if-lt, if-ge, if-gt and if-le.
func condition(kind uint8, x, y reg) bool {
	switch kind {
	case 0:
		return x.o == y.o && int32(x.n) == int32(y.n)
	case 1:
		return x.o != y.o || int32(x.n) != int32(y.n)
	case 2:
		return int32(x.n) < int32(y.n)
	case 3:
		return int32(x.n) >= int32(y.n)
	case 4:
		return int32(x.n) > int32(y.n)
	}
	return int32(x.n) <= int32(y.n)
}

// unary is neg-int to int-to-short.
func unary(kind uint8, r reg) reg {
	switch kind {
	case 0:
		return reg{n: int64(-r.i32())}
	case 1:
		return reg{n: int64(^r.i32())}
	case 2:
		return reg{n: -r.n}
	case 3:
		return reg{n: ^r.n}
	case 4:
		return floatReg(-r.f32())
	case 5:
		return doubleReg(-r.f64())
	case 6:
		return reg{n: int64(r.i32())}
	case 7:
		return floatReg(float32(r.i32()))
	case 8:
		return doubleReg(float64(r.i32()))
	case 9:
		return reg{n: int64(int32(r.n))}
	case 10:
		return floatReg(float32(r.n))
	case 11:
		return doubleReg(float64(r.n))
	case 12:
		return reg{n: saturate(float64(r.f32()), math.MinInt32, math.MaxInt32)}
	case 13:
		return reg{n: saturate(float64(r.f32()), math.MinInt64, math.MaxInt64)}
	case 14:
		return doubleReg(float64(r.f32()))
	case 15:
		return reg{n: saturate(r.f64(), math.MinInt32, math.MaxInt32)}
	case 16:
		return reg{n: saturate(r.f64(), math.MinInt64, math.MaxInt64)}
	case 17:
		return floatReg(float32(r.f64()))
	case 18:
		return reg{n: int64(int8(r.n))}
	case 19:
		return reg{n: int64(uint16(r.n))}
	}
	return reg{n: int64(int16(r.n))}
}

// saturate converts as Java does: NaN is 0, what does not fit is the nearest number that does.
func saturate(f float64, low, high int64) int64 {
	switch {
	case f != f:
		return 0
	case f <= float64(low):
		return low
	case f >= float64(high):
		return high
	}
	return int64(f)
}
