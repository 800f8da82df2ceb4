package f2fs

import (
	"encoding/binary"
	"errors"
)

// The stream is that of LZO1X, and of its version 1, "LZO-RLE", with runs of zeros
// (https://docs.kernel.org/staging/lzo.html). Instructions are one byte and operands; the lowest two bits of the
// last operand say how many literals follow, 0 to 3.

var (
	errLZOInput  = errors.New("LZO input ends inside of an instruction")
	errLZOOutput = errors.New("LZO output is longer than expected")
	errLZOBack   = errors.New("LZO distance leads before the output")
)

const (
	lzoVersionMark = 17      // first byte of a stream with a version, which follows
	lzoRunLength   = 4       // the shortest run of zeros
	lzoFar         = 1 << 14 // what the distances of 0001HLLL start from; alone it marks the end
	lzoMiddle      = 1 << 11 // what the distances of short matches after long literals start from
)

// lzoDecoder is the state of a decoder.
type lzoDecoder struct {
	dst, src []byte
	out, in  int
	// after is how many literals the last instruction copied: 0 none, 1 to 3 as operands, 4 and more by their own.
	after int
	runs  bool // version 1
}

// decodeLZO decodes a whole stream and returns the bytes of dst it filled.
func decodeLZO(dst, src []byte) (int, error) {
	l := &lzoDecoder{dst: dst, src: src}
	if len(src) >= 5 && src[0] == lzoVersionMark {
		l.runs = src[1] >= 1
		l.in = 2
	}
	if l.in < len(src) && src[l.in] > 17 {
		n := int(src[l.in]) - 17
		l.in++
		if err := l.literals(n); err != nil {
			return l.out, err
		}
		l.after = min(n, 4)
	}
	for {
		done, err := l.step()
		if done || err != nil {
			return l.out, err
		}
	}
}

// step does one instruction; done is true at the end marker.
func (l *lzoDecoder) step() (done bool, err error) {
	if l.in >= len(l.src) {
		return false, errLZOInput
	}
	op := int(l.src[l.in])
	l.in++
	switch {
	case op >= 64:
		low, err := l.operand(1)
		if err != nil {
			return false, err
		}
		return false, l.match(low<<3+op>>2&7+1, op>>5+1, op&3)
	case op >= 32:
		n, err := l.length(op&31, 31)
		if err != nil {
			return false, err
		}
		word, err := l.operand(2)
		if err != nil {
			return false, err
		}
		return false, l.match(word>>2+1, n+2, word&3)
	case op >= 16:
		return l.far(op)
	case l.after == 0:
		n, err := l.length(op, 15)
		if err != nil {
			return false, err
		}
		l.after = 4
		return false, l.literals(n + 3)
	}
	low, err := l.operand(1)
	if err != nil {
		return false, err
	}
	if l.after < 4 {
		return false, l.match(low<<2+op>>2+1, 2, op&3)
	}
	return false, l.match(low<<2+op>>2+lzoMiddle+1, 3, op&3)
}

// far does 0001HLLL: a distant match, a run of zeros, or the end.
func (l *lzoDecoder) far(op int) (done bool, err error) {
	if l.runs && op&0xF8 == 0x18 && l.in+3 <= len(l.src) {
		if word := int(binary.LittleEndian.Uint16(l.src[l.in:])); word&0xFFFC == 0xFFFC {
			n := int(l.src[l.in+2])<<3 + op&7 + lzoRunLength
			l.in += 3
			if n > len(l.dst)-l.out {
				return false, errLZOOutput
			}
			clear(l.dst[l.out:][:n])
			l.out += n
			l.after = word & 3
			return false, l.literals(word & 3)
		}
	}
	n, err := l.length(op&7, 7)
	if err != nil {
		return false, err
	}
	word, err := l.operand(2)
	if err != nil {
		return false, err
	}
	distance := lzoFar + op&8<<11 + word>>2
	if distance == lzoFar {
		return true, nil
	}
	return false, l.match(distance, n+2, word&3)
}

// length reads the rest of a length: where the bits in the instruction are 0, zero bytes count 255 each and the
// first other byte, plus base, ends it.
func (l *lzoDecoder) length(bits, base int) (int, error) {
	if bits != 0 {
		return bits, nil
	}
	for n := base; l.in < len(l.src); n += 255 {
		b := int(l.src[l.in])
		l.in++
		if b != 0 {
			return n + b, nil
		}
	}
	return 0, errLZOInput
}

// operand reads one byte or a little-endian word.
func (l *lzoDecoder) operand(bytes int) (int, error) {
	if len(l.src)-l.in < bytes {
		return 0, errLZOInput
	}
	b := int(l.src[l.in])
	if bytes == 2 {
		b |= int(l.src[l.in+1]) << 8
	}
	l.in += bytes
	return b, nil
}

func (l *lzoDecoder) literals(n int) error {
	switch {
	case n > len(l.src)-l.in:
		return errLZOInput
	case n > len(l.dst)-l.out:
		return errLZOOutput
	}
	copy(l.dst[l.out:], l.src[l.in:][:n])
	l.in, l.out = l.in+n, l.out+n
	return nil
}

// match copies n bytes from distance bytes back, then the literals that follow.
func (l *lzoDecoder) match(distance, n, literals int) error {
	switch {
	case distance > l.out:
		return errLZOBack
	case n > len(l.dst)-l.out:
		return errLZOOutput
	}
	// A copy that overlaps repeats itself: each turn doubles what can be copied.
	for to := l.out + n; l.out < to; {
		k := copy(l.dst[l.out:to], l.dst[l.out-distance:l.out])
		l.out += k
		distance += k
	}
	l.after = literals
	return l.literals(literals)
}
