package otazip

import (
	"bytes"
	"testing"

	"romscan/analyzer/image"
)

// TestVerify: the checksums of the archive are compared, and that of a file whose content has changed differs.
func TestVerify(t *testing.T) {
	raw := pack(t, edify, "system/bin/toolbox", "system/etc/hosts")
	for _, bad := range []bool{false, true} {
		if bad {
			raw[bytes.Index(raw, []byte("system/etc/hosts"))+len("system/etc/hosts")+2] ^= 1
		}
		fsys, err := open(bytes.NewReader(raw), int64(len(raw)), image.NewBudget(image.DefaultLimits()))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]image.Outcome{}
		fsys.(image.Verifier).Verify(t.Context(), func(c image.Check) bool {
			got[c.Name] = c.Outcome
			return true
		})
		if len(got) != 3 || got["system/bin/toolbox"] != image.Matched || bad == (got["system/etc/hosts"] == image.Matched) {
			t.Errorf("damaged %v: %v", bad, got)
		}
	}
}
