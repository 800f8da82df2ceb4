package vdex

import (
	"context"
	"fmt"
	"hash/adler32"
	"io"

	"romscan/analyzer/image"
)

// Verify compares each DEX, with its instructions turned back, with the checksum in its header.
func (a *archive) Verify(ctx context.Context, yield func(image.Check) bool) {
	for i, c := range a.content {
		check := image.Check{Name: a.names[i], What: "adler32", Outcome: image.Matched, Whole: true, Bytes: c.size, Offset: -1}
		stated, found, err := c.checksum(ctx)
		switch {
		case err != nil:
			check.Outcome, check.Detail = image.Unverified, err.Error()
		case stated != found:
			check.Outcome, check.Detail = image.Mismatched, fmt.Sprintf("stated %08x, found %08x", stated, found)
		}
		if !yield(check) {
			return
		}
	}
}

// checksum returns the adler32 that the header states and that of the content. Of a compact DEX
// (CompactDexFile::CalculateChecksum) it is put together from those of the header without the fields of the data's place,
// of what follows it, and of the data.
func (c *content) checksum(ctx context.Context) (stated, found uint32, err error) {
	head := make([]byte, cdexHeader)
	if n, err := c.ReadAt(head, 0); n < dexHeader {
		return 0, 0, err
	}
	for i := range 4 {
		stated |= uint32(head[8+i]) << (8 * i)
	}
	sum := func(from, n int64) uint32 {
		h := adler32.New()
		if _, e := io.Copy(h, image.ReaderContext(ctx, io.NewSectionReader(c, from, n))); e != nil && err == nil {
			err = e
		}
		return h.Sum32()
	}
	if !c.dex.Compact {
		return stated, sum(12, c.size-12), err
	}
	clear(head[8:12])
	clear(head[104:112])
	found = adler32.Checksum(head)
	found = found*31 ^ sum(cdexHeader, c.dex.Size-cdexHeader)
	found = found*31 ^ sum(int64(c.data), c.dex.Data.Size)
	return stated, found, err
}
