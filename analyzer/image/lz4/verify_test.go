package lz4

import (
	"bytes"
	"testing"

	"romscan/analyzer/image"
)

func TestVerify(t *testing.T) {
	data := content(3 << 20)
	verdict := func(raw []byte) (out image.Outcome) {
		mount(t, raw).(image.Verifier).Verify(t.Context(), func(c image.Check) bool { out = c.Outcome; return true })
		return out
	}
	for _, args := range [][]string{{"-B6"}, {"-B4", "-BX", "--no-frame-crc"}, {"-BD"}} {
		raw := pack(t, data, args...)
		if got := verdict(raw); got != image.Matched {
			t.Errorf("%v: %q", args, got)
		}
		stored := bytes.Clone(raw)
		stored[len(stored)/2] ^= 1
		if got := verdict(stored); got == image.Matched {
			t.Errorf("%v: changed and matches", args)
		}
	}
	changed := pack(t, data)
	changed[len(changed)-1] ^= 1 // the checksum itself
	if got := verdict(changed); got != image.Mismatched {
		t.Errorf("checksum changed: %q", got)
	}
	for _, args := range [][]string{{"-l"}, {"--no-frame-crc"}} {
		if got := verdict(pack(t, data, args...)); got != "" {
			t.Errorf("%v: %q", args, got)
		}
	}
}
