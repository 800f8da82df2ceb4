package ubi

import (
	"context"
	"maps"
	"slices"

	"romscan/analyzer/image"
)

// Verify implements [image.Verifier]: the headers of all blocks, which were compared when the image was opened, then
// the data of blocks that have a checksum. All of a static volume's have one, of a dynamic one's those that were moved.
func (f *flash) Verify(ctx context.Context, yield func(image.Check) bool) {
	for _, c := range f.bad {
		if !yield(c) {
			return
		}
	}
	if !yield(image.Check{What: "ubi header crc32", Outcome: image.Matched, Bytes: f.good * headerSize, Offset: -1}) {
		return
	}
	for _, v := range f.volumes {
		c, compared := v.check(ctx)
		if ctx.Err() != nil || compared && !yield(c) {
			return
		}
	}
}

func (v *volume) check(ctx context.Context) (c image.Check, compared bool) {
	c = image.Check{Name: v.name, What: "ubi data crc32", Outcome: image.Matched, Whole: v.static, Offset: -1}
	for _, lnum := range slices.Sorted(maps.Keys(v.blocks)) {
		b := v.blocks[lnum]
		if !v.static && !b.copied || ctx.Err() != nil {
			continue
		}
		compared = true
		if err := v.f.matches(b); err != nil {
			gap := image.GapOf(nil, "", err)
			c.Outcome, c.Offset, c.Detail = image.Mismatched, gap.Offset, gap.Detail
			if gap.Reason != image.Malformed {
				c.Outcome = image.Unverified
			}
			return c, true
		}
		c.Bytes += b.dataSize
	}
	if lost := (v.size+v.leb-1)/v.leb - int64(len(v.blocks)); v.static && lost > 0 {
		c.Outcome, c.Detail = image.Unverified, "blocks are missing"
	}
	return c, compared
}
