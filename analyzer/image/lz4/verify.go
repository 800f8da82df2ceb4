package lz4

import (
	"context"
	"errors"
	"io"

	"github.com/pierrec/lz4/v4"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// stream is an opened file of frames.
type stream struct {
	*image.Index
	r       io.ReaderAt
	size    int64
	decoded int64
}

// Flags of a frame descriptor that say which checksums follow.
const (
	flagContentSum = 1 << 2
	flagBlockSum   = 1 << 4
)

// Verify implements [image.Verifier]: it decodes all frames and compares the checksums of blocks and content, where
// the first frame has any. Legacy frames have none.
func (s *stream) Verify(ctx context.Context, yield func(image.Check) bool) {
	head := bin.Head(s.r, s.size, 5)
	if len(head) < 5 || bin.Little(head, 0).U32() != magicFrame || head[4]&(flagContentSum|flagBlockSum) == 0 {
		return
	}
	c := image.Check{Name: Name, What: "xxh32", Outcome: image.Matched, Whole: true, Bytes: s.decoded, Offset: -1}
	in := image.ReaderContext(ctx, io.NewSectionReader(s.r, 0, s.size))
	_, err := io.Copy(io.Discard, lz4.NewReader(in))
	switch {
	case err == nil:
	case errors.Is(err, lz4.ErrInvalidFrameChecksum), errors.Is(err, lz4.ErrInvalidBlockChecksum), errors.Is(err, lz4.ErrInvalidHeaderChecksum), errors.Is(err, lz4.ErrInvalidSourceShortBuffer):
		c.Outcome, c.Detail = image.Mismatched, err.Error()
	default:
		c.Outcome, c.Detail = image.Unverified, err.Error()
	}
	yield(c)
}
