package dataflow

import (
	"romscan/analyzer/fact/dex"
)

// sign is what comes out where two long numbers are compared: of one and 0, what stands to 0 as that one does.
func (f *frame) sign(in *dex.Insn) value {
	if v := f.reg(in.Reg(1)); in.Op == opCmpLong && f.reg(in.Reg(2)) == f.a.t.num(0) && v != nothing {
		return v
	}
	if f.a.followsTests() {
		return f.a.t.join(f.a.t.any(), f.a.asAnswers(f.a.secrets(f.a.t.join(f.reg(in.Reg(1)), f.reg(in.Reg(2))))))
	}
	return f.a.t.any()
}

// opCmpLong compares two numbers of 64 bits (Dalvik bytecode, cmp-long).
const opCmpLong = 0x31

func (f *frame) unary(op dex.Op, v value) value {
	n, ok := f.a.t.number(v)
	if !ok {
		return f.a.derive(v, 0)
	}
	switch op {
	case 0x7b, 0x7d:
		return f.a.t.num(-n)
	case 0x7c, 0x7e:
		return f.a.t.num(^n)
	case 0x81, 0x84:
		return f.a.t.num(int64(int32(n)))
	case 0x8d:
		return f.a.t.num(int64(int8(n)))
	case 0x8e:
		return f.a.t.num(int64(uint16(n)))
	case 0x8f:
		return f.a.t.num(int64(int16(n)))
	}
	return f.a.t.any()
}

// binary folds numbers; op 0 is add-int, as 0x90 is.
func (f *frame) binary(op dex.Op, x, y value) value {
	n, ok1 := f.a.t.number(x)
	m, ok2 := f.a.t.number(y)
	if !f.inLoop() && ok1 != ok2 && op <= 1 {
		length, by := x, m
		if ok1 {
			length, by = y, n
		}
		if op == 1 {
			by = -by
		}
		if v, ok := f.a.lengthen(length, by); ok && (op == 0 || ok2) {
			return v
		}
	}
	if op == 5 && !f.inLoop() {
		if v, ok := f.a.bothHold(x, y); ok {
			return v
		}
	}
	if !ok1 || !ok2 || f.inLoop() || op >= 0x16 {
		return f.a.derive(f.a.t.join(x, y), 0)
	}
	wide, bits := op >= 0x0b, uint64(31) // of a shift's distance, by the Dalvik bytecode's definition
	if wide {
		op, bits = op-0x0b, 63
	}
	var r int64
	switch op {
	case 0:
		r = n + m
	case 1:
		r = n - m
	case 2:
		r = n * m
	case 3, 4:
		if m == 0 {
			return f.a.t.any()
		}
		if r = n / m; op == 4 {
			r = n % m
		}
	case 5:
		r = n & m
	case 6:
		r = n | m
	case 7:
		r = n ^ m
	case 8:
		r = n << (uint64(m) & bits)
	case 9:
		r = n >> (uint64(m) & bits)
	default:
		return f.a.t.any()
	}
	if !wide {
		r = int64(int32(r))
	}
	return f.a.t.num(r)
}

func (f *frame) literal(op dex.Op, x value, lit int64) value {
	kinds := [...]dex.Op{0, 1, 2, 3, 4, 5, 6, 7}
	y := f.a.t.num(lit)
	switch {
	case op == 0xd1 || op == 0xd9:
		return f.binary(1, y, x)
	case op <= 0xd7:
		return f.binary(kinds[op-0xd0], x, y)
	case op <= 0xdf:
		return f.binary(kinds[op-0xd8], x, y)
	}
	return f.binary(op-0xe0+8, x, y)
}
