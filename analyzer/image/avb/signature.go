package avb

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"

	"romscan/analyzer/image"
)

// Algorithm is how a vbmeta struct is signed; avb_crypto.h.
type Algorithm uint32

// algorithms are hash and key size, by number.
var algorithms = []struct {
	name string
	hash crypto.Hash
	bits int
}{
	{name: "NONE"},
	{"SHA256_RSA2048", crypto.SHA256, 2048}, {"SHA256_RSA4096", crypto.SHA256, 4096}, {"SHA256_RSA8192", crypto.SHA256, 8192},
	{"SHA512_RSA2048", crypto.SHA512, 2048}, {"SHA512_RSA4096", crypto.SHA512, 4096}, {"SHA512_RSA8192", crypto.SHA512, 8192},
}

// String names the algorithm as avbtool does.
func (a Algorithm) String() string {
	if int(a) < len(algorithms) {
		return algorithms[a].name
	}
	return fmt.Sprintf("algorithm %d", uint32(a))
}

// testKeys are the SHA-256 of the keys whose private halves lie in AOSP external/avb/test/data: whoever wants can sign
// with them.
var testKeys = map[string]string{
	"22de3994532196f61c039e90260d78a93a4c57362c7e789be928036e80b77c8c": "testkey_rsa2048",
	"7728e30f50bfa5cea165f473175a08803f6a8346642b5aa10913e9d9e6defef6": "testkey_rsa4096",
	"e15e2365469ce672a91d02cc8d9c2f29b787481e574d3b56ac774153d7ced614": "testkey_rsa8192",
}

// KeyDigest returns the SHA-256 of the public key in AVB's encoding, in hex; "" where there is no key.
func (v *VBMeta) KeyDigest() string { return keyDigest(v.PublicKey) }

func keyDigest(key []byte) string {
	if len(key) == 0 {
		return ""
	}
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:])
}

// TestKey names the key of AOSP's tests that signs this struct, "" for any other.
func (v *VBMeta) TestKey() string { return testKeys[v.KeyDigest()] }

// VerifySignature compares the struct with its hash and its signature, by the public key it brings along. A match
// names that key; whether anybody trusts it is another question.
func (v *VBMeta) VerifySignature() image.Check {
	c := image.Check{What: "vbmeta signature", Outcome: image.Unverified, Bytes: int64(len(v.header) + len(v.aux)), Offset: v.Offset}
	if v.Algorithm == 0 {
		c.Detail = "not signed" + v.disabledNote()
		return c
	}
	if int(v.Algorithm) >= len(algorithms) {
		c.Detail = "signed with unknown " + v.Algorithm.String()
		return c
	}
	a := algorithms[v.Algorithm]
	h := a.hash.New()
	h.Write(v.header)
	h.Write(v.aux)
	digest := h.Sum(nil)
	if !bytes.Equal(digest, v.hash) {
		c.Outcome, c.Detail = image.Mismatched, "hash "+image.Differ(v.hash, digest)
		return c
	}
	key, err := parseKey(v.PublicKey, a.bits)
	if err == nil {
		err = rsa.VerifyPKCS1v15(key, a.hash, digest, v.signature)
	}
	if err != nil {
		c.Outcome, c.Detail = image.Mismatched, err.Error()
		return c
	}
	c.Outcome, c.Detail = image.Matched, "signed by the key with sha256 "+v.KeyDigest()
	if name := v.TestKey(); name != "" {
		c.Detail += ", AOSP's public " + name
	}
	c.Detail += v.disabledNote()
	return c
}

func (v *VBMeta) disabledNote() string {
	switch hashtree, all := v.Disabled(); {
	case all:
		return "; its flags disable verification"
	case hashtree:
		return "; its flags disable hash trees"
	}
	return ""
}

// parseKey reads AVB's encoding of an RSA key: bits, a constant for Montgomery arithmetic, the modulus and another
// such constant as long as it; the exponent is 65537 (avb_crypto.h).
func parseKey(raw []byte, bits int) (*rsa.PublicKey, error) {
	if len(raw) != 8+2*bits/8 || binary.BigEndian.Uint32(raw) != uint32(bits) {
		return nil, image.Errorf(image.Malformed, -1, "a key of %d bytes where %d bits should be", len(raw), bits)
	}
	n := new(big.Int).SetBytes(raw[8 : 8+bits/8])
	return &rsa.PublicKey{N: n, E: 65537}, nil
}
