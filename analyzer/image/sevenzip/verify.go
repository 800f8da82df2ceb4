package sevenzip

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"

	"romscan/analyzer/image"
)

// Verify implements [image.Verifier]: it decodes every file and compares it with the CRC32 in the header.
func (x *FS) Verify(ctx context.Context, yield func(image.Check) bool) {
	for _, f := range x.files {
		c := f.check(ctx)
		if ctx.Err() != nil || !yield(c) {
			return
		}
	}
}

func (f *file) check(ctx context.Context) image.Check {
	c := image.Check{Name: f.name, What: "crc32", Outcome: image.Unverified, Whole: true, Bytes: f.part.n, Offset: -1}
	if !f.part.crc.there {
		c.Detail = "the archive states none"
		return c
	}
	r, err := f.open()
	if err != nil {
		c.Detail = err.Error()
		return c
	}
	if k, ok := r.(io.Closer); ok {
		defer k.Close()
	}
	h := crc32.NewIEEE()
	if err := image.Feed(ctx, h, r, 0, f.part.n); err != nil {
		c.Detail = err.Error()
		return c
	}
	if c.Outcome = image.Matched; h.Sum32() != f.part.crc.sum {
		c.Outcome = image.Mismatched
		c.Detail = image.Differ(binary.BigEndian.AppendUint32(nil, f.part.crc.sum), h.Sum(nil))
	}
	return c
}
