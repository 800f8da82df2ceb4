package patch

// blockWriter collects the literals and matches of a block of deflate and writes it the way that takes the fewest
// bits, as zlib reckons them (trees.c, _tr_flush_block).
type blockWriter struct {
	bits      bitWriter
	list      []symbol
	lit, dist [lengths]int // how often each code is used; of dist the first distances
}

// symbol is a literal, where distance is 0, or a match.
type symbol struct{ value, distance uint16 }

func (w *blockWriter) reset() { *w = blockWriter{} }

func (w *blockWriter) literal(b byte) {
	w.list = append(w.list, symbol{uint16(b), 0})
	w.lit[b]++
}

func (w *blockWriter) copy(distance, n int) {
	w.list = append(w.list, symbol{uint16(n), uint16(distance)})
	w.lit[endOfBlock+1+lengthCode(n)]++
	w.dist[distanceCode(distance)]++
}

// flush writes the block, whose bytes are plain, and starts another.
func (w *blockWriter) flush(plain []byte, last bool) {
	w.lit[endOfBlock] = 1
	fixedL, fixedD := fixedLengths()
	l := &tree{freq: w.lit[:], fixed: fixedL[:], limit: 15, extra: func(k int) int {
		if k <= endOfBlock {
			return 0
		}
		return int(extraLength[k-endOfBlock-1])
	}}
	d := &tree{freq: w.dist[:distances], fixed: fixedD[:], limit: 15, extra: func(k int) int { return int(extraDistance[k]) }}
	l.build()
	d.build()
	c := &tree{freq: make([]int, codeCodes), limit: 7, extra: func(k int) int { return int(extraCode[k]) }}
	runs := append(runLengths(nil, l.lens[:l.last+1]), runLengths(nil, d.lens[:d.last+1])...)
	for _, r := range runs {
		c.freq[r.code]++
	}
	c.build()
	codes := codeCodes
	for codes > 4 && c.lens[codeOrder[codes-1]] == 0 {
		codes--
	}
	dynamic := (l.bits + d.bits + c.bits + 3*codes + 5 + 5 + 4 + 3 + 7) >> 3
	fixed := (l.fixedBits + d.fixedBits + 3 + 7) >> 3
	final := uint64(0)
	if last {
		final = 1
	}
	switch {
	case len(plain)+4 <= min(dynamic, fixed) && len(plain) < 1<<16:
		w.bits.put(final, 3)
		w.bits.align()
		w.bits.put(uint64(len(plain)), 16)
		w.bits.put(uint64(^len(plain)&0xFFFF), 16)
		w.bits.out = append(w.bits.out, plain...)
	case fixed <= dynamic:
		w.bits.put(1<<1|final, 3)
		w.body(fixedL[:], fixedD[:])
	default:
		w.bits.put(2<<1|final, 3)
		w.bits.put(uint64(l.last+1-257), 5)
		w.bits.put(uint64(d.last), 5)
		w.bits.put(uint64(codes-4), 4)
		for _, k := range codeOrder[:codes] {
			w.bits.put(uint64(c.lens[k]), 3)
		}
		code := canonical(c.lens)
		for _, r := range runs {
			w.bits.put(uint64(code[r.code]), uint(c.lens[r.code]))
			w.bits.put(uint64(r.extra), uint(extraCode[r.code]))
		}
		w.body(l.lens, d.lens)
	}
	if last {
		w.bits.align()
	}
	w.list = w.list[:0]
	w.lit, w.dist = [lengths]int{}, [lengths]int{}
}

// body writes the symbols and the end of the block.
func (w *blockWriter) body(litLens, distLens []uint8) {
	lit, dist := canonical(litLens), canonical(distLens)
	for _, s := range w.list {
		if s.distance == 0 {
			w.bits.put(uint64(lit[s.value]), uint(litLens[s.value]))
			continue
		}
		k := lengthCode(int(s.value))
		w.bits.put(uint64(lit[endOfBlock+1+k]), uint(litLens[endOfBlock+1+k]))
		w.bits.put(uint64(s.value-baseLength[k]), uint(extraLength[k]))
		k = distanceCode(int(s.distance))
		w.bits.put(uint64(dist[k]), uint(distLens[k]))
		w.bits.put(uint64(s.distance-baseDistance[k]), uint(extraDistance[k]))
	}
	w.bits.put(uint64(lit[endOfBlock]), uint(litLens[endOfBlock]))
}

// run is a code length, or 16 to 18 for repeated ones, with how often in extra.
type run struct{ code, extra uint8 }

// runLengths appends code lengths as they are stored: runs of one length in as few codes as zlib finds
// (scan_tree, send_tree).
func runLengths(list []run, lens []uint8) []run {
	before := -1
	for k := 0; k < len(lens); {
		n := int(lens[k])
		most := 7
		switch {
		case n == 0:
			most = 138
		case n == before:
			most = 6
		}
		count := 1
		for count < most && k+count < len(lens) && int(lens[k+count]) == n {
			count++
		}
		k += count
		switch {
		case n == 0 && count >= 11:
			list = append(list, run{18, uint8(count - 11)})
		case n == 0 && count >= 3:
			list = append(list, run{17, uint8(count - 3)})
		case n != 0 && n == before && count >= 3:
			list = append(list, run{16, uint8(count - 3)})
		case n != 0 && n != before && count >= 4:
			list = append(list, run{uint8(n), 0}, run{16, uint8(count - 4)})
		default:
			for range count {
				list = append(list, run{uint8(n), 0})
			}
		}
		before = n
	}
	return list
}
