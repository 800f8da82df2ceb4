package patch

import (
	"encoding/binary"

	"romscan/analyzer/image"
)

// huffer makes deflate blocks of a puff again.
type huffer struct {
	bits *bitWriter
	in   []byte
	pos  int
}

func (h *huffer) fail(what string) error {
	return image.Errorf(image.Malformed, -1, "puffdiff: byte %d of a puff: %s", h.pos, what)
}

// take gives the next n bytes, nil where there are fewer.
func (h *huffer) take(n int) []byte {
	if n > len(h.in)-h.pos {
		return nil
	}
	h.pos += n
	return h.in[h.pos-n : h.pos]
}

// huff writes all blocks.
func (h *huffer) huff() error {
	for h.pos < len(h.in) {
		size := h.take(2)
		if size == nil {
			return h.fail("cut")
		}
		head := h.take(int(binary.BigEndian.Uint16(size)) + 1)
		if head == nil {
			return h.fail("a header past the end")
		}
		kind := head[0] >> 5 & 3
		h.bits.put(uint64(head[0]>>7), 1)
		h.bits.put(uint64(kind), 2)
		var err error
		switch {
		case kind == blockStored:
			err = h.stored(head[0] & 0x1F)
		case kind == blockFixed:
			l, d := fixedLengths()
			err = h.symbols(l[:], d[:])
		case kind == blockDynamic && len(head) >= 4:
			var lit, dist []uint8
			if lit, dist, err = h.dynamic(head[1:]); err == nil {
				err = h.symbols(lit, dist)
			}
		default:
			err = h.fail("a header of no kind")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// item is the next literals, match or end.
type item struct {
	literals         []byte
	length, distance int // 0 of the end of a block
}

func (h *huffer) next() (item, error) {
	b := h.take(1)
	if b == nil {
		return item{}, h.fail("cut")
	}
	n := int(b[0] &^ puffMatch)
	if b[0]&puffMatch == 0 {
		if n == puffLong {
			more := h.take(2)
			if more == nil {
				return item{}, h.fail("cut")
			}
			n += int(binary.BigEndian.Uint16(more))
		}
		if b = h.take(n + 1); b == nil {
			return item{}, h.fail("literals past the end")
		}
		return item{literals: b}, nil
	}
	if n == puffLong {
		more := h.take(1)
		if more == nil {
			return item{}, h.fail("cut")
		}
		if more[0] == puffEnd {
			return item{}, nil
		}
		n += int(more[0])
	}
	d := h.take(2)
	if d == nil || n+minMatch > maxMatch || d[0]&0x80 != 0 {
		return item{}, h.fail("a match")
	}
	return item{length: n + minMatch, distance: int(binary.BigEndian.Uint16(d)) + 1}, nil
}

func (h *huffer) stored(skipped byte) error {
	if h.bits.n > 0 {
		n := 8 - h.bits.n
		h.bits.put(uint64(skipped)&(1<<n-1), n)
	}
	var data []byte
	for {
		it, err := h.next()
		if err != nil {
			return err
		}
		if it.literals == nil {
			if it.length > 0 {
				return h.fail("a match in a stored block")
			}
			break
		}
		data = append(data, it.literals...)
	}
	if len(data) >= 1<<16 {
		return h.fail("a stored block too long")
	}
	h.bits.put(uint64(len(data)), 16)
	h.bits.put(uint64(^len(data)&0xFFFF), 16)
	h.bits.out = append(h.bits.out, data...)
	return nil
}

// dynamic writes the codes of a block.
func (h *huffer) dynamic(head []byte) (lit, dist []uint8, err error) {
	lits, dists, codes := int(head[0])+257, int(head[1])+1, int(head[2])+4
	rest := head[3:]
	if lits > lengths || dists > distances || codes > codeCodes || len(rest) < (codes+1)/2 {
		return nil, nil, h.fail("a header of too many codes")
	}
	h.bits.put(uint64(head[0]), 5)
	h.bits.put(uint64(head[1]), 5)
	h.bits.put(uint64(head[2]), 4)
	var codeLens [codeCodes]uint8
	for k := range codes {
		n := rest[k/2] >> 4
		if k&1 == 1 {
			n = rest[k/2] & 15
		}
		if n > 7 {
			return nil, nil, h.fail("a code length of more than three bits")
		}
		codeLens[codeOrder[k]] = n
		h.bits.put(uint64(n), 3)
	}
	code := canonical(codeLens[:])
	lens := make([]uint8, 0, lits+dists)
	for _, v := range rest[(codes+1)/2:] {
		k, extra := int(v), 0
		switch {
		case v >= 156 || v >= 16 && v < 20 && len(lens) == 0:
			return nil, nil, h.fail("a code length")
		case v >= 28:
			k, extra = 18, int(v)-28
		case v >= 20:
			k, extra = 17, int(v)-20
		case v >= 16:
			k, extra = 16, int(v)-16
		}
		if codeLens[k] == 0 {
			return nil, nil, h.fail("a code length without a code")
		}
		h.bits.put(uint64(code[k]), uint(codeLens[k]))
		h.bits.put(uint64(extra), uint(extraCode[k]))
		if lens = repeat(lens, v); len(lens) > lits+dists {
			break
		}
	}
	if len(lens) != lits+dists {
		return nil, nil, h.fail("code lengths")
	}
	return lens[:lits], lens[lits:], nil
}

// symbols writes literals and matches up to the end of the block.
func (h *huffer) symbols(litLens, distLens []uint8) error {
	lit, dist := canonical(litLens), canonical(distLens)
	put := func(codes []uint16, lens []uint8, k int) bool {
		if k >= len(lens) || lens[k] == 0 {
			return false
		}
		h.bits.put(uint64(codes[k]), uint(lens[k]))
		return true
	}
	for {
		it, err := h.next()
		if err != nil {
			return err
		}
		ok := true
		for _, b := range it.literals {
			ok = ok && put(lit, litLens, int(b))
		}
		switch {
		case !ok:
			return h.fail("a literal without a code")
		case it.literals != nil:
		case it.length == 0:
			if !put(lit, litLens, endOfBlock) {
				return h.fail("no code for the end of the block")
			}
			return nil
		default:
			k := lengthCode(it.length)
			ok = put(lit, litLens, endOfBlock+1+k)
			h.bits.put(uint64(it.length-int(baseLength[k])), uint(extraLength[k]))
			k = distanceCode(it.distance)
			ok = ok && put(dist, distLens, k)
			h.bits.put(uint64(it.distance-int(baseDistance[k])), uint(extraDistance[k]))
			if !ok {
				return h.fail("a match without a code")
			}
		}
	}
}
