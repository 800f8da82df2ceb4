package patch

import "math/bits"

// bitWriter writes deflate's bits, the lowest first.
type bitWriter struct {
	out  []byte
	hold uint64
	n    uint
}

func (w *bitWriter) put(v uint64, n uint) {
	w.hold |= v << w.n
	for w.n += n; w.n >= 8; w.n -= 8 {
		w.out = append(w.out, byte(w.hold))
		w.hold >>= 8
	}
}

// align fills the last byte with zeros.
func (w *bitWriter) align() {
	if w.n > 0 {
		w.put(0, 8-w.n)
	}
}

// Alphabets of RFC 1951.
const (
	endOfBlock = 256
	lengths    = 286 // literals, end of block, lengths
	distances  = 30
	codeCodes  = 19
)

// extraLength and extraDistance are the extra bits of each code of the alphabets; baseLength and baseDistance the
// first value. codeOrder is the order in which the lengths of the codes for code lengths are stored (RFC 1951, 3.2.5
// and 3.2.7).
var (
	extraLength = [29]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	baseLength  = [29]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}

	extraDistance = [distances]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
	baseDistance  = [distances]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}

	codeOrder = [codeCodes]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
	extraCode = [codeCodes]uint8{16: 2, 17: 3, 18: 7}
)

// lengthCode is the code, from 0 on, of a length.
func lengthCode(n int) int {
	if n == maxMatch {
		return 28
	}
	n -= minMatch
	if n < 8 {
		return n
	}
	b := bits.Len(uint(n)) - 3
	return 4*(b+1) + n>>b - 4
}

// distanceCode is the code of a distance.
func distanceCode(n int) int {
	if n--; n < 4 {
		return n
	}
	b := bits.Len(uint(n)) - 2
	return 2*(b+1) + n>>b - 2
}

// fixedLengths gives the code lengths of fixed blocks.
func fixedLengths() (l [288]uint8, d [distances]uint8) {
	for k := range l {
		switch {
		case k < 144:
			l[k] = 8
		case k < 256:
			l[k] = 9
		case k < 280:
			l[k] = 7
		default:
			l[k] = 8
		}
	}
	for k := range d {
		d[k] = 5
	}
	return l, d
}

// canonical gives the codes of code lengths of at most 15 bits, reversed, as they are written (RFC 1951, 3.2.2).
func canonical(lens []uint8) []uint16 {
	var count, next [17]int
	for _, n := range lens {
		count[n]++
	}
	count[0] = 0
	for n := 1; n < 16; n++ {
		next[n+1] = (next[n] + count[n]) << 1
	}
	codes := make([]uint16, len(lens))
	for k, n := range lens {
		if n > 0 {
			codes[k] = bits.Reverse16(uint16(next[n])) >> (16 - n)
			next[n]++
		}
	}
	return codes
}
