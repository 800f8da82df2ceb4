package erofs

import (
	"os"
	"testing"

	"romscan/analyzer/image"
	"romscan/analyzer/image/treetest"
)

// TestVerify: mkfs.erofs' checksum matches; a volume name changed makes it differ, and everything still reads.
func TestVerify(t *testing.T) {
	img := mkfs(t, makeTree(t))
	verdict := func() (out image.Outcome) {
		treetest.LoadFile(t, Format(), img).(image.Verifier).Verify(t.Context(), func(c image.Check) bool { out = c.Outcome; return true })
		return out
	}
	if got := verdict(); got != image.Matched {
		t.Errorf("sound: %q", got)
	}
	raw, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	raw[superOffset+0x40] ^= 1
	if err := os.WriteFile(img, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := verdict(); got != image.Mismatched {
		t.Errorf("changed: %q", got)
	}
}
