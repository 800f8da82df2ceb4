package ubifs

import (
	"context"

	"romscan/analyzer/image"
)

const (
	nodeSum = "ubifs node crc32"
	maxBad  = 1000 // bad nodes told one by one
)

// Verify implements [image.Verifier]: the nodes that were read when the filesystem was opened, then the data nodes of
// each file.
func (v *volume) Verify(ctx context.Context, yield func(image.Check) bool) {
	for _, c := range v.bad {
		if !yield(c) {
			return
		}
	}
	if !yield(image.Check{What: nodeSum, Outcome: image.Matched, Bytes: v.good, Offset: -1}) {
		return
	}
	for _, f := range v.files {
		if ctx.Err() != nil || !yield(v.check(f)) {
			return
		}
	}
}

func (v *volume) check(f listed) image.Check {
	c := image.Check{Name: f.name, What: nodeSum, Outcome: image.Matched, Whole: true, Offset: -1}
	for _, b := range f.inode.blocks {
		raw, err := v.node(b.place, typeData)
		if err != nil {
			gap := image.GapOf(nil, "", err)
			c.Outcome, c.Offset, c.Detail = image.Mismatched, gap.Offset, gap.Detail
			if gap.Reason != image.Malformed {
				c.Outcome = image.Unverified
			}
			return c
		}
		c.Bytes += int64(len(raw))
	}
	return c
}
