package zip

import (
	"context"
	"errors"
	"io/fs"

	"romscan/analyzer/image"
)

// Verify implements [image.Verifier]: it decodes every file and compares it with the CRC-32 of its directory entry.
func (f *FS) Verify(ctx context.Context, yield func(image.Check) bool) {
	_ = fs.WalkDir(f, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		n, err := f.find("verify", name)
		if err != nil || n.entry == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fs.SkipAll
		}
		c := image.Check{Name: name, What: "crc32", Outcome: image.Matched, Whole: true, Bytes: n.entry.Uncompressed, Offset: n.entry.Data}
		var e *image.Error
		switch err := f.Compare(name); {
		case err == nil:
		case errors.As(err, &e) && e.Reason == image.Malformed:
			c.Outcome, c.Detail = image.Mismatched, e.Detail
		default:
			c.Outcome, c.Detail = image.Unverified, err.Error()
		}
		if !yield(c) {
			return fs.SkipAll
		}
		return nil
	})
}
