package jffs2

import (
	"context"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// Verify implements [image.Verifier]. Nodes whose checksums are wrong were passed over when the filesystem was opened
// and are told first; then follow the nodes that each file is made of.
func (v *volume) Verify(ctx context.Context, yield func(image.Check) bool) {
	for _, b := range v.bad {
		c := image.Check{What: "jffs2 node crc32", Outcome: image.Mismatched, Offset: b.at, Detail: b.what}
		if ctx.Err() != nil || !yield(c) {
			return
		}
	}
	for _, f := range v.files {
		if ctx.Err() != nil || !yield(v.check(f)) {
			return
		}
	}
}

func (v *volume) check(f listed) image.Check {
	c := image.Check{Name: f.name, What: "jffs2 node crc32", Outcome: image.Matched, Whole: true, Offset: -1}
	for k := range f.inode.pieces {
		p := &f.inode.pieces[k]
		raw, err := bin.ReadAt(v.r, v.size, p.at, p.encoded, maxNode)
		if err != nil {
			c.Outcome, c.Offset, c.Detail = image.Unverified, p.at, err.Error()
			return c
		}
		if crc(raw) != p.crc {
			c.Outcome, c.Offset, c.Detail = image.Mismatched, p.at, "data of a node"
			return c
		}
		c.Bytes += p.encoded
	}
	return c
}
