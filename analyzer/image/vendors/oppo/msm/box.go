package msm

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// box is the cipher of OPS: the rounds of AES, forward, with round keys that come from a table instead of a key
// schedule. Each word of a round key has one byte of the table in its lowest place: opscrypto.py, key_update.
type box struct {
	keys   []uint32 // four a round, and four before the first
	tables *[256]uint32
	sub    *[256]byte
}

const (
	boxRounds = 60 // which byte of a whole table is the number of rounds
	maxRounds = 14
)

// newBox takes a table's first 16 bytes, all that differ among the known ones, or the whole.
func newBox(table []byte) (*box, error) {
	rounds := 10
	if len(table) > boxRounds {
		rounds = int(table[boxRounds])
	}
	if len(table) < 16 || rounds < 2 || rounds > maxRounds {
		return nil, fmt.Errorf("a box of %d bytes and %d rounds", len(table), rounds)
	}
	b := &box{keys: make([]uint32, 4*(rounds+1))}
	for i, v := range table[:min(len(table), len(b.keys), boxRounds)] {
		b.keys[i] = uint32(v)
	}
	b.sub = substitution()
	b.tables = &[256]uint32{}
	for i, s := range b.sub {
		// MixColumns of a byte in the first row, with the first row in the lowest byte.
		b.tables[i] = uint32(double(s)) | uint32(s)<<8 | uint32(s)<<16 | uint32(double(s)^s)<<24
	}
	return b, nil
}

// double multiplies by x in the field of AES (FIPS 197, 4.2.1).
func double(b byte) byte { return b<<1 ^ byte(int8(b)>>7)&0x1B }

// substitution is the S-box of AES (FIPS 197, 5.1.1): inverses, found by walking through the powers of a generator,
// and an affine map.
func substitution() *[256]byte {
	var s [256]byte
	s[0] = 0x63
	p, q := byte(1), byte(1)
	for {
		p ^= double(p) // times 3
		q ^= q << 1    // divided by 3
		q ^= q << 2
		q ^= q << 4
		q ^= byte(int8(q)>>7) & 0x09
		s[p] = 0x63 ^ q ^ bits.RotateLeft8(q, 1) ^ bits.RotateLeft8(q, 2) ^ bits.RotateLeft8(q, 3) ^ bits.RotateLeft8(q, 4)
		if p == 1 {
			return &s
		}
	}
}

// BlockSize implements [cipher.Block].
func (b *box) BlockSize() int { return 16 }

// Encrypt implements [cipher.Block].
func (b *box) Encrypt(dst, src []byte) {
	var s, t [4]uint32
	for i := range s {
		s[i] = binary.LittleEndian.Uint32(src[4*i:]) ^ b.keys[i]
	}
	at := 4
	for ; at < len(b.keys)-4; at += 4 {
		for i := range t {
			t[i] = b.tables[byte(s[i])] ^ bits.RotateLeft32(b.tables[byte(s[(i+1)&3]>>8)], 8) ^
				bits.RotateLeft32(b.tables[byte(s[(i+2)&3]>>16)], 16) ^ bits.RotateLeft32(b.tables[s[(i+3)&3]>>24], 24) ^ b.keys[at+i]
		}
		s = t
	}
	for i := range t {
		// The last round key's words stand in this order; in the known tables they are zero.
		t[i] = uint32(b.sub[byte(s[i])]) | uint32(b.sub[byte(s[(i+1)&3]>>8)])<<8 |
			uint32(b.sub[byte(s[(i+2)&3]>>16)])<<16 | uint32(b.sub[s[(i+3)&3]>>24])<<24 ^ b.keys[at+(4-i)&3]
	}
	for i, v := range t {
		binary.LittleEndian.PutUint32(dst[4*i:], v)
	}
}

// Decrypt implements [cipher.Block]. Cipher feedback never calls it.
func (b *box) Decrypt(dst, src []byte) { copy(dst, src) }
