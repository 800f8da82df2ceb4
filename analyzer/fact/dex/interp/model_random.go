package interp

// maxBits bounds the numbers of BigInteger: their operations cost more than their size.
const maxBits = 1 << 14

// random is the state of a java.util.Random, whose numbers the seed decides. Source: class documentation of Random.
type random struct {
	seed int64
}

func (r *random) set(seed int64) { r.seed = (seed ^ 0x5DEECE66D) & (1<<48 - 1) }

func (r *random) next(bits uint) int32 {
	r.seed = (r.seed*0x5DEECE66D + 0xB) & (1<<48 - 1)
	return int32(r.seed >> (48 - bits))
}

func (r *random) bound(n int32) int32 {
	if n&-n == n {
		return int32(int64(n) * int64(r.next(31)) >> 31)
	}
	for {
		bits := r.next(31)
		if v := bits % n; bits-v+(n-1) >= 0 {
			return v
		}
	}
}
