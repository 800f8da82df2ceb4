package interp

// numberModels are BigInteger and Random.
func numberModels() map[string]table {
	return map[string]table{"Ljava/math/BigInteger;": bigTable(), "Ljava/util/Random;": {
		"<init>(J)V":  initial(func(m *Machine, a []reg) (any, error) { r := &random{}; r.set(a[1].n); return r, nil }),
		"setSeed(J)V": on(func(m *Machine, r *random, a []reg) (reg, error) { r.set(a[1].n); return reg{}, nil }),
		"nextInt()I":  on(func(m *Machine, r *random, a []reg) (reg, error) { return retInt(r.next(32)) }),
		"nextLong()J": on(func(m *Machine, r *random, a []reg) (reg, error) {
			return retLong(int64(r.next(32))<<32 + int64(r.next(32)))
		}),
		"nextBoolean()Z": on(func(m *Machine, r *random, a []reg) (reg, error) { return retBool(r.next(1) != 0) }),
		"nextFloat()F": on(func(m *Machine, r *random, a []reg) (reg, error) {
			return floatReg(float32(r.next(24)) / (1 << 24)), nil
		}),
		"nextDouble()D": on(func(m *Machine, r *random, a []reg) (reg, error) {
			return doubleReg(float64(int64(r.next(26))<<27+int64(r.next(27))) / (1 << 53)), nil
		}),
		"nextInt(I)I": on(func(m *Machine, r *random, a []reg) (reg, error) {
			if a[1].i32() <= 0 {
				return reg{}, m.illegal("bound must be positive")
			}
			return retInt(r.bound(a[1].i32()))
		}),
		"nextBytes([B)V": on(func(m *Machine, r *random, a []reg) (reg, error) {
			b, err := state[[]int8](m, a[1].o)
			for i := 0; i < len(b); {
				n := r.next(32)
				for k := 0; k < 4 && i < len(b); k++ {
					b[i] = int8(n)
					n >>= 8
					i++
				}
			}
			return reg{}, err
		}),
	}}
}
