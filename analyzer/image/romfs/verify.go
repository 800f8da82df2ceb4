package romfs

import (
	"context"
	"encoding/binary"
	"fmt"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// sum adds up the big-endian words of a header: the checksum in it makes that 0.
func (v *volume) sum(at, length int64) (uint32, error) {
	raw, err := bin.ReadAt(v.r, v.size, at, length, checked)
	if err != nil {
		return 0, err
	}
	var found uint32
	for ; len(raw) >= 4; raw = raw[4:] {
		found += binary.BigEndian.Uint32(raw)
	}
	return found, nil
}

// Verify implements [image.Verifier]. Headers carry checksums, the content of files does not, beyond what of it lies
// in the first 512 bytes.
func (v *volume) Verify(ctx context.Context, yield func(image.Check) bool) {
	for _, h := range v.headers {
		c := image.Check{Name: h.place, What: "romfs header sum", Outcome: image.Matched, Bytes: h.length, Offset: h.at}
		if h.at == 0 {
			c.Name, c.What = "", "romfs sum of the first bytes"
		}
		found, err := v.sum(h.at, h.length)
		switch {
		case err != nil:
			c.Outcome, c.Detail = image.Unverified, err.Error()
		case found != 0:
			c.Outcome, c.Detail = image.Mismatched, fmt.Sprintf("words add up to %08x, not to 0", found)
		}
		if ctx.Err() != nil || !yield(c) {
			return
		}
	}
}
