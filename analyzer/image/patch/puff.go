package patch

import (
	"encoding/binary"

	"romscan/analyzer/image"
)

// A puff is a deflate stream without its Huffman codes, so that a bsdiff finds what two of them have in common:
//
//	block:    length of the header less one (2 bytes, big-endian), header, symbols, end of block
//	header:   last block (0x80), type (0x60); of a dynamic block then HLIST, HDIST, HCLEN, the lengths of the codes for
//	          lengths, two to a byte, and those code lengths, 16 to 19 to repeat the last, 20 to 27 and 28 to 155 for zeros
//	literals: count less one below 127, or 127 and the count less 128 (2 bytes), then the bytes
//	match:    0x80 and the length less 3 below 127, or 0xFF and the length less 130, then the distance less one (2 bytes)
//	end:      0xFF 0x81
//
// Source: AOSP external/puffin: puffer.cc, huffer.cc, puff_writer.cc, puff_reader.cc, huffman_table.cc.

const (
	puffMatch    = 0x80
	puffLong     = 127
	puffEnd      = 259 - minMatch - puffLong
	puffLiterals = 1<<16 + puffLong // at most, in one run
)

// Kinds of blocks.
const (
	blockStored  = 0
	blockFixed   = 1
	blockDynamic = 2
)

// puffer appends puffs.
type puffer struct {
	out      []byte
	literals []byte
	most     int // bytes of out
}

func (p *puffer) literal(b ...byte) {
	p.literals = append(p.literals, b...)
	if len(p.literals) == puffLiterals {
		p.flush()
	}
}

func (p *puffer) flush() {
	switch n := len(p.literals); {
	case n == 0:
		return
	case n <= puffLong:
		p.out = append(p.out, byte(n-1))
	default:
		p.out = binary.BigEndian.AppendUint16(append(p.out, puffLong), uint16(n-puffLong-1))
	}
	p.out = append(p.out, p.literals...)
	p.literals = p.literals[:0]
}

func (p *puffer) match(n, distance int) {
	p.flush()
	if n -= minMatch; n < puffLong {
		p.out = append(p.out, puffMatch|byte(n))
	} else {
		p.out = append(p.out, puffMatch|puffLong, byte(n-puffLong))
	}
	p.out = binary.BigEndian.AppendUint16(p.out, uint16(distance-1))
}

func (p *puffer) header(h []byte) {
	p.flush()
	p.out = append(binary.BigEndian.AppendUint16(p.out, uint16(len(h)-1)), h...)
}

func (p *puffer) end() {
	p.flush()
	p.out = append(p.out, puffMatch|puffLong, puffEnd)
}

func malformed(r *bitReader, what string) error {
	return image.Errorf(image.Malformed, -1, "puffdiff: deflate, byte %d of the source: %s", r.pos/8, what)
}

// puff appends the blocks of r, which ends with the byte the last of them ends in.
func (p *puffer) puff(r *bitReader) error {
	for r.left() >= 8 {
		if err := p.one(r); err != nil {
			return err
		}
	}
	return nil
}

// one appends the next block.
func (p *puffer) one(r *bitReader) error {
	last, kind := r.take(1), r.take(2)
	head := byte(last<<7 | kind<<5)
	var err error
	switch kind {
	case blockStored:
		err = p.stored(r, head)
	case blockFixed:
		p.header([]byte{head})
		l, d := fixedLengths()
		err = p.symbols(r, l[:], d[:])
	case blockDynamic:
		var lit, dist []uint8
		if lit, dist, err = p.dynamic(r, head); err == nil {
			err = p.symbols(r, lit, dist)
		}
	default:
		err = malformed(r, "a block of type 3")
	}
	if err == nil && r.left() < 0 {
		err = malformed(r, "a block past the end")
	}
	p.end()
	return err
}

func (p *puffer) stored(r *bitReader, head byte) error {
	if n := r.pos & 7; n > 0 {
		head |= byte(r.take(8 - n))
	}
	n, not := r.take(16), r.take(16)
	if n != not^0xFFFF || 8*n > r.left() {
		return malformed(r, "a stored block")
	}
	p.header([]byte{head})
	p.literal(r.in[r.pos/8:][:n]...)
	r.pos += 8 * n
	return nil
}

// dynamic reads the codes of a block and appends its header.
func (p *puffer) dynamic(r *bitReader, head byte) (lit, dist []uint8, err error) {
	h := []byte{head, byte(r.take(5)), byte(r.take(5)), byte(r.take(4))}
	lits, dists, codes := int(h[1])+257, int(h[2])+1, int(h[3])+4
	if lits > lengths || dists > distances || codes > codeCodes {
		return nil, nil, malformed(r, "too many codes")
	}
	var codeLens [codeCodes]uint8
	for k := range codes {
		n := uint8(r.take(3))
		codeLens[codeOrder[k]] = n
		if k&1 == 0 {
			h = append(h, n<<4)
		} else {
			h[len(h)-1] |= n
		}
	}
	d, ok := newDecoder(codeLens[:])
	if !ok {
		return nil, nil, malformed(r, "codes of code lengths")
	}
	lens := make([]uint8, 0, lits+dists)
	for len(lens) < lits+dists && r.left() >= 0 {
		code := d.next(r)
		extra := 0
		if code >= 16 {
			extra = r.take(int(extraCode[code]))
		}
		if code < 0 || code == 16 && len(lens) == 0 {
			return nil, nil, malformed(r, "a code length")
		}
		v := runByte(code, extra)
		h = append(h, v)
		lens = repeat(lens, v)
	}
	if len(lens) != lits+dists {
		return nil, nil, malformed(r, "code lengths")
	}
	p.header(h)
	return lens[:lits], lens[lits:], nil
}

// runByte is a code length or a repetition as a puff has it.
func runByte(code, extra int) byte {
	switch code {
	case 16:
		return byte(16 + extra)
	case 17:
		return byte(20 + extra)
	case 18:
		return byte(28 + extra)
	}
	return byte(code)
}

// repeat appends what a code length or repetition of a puff stands for.
func repeat(lens []uint8, v byte) []uint8 {
	n, length := 0, uint8(0)
	switch {
	case v < 16:
		return append(lens, v)
	case v < 20:
		n, length = int(v)-16+3, lens[len(lens)-1]
	case v < 28:
		n = int(v) - 20 + 3
	default:
		n = int(v) - 28 + 11
	}
	for range n {
		lens = append(lens, length)
	}
	return lens
}

func (p *puffer) symbols(r *bitReader, lit, dist []uint8) error {
	l, ok1 := newDecoder(lit)
	d, ok2 := newDecoder(dist)
	if !ok1 || !ok2 {
		return malformed(r, "codes of more than there are bits for")
	}
	for r.left() >= 0 {
		switch s := l.next(r); {
		case s < 0 || s >= lengths:
			return malformed(r, "no code")
		case s < endOfBlock:
			p.literal(byte(s))
		case s == endOfBlock:
			return nil
		default:
			n := int(baseLength[s-endOfBlock-1]) + r.take(int(extraLength[s-endOfBlock-1]))
			s = d.next(r)
			if s < 0 || s >= distances {
				return malformed(r, "no code of a distance")
			}
			p.match(n, int(baseDistance[s])+r.take(int(extraDistance[s])))
		}
		if len(p.out) > p.most {
			return malformed(r, "more than the patch states")
		}
	}
	return malformed(r, "a block past the end")
}
