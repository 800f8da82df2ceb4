package lzma

// endMarker is the distance, less one, that stands for the end.
const endMarker = 1<<32 - 1

// match decodes what follows the bit that says match: distance, into rep[0], kind and length.
func (d *decoder) match(state, posState int, rng, code uint64, src []byte, pos int) (uint64, uint64, int, int, int) {
	var bit bool
	var n int
	m := &d.model
	rng, code, pos = norm(rng, code, src, pos)
	rng, code, bit = test(rng, code, &m.isRep[state])
	if !bit {
		d.rep[3], d.rep[2], d.rep[1] = d.rep[2], d.rep[1], d.rep[0]
		rng, code, pos, n = m.new.decode(rng, code, src, pos, posState)
		rng, code, pos, d.rep[0] = m.distance(rng, code, src, pos, n)
		return rng, code, pos, newMatch, n
	}
	rng, code, pos = norm(rng, code, src, pos)
	rng, code, bit = test(rng, code, &m.isRepG0[state])
	if !bit {
		rng, code, pos = norm(rng, code, src, pos)
		rng, code, bit = test(rng, code, &m.isRep0Long[state<<4+posState])
		if !bit {
			return rng, code, pos, shortRep, 1
		}
	} else {
		rng, code, pos = norm(rng, code, src, pos)
		rng, code, bit = test(rng, code, &m.isRepG1[state])
		dist := d.rep[1]
		if bit {
			rng, code, pos = norm(rng, code, src, pos)
			rng, code, bit = test(rng, code, &m.isRepG2[state])
			dist = d.rep[2]
			if bit {
				dist, d.rep[3] = d.rep[3], d.rep[2]
			}
			d.rep[2] = d.rep[1]
		}
		d.rep[1], d.rep[0] = d.rep[0], dist
	}
	rng, code, pos, n = m.rep.decode(rng, code, src, pos, posState)
	return rng, code, pos, repMatch, n
}

// decode decodes a length, from 2 to 273.
func (l *lengths) decode(rng, code uint64, src []byte, pos, posState int) (uint64, uint64, int, int) {
	var bit bool
	var mask uint64
	tree, least := l.low[posState&15][:], minMatch
	rng, code, pos = norm(rng, code, src, pos)
	rng, code, bit = test(rng, code, &l.choice)
	if bit {
		tree, least = l.mid[posState&15][:], minMatch+8
		rng, code, pos = norm(rng, code, src, pos)
		rng, code, bit = test(rng, code, &l.choice2)
		if bit {
			tree, least = l.high[:], minMatch+16
		}
	}
	sym := uint64(1)
	for sym < uint64(len(tree)) {
		rng, code, pos = norm(rng, code, src, pos)
		rng, code, mask = step(rng, code, &tree[sym])
		sym = sym<<1 + 1 + mask
	}
	return rng, code, pos, int(sym) - len(tree) + least
}

// distance decodes a distance, less one: its slot, which holds the two highest bits and how many follow, then
// these. n is the length of the match.
func (m *model) distance(rng, code uint64, src []byte, pos, n int) (uint64, uint64, int, uint32) {
	var mask uint64
	tree := &m.slot[min(n-minMatch, numLenToStates-1)]
	slot := uint64(1)
	for slot < 64 {
		rng, code, pos = norm(rng, code, src, pos)
		rng, code, mask = step(rng, code, &tree[slot])
		slot = slot<<1 + 1 + mask
	}
	slot -= 64
	if slot < 4 {
		return rng, code, pos, uint32(slot)
	}
	count := slot>>1 - 1
	dist := (2 | slot&1) << count
	low, lowBits := m.align[:], uint64(4)
	if slot < endPosModel {
		low, lowBits = m.special[dist-slot:], count
	}
	for i := count; i > lowBits; i-- { // bits of equal chance, highest first
		rng, code, pos = norm(rng, code, src, pos)
		rng >>= 1
		code -= rng
		mask = uint64(int64(code) >> 63)
		code += rng & mask
		dist += (1 + mask) << (i - 1)
	}
	sym := uint64(1)
	for i := range lowBits { // lowest first
		rng, code, pos = norm(rng, code, src, pos)
		rng, code, mask = step(rng, code, &low[sym])
		sym = sym<<1 + 1 + mask
		dist += (1 + mask) << i
	}
	return rng, code, pos, uint32(dist)
}

// copy copies n bytes of a match, up to the limit; the others are pending. The distance has been checked.
func (d *decoder) copy(dst []byte, out, limit, n int) int {
	c := min(n, limit-out)
	d.pending = n - c
	dist := int(d.rep[0]) + 1
	to := dst[out : out+c]
	if dist >= c {
		copy(to, dst[out-dist:])
		return out + c
	}
	from := dst[out-dist : out+c-dist]
	if dist == 1 {
		for i, v := 0, from[0]; i < len(to); i++ {
			to[i] = v
		}
		return out + c
	}
	for i := range to { // a byte may have been written by this loop
		to[i] = from[i]
	}
	return out + c
}
