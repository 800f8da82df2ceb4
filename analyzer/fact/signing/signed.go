package signing

import (
	"crypto/x509"
	"encoding/binary"
	"io"

	"romscan/analyzer/image/bin"
)

// certificates returns the first certificate of every signer of a scheme's value, without verifying anything: what
// is left to say of a signature that does not hold. The layout is the same in v2, v3 and v3.1: signers, each signed
// data, which begin with digests and certificates; everything behind a 32-bit length.
func certificates(r io.ReaderAt, start, size int64, id uint32) []*x509.Certificate {
	var out []*x509.Certificate
	signers, _ := prefixed(value(r, start, size, id))
	for len(signers) > 0 && len(out) < maxSigners {
		var signer []byte
		signer, signers = prefixed(signers)
		signed, _ := prefixed(signer)
		_, rest := prefixed(signed)
		certs, _ := prefixed(rest)
		der, _ := prefixed(certs)
		if c, err := x509.ParseCertificate(der); err == nil {
			out = append(out, c)
		}
	}
	return out
}

// value returns a value of the signing block.
func value(r io.ReaderAt, start, size int64, id uint32) []byte {
	end := start + size - blockFooter
	for off, n := start+8, 0; off < end && n < maxPairs; n++ {
		b, err := bin.ReadAt(r, end, off, 12, 12)
		if err != nil {
			return nil
		}
		length := binary.LittleEndian.Uint64(b)
		if length < 4 || length > uint64(end-off-8) {
			return nil
		}
		if binary.LittleEndian.Uint32(b[8:]) == id {
			data, err := bin.ReadAt(r, end, off+12, int64(length)-4, maxBlock)
			if err != nil {
				return nil
			}
			return data
		}
		off += 8 + int64(length)
	}
	return nil
}

// prefixed splits bytes into what a 32-bit length covers, as far as it is there, and the rest.
func prefixed(b []byte) (inner, rest []byte) {
	if len(b) < 4 {
		return nil, nil
	}
	n := min(uint64(binary.LittleEndian.Uint32(b)), uint64(len(b)-4))
	return b[4 : 4+n], b[4+n:]
}
