package patch

import "fmt"

// deflater packs bytes as zlib's deflate does, bit for bit: an imgdiff says with which parameters, and the result has to
// be the very stream that a build made. So every choice is zlib's: which match is taken, when a block ends, how its
// codes are made.
//
// Source: zlib 1.3 deflate.c (configuration_table, longest_match, deflate_fast, deflate_slow, fill_window), trees.c.
type deflater struct {
	good, lazy, nice, chain int  // when to look less, not at all, long enough; how far
	fast                    bool // levels 1 to 3 take the first match
	window, shift, mask     int  // bytes; of the hash
	symbols                 int  // in a block

	in         []byte
	base       int // of zlib's window in the input: what lies there or before is never found
	at, end    int // position; what zlib has read of the input
	head, prev []int32
	match      int // start of the last match
	block      blockWriter
	start      int // of the block
}

// Limits of the format and of zlib.
const (
	minMatch     = 3
	maxMatch     = 258
	minLookahead = maxMatch + minMatch + 1
	tooFar       = 4096 // a match of three bytes is worth it up to here
)

// levels are zlib's parameters of levels 1 to 9: good, lazy, nice, chain.
var levels = [10][4]int{
	1: {4, 4, 8, 4}, 2: {4, 5, 16, 8}, 3: {4, 6, 32, 32},
	4: {4, 4, 16, 16}, 5: {8, 16, 32, 32}, 6: {8, 16, 128, 128}, 7: {8, 32, 128, 256}, 8: {32, 128, 258, 1024}, 9: {32, 258, 258, 4096},
}

// newDeflater takes the arguments of deflateInit2: level, method, windowBits, memLevel, strategy.
func newDeflater(params [5]int) (*deflater, error) {
	level, method, bits, mem, strategy := params[0], params[1], -params[2], params[3], params[4]
	if level == -1 {
		level = 6
	}
	if level < 1 || level > 9 || method != 8 || bits < 9 || bits > 15 || mem < 1 || mem > 9 || strategy != 0 {
		return nil, fmt.Errorf("deflate of level %d, method %d, window bits %d, memory level %d, strategy %d", params[0], method, params[2], mem, strategy)
	}
	l := levels[level]
	hashBits := mem + 7
	return &deflater{
		good: l[0], lazy: l[1], nice: l[2], chain: l[3], fast: level <= 3,
		window: 1 << bits, shift: (hashBits + minMatch - 1) / minMatch, mask: 1<<hashBits - 1, symbols: 1<<(mem+6) - 1,
	}, nil
}

// deflate packs in as one stream.
func (d *deflater) deflate(in []byte) []byte {
	d.in, d.base, d.at, d.end, d.start = in, 0, 0, 0, 0
	d.head, d.prev = make([]int32, d.mask+1), make([]int32, d.window)
	for i := range d.head {
		d.head[i] = -1
	}
	d.block.reset()
	if d.fast {
		d.first()
	} else {
		d.best()
	}
	return d.block.bits.out
}

// fill reads on, as zlib does when too little is left to look at. Its window has room for twice the size; when the
// position comes near its end, the first half is given up.
func (d *deflater) fill() bool {
	if d.end-d.at < minLookahead {
		if d.at-d.base >= 2*d.window-minLookahead {
			d.base += d.window
		}
		d.end = min(d.base+2*d.window, len(d.in))
	}
	return d.at < d.end
}

// insert notes the three bytes at a position and returns where they were seen before, -1 for nowhere.
func (d *deflater) insert(at int) int {
	if at+minMatch > len(d.in) {
		return -1
	}
	h := (int(d.in[at])<<(2*d.shift) ^ int(d.in[at+1])<<d.shift ^ int(d.in[at+2])) & d.mask
	before := d.head[h]
	d.prev[at&(d.window-1)] = before
	d.head[h] = int32(at)
	return int(before)
}

// far reports whether a position is out of reach. The first byte of zlib's window cannot be told from none.
func (d *deflater) far(at int) bool {
	return at <= d.base || d.at-at > d.window-minLookahead
}

// longest follows the positions that begin alike and returns the length of the longest match above best, setting
// d.match; best where there is none.
func (d *deflater) longest(at, best int) int {
	chain, ahead := d.chain, d.end-d.at
	if best >= d.good {
		chain >>= 2
	}
	nice := min(d.nice, ahead)
	limit := max(d.at-(d.window-minLookahead), d.base)
	scan := d.in[d.at:min(d.at+maxMatch, d.end)]
	if best >= len(scan) {
		return min(best, ahead)
	}
	for {
		if d.in[at+best] == scan[best] && d.in[at+best-1] == scan[best-1] {
			n := 0
			for n < len(scan) && d.in[at+n] == scan[n] {
				n++
			}
			if n > best {
				d.match, best = at, n
				if n >= nice || n == len(scan) {
					break
				}
			}
		}
		at = int(d.prev[at&(d.window-1)])
		if chain--; at <= limit || chain == 0 {
			break
		}
	}
	return min(best, ahead)
}

// first takes every match at once (deflate_fast).
func (d *deflater) first() {
	for d.fill() {
		before, n := -1, 0
		if d.end-d.at >= minMatch {
			before = d.insert(d.at)
		}
		if !d.far(before) {
			n = d.longest(before, minMatch-1)
		}
		if n < minMatch {
			d.literal(d.in[d.at])
			d.at++
		} else {
			d.block.copy(d.at-d.match, n)
			if n <= d.lazy && d.end-d.at-n >= minMatch {
				for k := 1; k < n; k++ {
					d.insert(d.at + k)
				}
			}
			d.at += n
		}
		if d.full() {
			d.flush(d.at, false)
		}
	}
	d.flush(d.at, true)
}

func (d *deflater) literal(b byte) { d.block.literal(b) }

func (d *deflater) full() bool { return len(d.block.list) == d.symbols }

// best takes a match only where the next position has no longer one (deflate_slow).
func (d *deflater) best() {
	n, match := minMatch-1, 0 // of the position before
	pending := false          // its byte is not written yet
	for d.fill() {
		before := -1
		if d.end-d.at >= minMatch {
			before = d.insert(d.at)
		}
		last, lastMatch := n, match
		n = minMatch - 1
		if last < d.lazy && !d.far(before) {
			d.match = match
			n = d.longest(before, last)
			match = d.match
			if n == minMatch && d.at-match > tooFar {
				n = minMatch - 1
			}
		}
		switch {
		case last >= minMatch && n <= last:
			stop := d.end - minMatch
			d.block.copy(d.at-1-lastMatch, last)
			for range last - 2 {
				if d.at++; d.at <= stop {
					d.insert(d.at)
				}
			}
			d.at++
			pending, n = false, minMatch-1
			if d.full() {
				d.flush(d.at, false)
			}
		case pending:
			d.literal(d.in[d.at-1])
			if d.full() {
				d.flush(d.at, false)
			}
			d.at++
		default:
			pending = true
			d.at++
		}
	}
	if pending {
		d.literal(d.in[d.at-1])
	}
	d.flush(d.at, true)
}

// flush ends the block, which holds what was packed up to a position.
func (d *deflater) flush(to int, last bool) {
	d.block.flush(d.in[d.start:to], last)
	d.start = to
}
