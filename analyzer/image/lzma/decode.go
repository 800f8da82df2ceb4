package lzma

import "math"

// slack is more than the input that one symbol can take (20 bytes).
const slack = 32

// decoder decodes LZMA symbols into a flat buffer.
type decoder struct {
	model
	rng, code      uint64
	state          int
	rep            [4]uint32 // last distances, less one
	pending        int       // bytes of a match that did not fit below the limit
	lc             uint
	lpMask, pbMask int
	dict           int // how far back a distance may lead
	base           int // where the dictionary starts in the buffer: no distance leads before it
	phase          int // what makes positions in the buffer positions in the stream, modulo 16
}

// anyDistance is the dict of a decoder whose buffer never slides: what is there may be referred to.
const anyDistance = math.MaxInt

// resetState makes the decoder one that has seen nothing, of the same properties and dictionary.
func (d *decoder) resetState() {
	d.model.reset()
	d.state, d.rep, d.pending = 0, [4]uint32{}, 0
}

// resetDict makes position out of the buffer the first of the dictionary.
func (d *decoder) resetDict(out int) {
	d.base, d.phase = out, -out&(maxPosStates-1)
}

// decode is run, with src as all there is of input: its last symbols are decoded too. Input that ends inside of a
// symbol gives cut.
func (d *decoder) decode(dst []byte, out, limit int, src []byte) (int, int, status) {
	out, pos, st := d.run(dst, out, limit, src, 0)
	if st != running || out == limit && d.rng >= top {
		return out, pos, st
	}
	var tail [2 * slack]byte // what is left and zeros
	have := copy(tail[:slack], src[pos:])
	for p := 0; ; {
		good := out
		if out, p, st = d.run(dst, out, limit, tail[:p+slack], p); out == limit && st == running {
			d.rng, d.code, p = norm(d.rng, d.code, tail[:], p)
		}
		if p > have {
			return good, len(src), cut
		}
		if st != running || out == limit {
			return out, pos + p, st
		}
	}
}

// run decodes symbols from src[pos:] to dst[out:limit] until that is full or less input is left than one symbol
// can take. It returns the new out and pos.
func (d *decoder) run(dst []byte, out, limit int, src []byte, pos int) (int, int, status) {
	if d.pending > 0 {
		out = d.copy(dst, out, limit, d.pending)
	}
	rng, code, state := d.rng, d.code, d.state
	m := &d.model
	safe := len(src) - slack
	st := running
	var bit bool
	var sym uint64
	for out < limit && pos <= safe {
		posState := (out + d.phase) & d.pbMask
		rng, code, pos = norm(rng, code, src, pos)
		rng, code, bit = test(rng, code, &m.isMatch[state<<4+posState])
		if !bit {
			prev := uint(0)
			if out > d.base {
				prev = uint(dst[out-1])
			}
			context := uint((out+d.phase)&d.lpMask)<<d.lc + prev>>(8-d.lc)
			lit := (*[litSize]uint16)(m.literal[context*litSize:])
			if state < 7 {
				rng, code, pos, sym = plain(lit, rng, code, src, pos)
			} else {
				// A match came before, so its distance is good.
				rng, code, pos, sym = matched(lit, uint64(dst[out-1-int(d.rep[0])]), rng, code, src, pos)
			}
			dst[out] = byte(sym)
			out++
			state = int(afterLiteral[state])
			continue
		}
		var kind, n int
		rng, code, pos, kind, n = d.match(state, posState, rng, code, src, pos)
		state = int(afterMatch[kind][state])
		if d.rep[0] == endMarker {
			st = ended
			break
		}
		if uint(d.rep[0]) >= uint(min(out-d.base, d.dict)) {
			st = broken
			break
		}
		out = d.copy(dst, out, limit, n)
	}
	d.rng, d.code, d.state = rng, code, state
	return out, pos, st
}

// Kinds of match: a new distance, an old one, the last one for a single byte.
const (
	newMatch = iota
	repMatch
	shortRep
)

// afterLiteral and afterMatch give the next state.
var (
	afterLiteral = [numStates]uint8{0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5}
	afterMatch   = [...][numStates]uint8{
		newMatch: {7, 7, 7, 7, 7, 7, 7, 10, 10, 10, 10, 10},
		repMatch: {8, 8, 8, 8, 8, 8, 8, 11, 11, 11, 11, 11},
		shortRep: {9, 9, 9, 9, 9, 9, 9, 11, 11, 11, 11, 11},
	}
)

// plain decodes a literal that follows a literal.
func plain(lit *[litSize]uint16, rng, code uint64, src []byte, pos int) (uint64, uint64, int, uint64) {
	var mask uint64
	sym := uint64(1)
	for sym < 0x100 {
		rng, code, pos = norm(rng, code, src, pos)
		rng, code, mask = step(rng, code, &lit[sym])
		sym = sym<<1 + 1 + mask
	}
	return rng, code, pos, sym
}

// matched decodes a literal that follows a match: byte is what the match would have gone on with, and it selects
// the probabilities as long as the literal agrees with it.
func matched(lit *[litSize]uint16, match, rng, code uint64, src []byte, pos int) (uint64, uint64, int, uint64) {
	var mask uint64
	sym, agrees := uint64(1), uint64(0x100)
	for sym < 0x100 {
		match <<= 1
		expected := match & agrees
		rng, code, pos = norm(rng, code, src, pos)
		rng, code, mask = step(rng, code, &lit[agrees+expected+sym])
		sym = sym<<1 + 1 + mask
		agrees = expected ^ agrees&mask
	}
	return rng, code, pos, sym
}
