package boot

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"

	"romscan/analyzer/image"
)

// Verify implements [image.Verifier]: the id of versions 0 to 2 is a checksum over the parts. A signature is named
// and counts as unverified.
func (b *Image) Verify(ctx context.Context, yield func(image.Check) bool) {
	if b.id != nil && !yield(b.checkID(ctx)) {
		return
	}
	for _, p := range b.parts {
		if ctx.Err() != nil {
			return
		}
		if p.name != "signature" || p.size == 0 {
			continue
		}
		c := image.Check{Name: p.name, What: "boot signature", Outcome: image.Unverified, Offset: p.off, Bytes: p.size}
		c.Detail = "boot signatures are not verified"
		if !yield(c) {
			return
		}
	}
}

// candidate is one way of computing the id.
type candidate struct {
	name    string
	sum     hash.Hash
	emptyDT bool // LineageOS's mkbootimg counts a device tree behind second even where there is none
}

// checkID computes the id in all the ways tools are known to: SHA-1 (mkbootimg) or SHA-256 (osm0sis/mkbootimg) over
// each part followed by its size.
func (b *Image) checkID(ctx context.Context) image.Check {
	c := image.Check{What: "boot id", Outcome: image.Unverified, Offset: b.idAt}
	// The header only says "timestamp / checksum / sha1 / etc": short things are something else.
	if n := sha1.Size - bytes.Count(b.id[:sha1.Size], []byte{0}); n < 10 {
		c.Detail = "the id is no checksum"
		return c
	}
	all := []candidate{{"sha1", sha1.New(), false}, {"sha1", sha1.New(), true}, {"sha256", sha256.New(), false}, {"sha256", sha256.New(), true}}
	for i, p := range b.idOf {
		if err := b.hashPart(ctx, p, all); err != nil {
			c.Detail = p.name + ": " + err.Error()
			return c
		}
		c.Bytes += p.size
		if p.name == "second" && (i+1 == len(b.idOf) || b.idOf[i+1].name != "dt") {
			for _, a := range all {
				if a.emptyDT {
					a.sum.Write(make([]byte, 4))
				}
			}
		}
	}
	for _, a := range all {
		found := a.sum.Sum(nil)
		if bytes.Equal(found, b.id[:len(found)]) {
			c.Outcome = image.Matched
			return c
		}
	}
	// The header leaves open what the id is made of, so this is no proof that anything was changed.
	c.Detail = fmt.Sprintf("the id %x is none of those that tools are known to compute, sha1 is %x", b.id, all[0].sum.Sum(nil))
	return c
}

// hashPart adds a part and its size to all sums.
func (b *Image) hashPart(ctx context.Context, p part, all []candidate) error {
	buf := make([]byte, 256<<10)
	for off := int64(0); off < p.size; off += int64(len(buf)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		want := buf[:min(int64(len(buf)), p.size-off)]
		if n, err := image.NewSection(b.r, p.off, p.size).ReadAt(want, off); n < len(want) {
			return err
		} else if err != nil && err != io.EOF {
			return err
		}
		for _, a := range all {
			a.sum.Write(want)
		}
	}
	for _, a := range all {
		a.sum.Write(binary.LittleEndian.AppendUint32(nil, uint32(p.size)))
	}
	return nil
}
