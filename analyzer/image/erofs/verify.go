package erofs

import (
	"context"

	"romscan/analyzer/image"
)

// mounted is an opened filesystem and its index.
type mounted struct {
	*image.Index
	v *volume
}

// Verify implements [image.Verifier]: the superblock's checksum, where the filesystem has one. It was compared when
// the image was opened; nothing else in EROFS carries a checksum.
func (m *mounted) Verify(_ context.Context, yield func(image.Check) bool) {
	if m.v.compat&compatChecksum == 0 {
		return
	}
	c := image.Check{What: "superblock crc32c", Outcome: image.Matched, Bytes: m.v.blockSize, Offset: superOffset + 4}
	if m.v.suspect != nil {
		c.Outcome, c.Detail = image.Mismatched, m.v.suspect.Error()
	}
	yield(c)
}
