package sony

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"hash"

	"romscan/analyzer/image"
)

func newHash(sum []byte) hash.Hash {
	if sumKind(sum) == "sha1" {
		return sha1.New()
	}
	return sha256.New()
}

// laterChecks adds the comparisons: one of the hashes in the header, one of those in the table of addresses.
func (f *file) laterChecks() {
	if len(f.hashes) > 0 {
		f.parts.Later(func(ctx context.Context) image.Check {
			c := image.Check{What: "header " + sumKind(f.hashes[0].sum), Outcome: image.Matched, Offset: -1}
			for _, h := range f.hashes {
				c.Bytes += h.length
				s := newHash(h.sum)
				err := image.Feed(ctx, s, f.r, h.from, h.length)
				f.note(&c, h.from, err, string(s.Sum(nil)) == string(h.sum))
			}
			return c
		})
	}
	if !f.anySum() {
		return
	}
	f.parts.Later(func(ctx context.Context) image.Check {
		c := image.Check{Name: Name, What: "block sha256", Whole: true, Outcome: image.Matched, Offset: -1}
		for i := range f.runs {
			x := &f.runs[i]
			if x.sum == nil {
				continue
			}
			c.Bytes += x.length
			s := sha256.New()
			err := image.Feed(ctx, s, f, x.at, x.length)
			same := string(s.Sum(nil)) == string(x.sum)
			if err == nil && !same && x.packed > 0 {
				// The sources do not say whether the hash is of the block as it is on flash or in the file.
				s = sha256.New()
				err = image.Feed(ctx, s, f.r, x.from, x.packed)
				same = string(s.Sum(nil)) == string(x.sum)
			}
			f.note(&c, x.header, err, same)
		}
		return c
	})
}

func (f *file) anySum() bool {
	for i := range f.runs {
		if f.runs[i].sum != nil {
			return true
		}
	}
	return false
}

// note takes one block's result into a comparison of many: a mismatch counts more than what cannot be read.
func (f *file) note(c *image.Check, at int64, err error, same bool) {
	switch {
	case err != nil && c.Outcome == image.Matched:
		c.Outcome, c.Offset, c.Detail = image.Unverified, at, err.Error()
	case err == nil && !same && c.Outcome != image.Mismatched:
		c.Outcome, c.Offset, c.Detail = image.Mismatched, at, fmt.Sprintf("the block at %d differs", at)
	}
}
