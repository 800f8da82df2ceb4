package patch

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
