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

// tree is the Huffman code of one alphabet, made as zlib's trees.c makes it: of several best ones the very same.
type tree struct {
	freq  []int
	lens  []uint8
	extra func(symbol int) int // bits after a code
	fixed []uint8              // code lengths of fixed blocks, nil where there are none
	limit int                  // bits of a code
	last  int                  // symbol in use

	bits, fixedBits int // all of the block would take
}

func (t *tree) build() {
	n := len(t.freq)
	t.lens = make([]uint8, n)
	t.bits, t.fixedBits = 0, 0
	b := builder{t: t, freq: append(append(make([]int, 0, 2*n), t.freq...), make([]int, n)...), depth: make([]int, 2*n), up: make([]int, 2*n)}
	t.last = -1
	for k, f := range t.freq {
		if f > 0 {
			b.heap = append(b.heap, k)
			t.last = k
		}
	}
	// A code of at least two, though one bit of it is never used.
	for len(b.heap) < 2 {
		k := 0
		if t.last < 2 {
			t.last++
			k = t.last
		}
		b.heap = append(b.heap, k)
		b.freq[k] = 1
		t.bits--
		if t.fixed != nil {
			t.fixedBits -= int(t.fixed[k])
		}
	}
	b.join(n)
	b.measure()
}

// builder is the work on one tree. Nodes below len(t.freq) are symbols.
type builder struct {
	t               *tree
	freq, depth, up []int
	heap            []int // the rarest first
	done            []int // nodes in the order they left the heap, the rarest first
}

// before orders nodes by frequency, then by depth.
func (b *builder) before(x, y int) bool {
	return b.freq[x] < b.freq[y] || b.freq[x] == b.freq[y] && b.depth[x] <= b.depth[y]
}

// sink moves the node at k of the heap down to its place.
func (b *builder) sink(k int) {
	node := b.heap[k]
	for {
		kid := 2*k + 1
		if kid >= len(b.heap) {
			break
		}
		if kid+1 < len(b.heap) && b.before(b.heap[kid+1], b.heap[kid]) {
			kid++
		}
		if b.before(node, b.heap[kid]) {
			break
		}
		b.heap[k], k = b.heap[kid], kid
	}
	b.heap[k] = node
}

// join makes the tree: the two rarest nodes become one, until one is left. node is the first free number.
func (b *builder) join(node int) {
	for k := len(b.heap)/2 - 1; k >= 0; k-- {
		b.sink(k)
	}
	for ; len(b.heap) >= 2; node++ {
		x := b.heap[0]
		b.heap[0] = b.heap[len(b.heap)-1]
		b.heap = b.heap[:len(b.heap)-1]
		b.sink(0)
		y := b.heap[0]
		b.done = append(b.done, x, y)
		b.freq[node] = b.freq[x] + b.freq[y]
		b.depth[node] = max(b.depth[x], b.depth[y]) + 1
		b.up[x], b.up[y] = node, node
		b.heap[0] = node
		b.sink(0)
	}
	b.done = append(b.done, b.heap[0])
}

// measure gives each symbol the length of its code; where one would be too long, others grow for it.
func (b *builder) measure() {
	t := b.t
	var count [17]int
	over := 0
	lens := make([]int, len(b.freq))
	for k := len(b.done) - 2; k >= 0; k-- { // from below the root
		node := b.done[k]
		n := lens[b.up[node]] + 1
		if n > t.limit {
			n = t.limit
			over++
		}
		lens[node] = n
		if node >= len(t.freq) {
			continue
		}
		count[n]++
		extra := t.extra(node)
		t.bits += b.freq[node] * (n + extra)
		if t.fixed != nil {
			t.fixedBits += b.freq[node] * (int(t.fixed[node]) + extra)
		}
	}
	for ; over > 0; over -= 2 {
		n := t.limit - 1
		for count[n] == 0 {
			n--
		}
		count[n]--
		count[n+1] += 2
		count[t.limit]--
		if over <= 2 {
			b.lengthen(lens, count)
		}
	}
	for k := range t.lens {
		t.lens[k] = uint8(lens[k])
	}
}

// lengthen deals the lengths out again: the rarest symbols get the longest codes.
func (b *builder) lengthen(lens []int, count [17]int) {
	k := 0
	for n := b.t.limit; n > 0; n-- {
		for left := count[n]; left > 0; k++ {
			node := b.done[k]
			if node >= len(b.t.freq) {
				continue
			}
			b.t.bits += (n - lens[node]) * b.freq[node]
			lens[node] = n
			left--
		}
	}
}
