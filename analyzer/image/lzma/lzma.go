// Package lzma decodes LZMA in all wrappings that firmware has: xz, LZMA2, .lzma ("LZMA alone") and MicroLZMA.
//
// In: compressed bytes and a buffer as large as what they hold, or a stream of unknown size and a bound for its
// dictionary. Out: the decoded bytes; of a broken stream, what came before the break, and an *image.Error with
// the offset in the compressed bytes.
//
//	out, err := lzma.DecodeXZ(make([]byte, 2<<20), op) // a payload operation of 2 MiB
//
// Limit: of the branch filters only x86, ARM, ARM-Thumb and ARM64 are undone; LZMA2 is the only compressor in xz,
// as it is in the specification.
//
// Sources: "The .xz File Format" 1.1.0 (https://tukaani.org/xz/xz-file-format.txt), the LZMA specification of the
// LZMA SDK (lzma-specification.txt), liblzma's documentation of lzma_microlzma_decoder (lzma/container.h).
package lzma

import (
	"romscan/analyzer/image"
)

// setProperties takes the properties byte of LZMA: (pb*5 + lp)*9 + lc. maxBits bounds lc+lp.
func (d *decoder) setProperties(b byte, maxBits int) bool {
	if b >= 9*5*5 {
		return false
	}
	lc, lp, pb := int(b)%9, int(b)/9%5, int(b)/45
	if lc+lp > maxBits {
		return false
	}
	d.lc, d.lpMask, d.pbMask = uint(lc), 1<<lp-1, 1<<pb-1
	if n := litSize << (lc + lp); cap(d.literal) >= n {
		d.literal = d.literal[:n]
	} else {
		d.literal = make([]uint16, n)
	}
	return true
}

// How many bits of context xz and LZMA2 allow, and LZMA itself.
const (
	xzBits  = 4
	anyBits = 8 + 4
)

// DecodeMicroLZMA decodes the MicroLZMA of EROFS: raw LZMA whose first byte, always zero, is replaced by the
// inverted properties. It fills dst, or fails with an *image.Error; dst may be shorter than what src holds. What
// follows in src is ignored.
func DecodeMicroLZMA(dst, src []byte) error {
	if len(src) == 0 {
		return image.Errorf(image.Truncated, 0, "no properties of MicroLZMA")
	}
	d := &decoder{dict: anyDistance}
	if !d.setProperties(^src[0], xzBits) {
		return image.Errorf(image.Malformed, 0, "properties 0x%02x of MicroLZMA", ^src[0])
	}
	d.resetState()
	if len(src) < rangeInit {
		return image.Errorf(image.Truncated, int64(len(src)), "MicroLZMA of %d bytes", len(src))
	}
	if !d.start(0, src[1:rangeInit]) {
		return image.Errorf(image.Malformed, 1, "no start of LZMA")
	}
	out, pos, st := d.decode(dst, 0, len(dst), src[rangeInit:])
	if out == len(dst) && st != broken {
		return nil
	}
	return st.error(int64(rangeInit+pos), out, len(dst))
}

// DecodeLZMA decodes a whole .lzma file ("LZMA alone") into dst and returns the part of dst it filled. What
// follows the stream in src is ignored. With an error the result is what was decoded before.
func DecodeLZMA(dst, src []byte) ([]byte, error) {
	d := &decoder{dict: anyDistance}
	h, err := d.begin(src)
	if err != nil {
		return dst[:0], err
	}
	limit := len(dst)
	if h.size >= 0 {
		limit = int(min(h.size, int64(limit)))
	}
	out, pos, st := d.decode(dst, 0, limit, src[aloneStart:])
	switch {
	case st == ended && h.size < 0, st == running && int64(out) == h.size:
		return dst[:out], nil
	case st == running && h.size < 0 && d.atEnd(out, src[aloneStart+pos:]):
		return dst[:out], nil
	case st == running:
		return dst[:out], image.Errorf(image.OverBudget, int64(aloneStart+pos), "LZMA holds more than the %d bytes expected", len(dst))
	}
	return dst[:out], st.error(int64(aloneStart+pos), out, limit)
}

// atEnd reports whether the next symbol is the end marker.
func (d *decoder) atEnd(out int, rest []byte) bool {
	if d.pending > 0 {
		return false
	}
	var src [2 * slack]byte
	copy(src[:slack], rest)
	posState := (out + d.phase) & d.pbMask
	rng, code, pos := norm(d.rng, d.code, src[:], 0)
	rng, code, match := test(rng, code, &d.isMatch[d.state<<4+posState])
	if !match {
		return false
	}
	_, _, _, kind, _ := d.match(d.state, posState, rng, code, src[:], pos)
	return kind == newMatch && d.rep[0] == endMarker
}
