package sparse

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"

	"romscan/analyzer/image"
)

// raw is the one file of an opened image, with its checksums.
type raw struct {
	*image.Index
	p *piece
}

// sum is a checksum of the raw image up to end, which a CRC32 chunk or the header states.
type sum struct {
	what   string
	at     int64 // where it is stated
	end    int64
	stated uint32
}

// Verify implements [image.Verifier]: the header's checksum and those of CRC32 chunks, over all of the raw image before
// them. Most images have neither. sparse_format.h counts DONT_CARE as zeros; libsparse's writer leaves it out: either
// is a match.
func (w *raw) Verify(ctx context.Context, yield func(image.Check) bool) {
	if len(w.p.sums) == 0 {
		return
	}
	zeros, without := crc32.NewIEEE(), crc32.NewIEEE()
	done := int64(0)
	for _, s := range w.p.sums {
		c := image.Check{Name: Name, What: s.what, Whole: s.end == w.p.size, Bytes: s.end, Offset: s.at, Outcome: image.Matched}
		err := image.Feed(ctx, zeros, w.p, done, s.end-done)
		if err == nil {
			err = w.p.feedStored(ctx, without, done, s.end)
		}
		switch {
		case err != nil:
			c.Outcome, c.Detail = image.Unverified, err.Error()
		case zeros.Sum32() != s.stated && without.Sum32() != s.stated:
			c.Outcome, c.Detail = image.Mismatched, fmt.Sprintf("%08x stated, %08x found", s.stated, zeros.Sum32())
		}
		if !yield(c) || err != nil {
			return
		}
		done = s.end
	}
}

// feedStored writes the parts of the raw image between from and to that are no DONT_CARE.
func (p *piece) feedStored(ctx context.Context, w io.Writer, from, to int64) error {
	for _, s := range p.segments {
		lo, hi := max(s.pos, from), min(s.pos+s.length, to)
		if lo < hi {
			if err := image.Feed(ctx, w, p, lo, hi-lo); err != nil {
				return err
			}
		}
	}
	return nil
}
