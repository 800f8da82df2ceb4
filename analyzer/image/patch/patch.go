// Package patch applies the binary patches that incremental updates of Android are made of: bsdiff in its two
// containers, imgdiff and puffdiff.
//
// In: the old bytes, the patch, and limits. Out: the new bytes, or an [image.Error] whose offset counts in the patch.
//
//	fresh, err := patch.BSDiff(old, diff, patch.Limits{Output: size, Work: 64 << 20})
//
// Limit: old and new are held in memory whole; the callers' operations are a few MiB.
package patch

import (
	"errors"

	"romscan/analyzer/image"
)

// Limits bound one patch.
type Limits struct {
	Output int64 // bytes of the result
	Work   int64 // bytes of what is unpacked on the way there: inflated sources, decoded streams
}

// spend takes n bytes of work from what is left.
func (l *Limits) spend(n, at int64) error {
	if n < 0 || n > l.Work {
		return image.Errorf(image.OverBudget, at, "the patch unpacks %d bytes more, %d are left for it", n, l.Work)
	}
	l.Work -= n
	return nil
}

// moved adds base to the offset of an error of a patch inside a patch.
func moved(err error, base int64) error {
	var e *image.Error
	if err == nil || !errors.As(err, &e) || e.Offset < 0 {
		return err
	}
	return image.Errorf(e.Reason, e.Offset+base, "%s", e.Detail)
}
