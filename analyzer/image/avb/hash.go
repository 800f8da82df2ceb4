package avb

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"io"

	"golang.org/x/crypto/blake2b"

	"romscan/analyzer/image"
)

// newHash returns nil for an algorithm that is none of avbtool's.
func newHash(name string) hash.Hash {
	switch name {
	case "sha1":
		return sha1.New()
	case "sha256":
		return sha256.New()
	case "sha512":
		return sha512.New()
	case "blake2b-256":
		if h, err := blake2b.New256(nil); err == nil {
			return h
		}
	}
	return nil
}

// VerifyHash reads the partition r that d is about and compares its digest. An image that is shorter than d says, or
// cannot be read, is unverified.
func VerifyHash(ctx context.Context, r io.ReaderAt, d *Hash) image.Check {
	c := image.Check{What: "partition " + d.Algorithm, Outcome: image.Unverified, Whole: true, Offset: -1}
	h := newHash(d.Algorithm)
	switch {
	case h == nil:
		c.Detail = fmt.Sprintf("hash algorithm %q", d.Algorithm)
		return c
	case len(d.Digest) == 0:
		c.Detail = "the descriptor states no digest"
		return c
	}
	h.Write(d.Salt)
	buf := make([]byte, 1<<20)
	for c.Bytes < d.ImageSize {
		if err := ctx.Err(); err != nil {
			c.Detail = err.Error()
			return c
		}
		want := buf[:min(int64(len(buf)), d.ImageSize-c.Bytes)]
		n, err := r.ReadAt(want, c.Bytes)
		h.Write(want[:n])
		c.Bytes += int64(n)
		if n < len(want) {
			c.Detail = cut(d.ImageSize, c.Bytes, err)
			return c
		}
	}
	found := h.Sum(nil)
	c.Outcome = image.Matched
	if !bytes.Equal(found, d.Digest) {
		c.Outcome, c.Detail = image.Mismatched, image.Differ(d.Digest, found)
	}
	return c
}

// cut says why not all of an image could be read.
func cut(stated, there int64, err error) string {
	if err == nil || err == io.EOF {
		return fmt.Sprintf("%d bytes stated, %d there", stated, there)
	}
	return err.Error()
}
