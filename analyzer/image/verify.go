package image

import (
	"context"
	"fmt"
	"io"
)

// Outcome is what comparing bytes with a stated checksum gave.
type Outcome string

// The outcomes. Unverified never counts as a match.
const (
	Matched    Outcome = "match"
	Mismatched Outcome = "mismatch"
	Unverified Outcome = "unverified" // there is a checksum, or should be, and it could not be compared: Detail says why
)

// Check is one comparison of a container's bytes with a checksum or signature that the packaging carries.
type Check struct {
	Name    string  // file inside the container, as its FS names it; "" for the container itself
	What    string  // what was compared: "partition sha256", "metadata crc32c", "crc32", "hashtree"
	Outcome Outcome // Matched, Mismatched or Unverified
	Whole   bool    // the checksum covers all of the content, not its metadata or a part
	Bytes   int64   // covered by the checksum
	Offset  int64   // in the container, of what differs first or of the stated checksum; -1 where unknown
	Detail  string  // stated and found value of a mismatch, the reason of Unverified; "" for a plain match
}

// Verifier is implemented by a file system that can compare what it holds with the checksums its format
// carries. Verify calls yield for each comparison in a fixed order and stops when it returns false or ctx ends.
// It reads whatever it must, through the same budget as everything else; a mismatch never stops it.
type Verifier interface {
	Verify(ctx context.Context, yield func(Check) bool)
}

// Differ is the Detail of a mismatch of digests.
func Differ(stated, found []byte) string { return fmt.Sprintf("stated %x, found %x", stated, found) }

// ReaderContext returns r, whose reads fail once ctx has ended: what long comparisons read through.
func ReaderContext(ctx context.Context, r io.Reader) io.Reader { return contextReader{ctx, r} }

type contextReader struct {
	ctx context.Context
	io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.Reader.Read(p)
}
