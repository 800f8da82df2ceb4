package treetest

import (
	"io/fs"
	"testing"

	"romscan/analyzer/image"
)

// Checks runs the Verifier and counts outcomes; bad lists what did not match.
func Checks(t *testing.T, fsys fs.FS) (matched int, bad []image.Check) {
	t.Helper()
	fsys.(image.Verifier).Verify(t.Context(), func(c image.Check) bool {
		if c.Outcome == image.Matched {
			matched++
		} else {
			bad = append(bad, c)
		}
		return true
	})
	return matched, bad
}

// Reasons lists the reasons of the gaps.
func Reasons(fsys fs.FS) (out []image.Reason) {
	for _, g := range fsys.(image.Gapper).Gaps() {
		out = append(out, g.Reason)
	}
	return out
}
