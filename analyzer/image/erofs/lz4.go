package erofs

import "encoding/binary"

// Parts of an LZ4 sequence (lz4_Block_format.md).
const (
	lz4Nibble   = 15 // a length of this goes on in bytes, while they are 255
	lz4MinMatch = 4
)

// decodeLZ4 decodes one LZ4 block until dst is full and says whether it could be filled; what then follows in
// src is not looked at. Full decoders refuse both the rest of a block that is wanted in part and the bytes that
// the space of a cluster leaves behind its block.
func decodeLZ4(dst, src []byte) bool {
	d, s := 0, 0
	for d < len(dst) {
		if s >= len(src) {
			return false
		}
		token := src[s]
		s++
		n := int(token >> 4)
		if n == lz4Nibble {
			var ok bool
			if n, s, ok = lz4Length(n, src, s, len(dst)-d); !ok {
				return false
			}
		}
		if n > 0 {
			n = min(n, len(dst)-d)
			if n > len(src)-s {
				return false
			}
			if n <= 16 && len(src)-s >= 16 && len(dst)-d >= 16 {
				// Sixteen at once is cheaper than asking how many; the rest is written again.
				copy(dst[d:d+16], src[s:s+16])
			} else {
				copy(dst[d:d+n], src[s:s+n])
			}
			d, s = d+n, s+n
			if d == len(dst) {
				return true
			}
		}
		if len(src)-s < 2 {
			return false
		}
		back := int(binary.LittleEndian.Uint16(src[s:]))
		s += 2
		if back == 0 || back > d {
			return false
		}
		n = int(token & lz4Nibble)
		if n == lz4Nibble {
			var ok bool
			if n, s, ok = lz4Length(n, src, s, len(dst)-d); !ok {
				return false
			}
		}
		n = min(n+lz4MinMatch, len(dst)-d)
		d = lz4Match(dst, d, back, n)
	}
	return true
}

// lz4Length reads the rest of a length. It stops counting, not reading, where more than enough is reached.
func lz4Length(n int, src []byte, s, enough int) (length, next int, ok bool) {
	for s < len(src) {
		b := src[s]
		s++
		if n <= enough {
			n += int(b)
		}
		if b != 255 {
			return n, s, true
		}
	}
	// A partial block may end in a length whose rest is of no interest.
	return n, s, n >= enough
}

// lz4Match copies n bytes from back bytes before d, which may be fewer than n: then they repeat.
func lz4Match(dst []byte, d, back, n int) int {
	if back >= 16 && n <= 16 && len(dst)-d >= 16 {
		copy(dst[d:d+16], dst[d-back:d-back+16])
		return d + n
	}
	end := d + n
	from := d - back
	for d < end {
		d += copy(dst[d:end], dst[from:d])
	}
	return d
}
