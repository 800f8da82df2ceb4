package sparse

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"

	"romscan/analyzer/image/treetest"

	"romscan/analyzer/image"
)

// TestVerify: a checksum over all that comes before it, DONT_CARE as zeros or left out; one that differs says so.
func TestVerify(t *testing.T) {
	data := noise(9, 4096)
	zeros := crc32.ChecksumIEEE(append(append(slices.Clone(data), make([]byte, 8192)...), data...))
	without := crc32.ChecksumIEEE(append(slices.Clone(data), data...))
	for name, c := range map[string]struct {
		header, chunk uint32
		want          []image.Outcome
	}{
		"none":          {0, 0, nil},
		"as zeros":      {0, zeros, []image.Outcome{image.Matched}},
		"left out":      {0, without, []image.Outcome{image.Matched}},
		"other":         {0, 1, []image.Outcome{image.Mismatched}},
		"header":        {zeros, 0, []image.Outcome{image.Matched}},
		"both, one bad": {77, zeros, []image.Outcome{image.Matched, image.Mismatched}},
	} {
		chunks := []chunk{{chunkRaw, 1, data}, {chunkDontCare, 2, nil}, {chunkRaw, 1, data}}
		if c.chunk != 0 {
			chunks = append(chunks, chunk{chunkCRC32, 0, binary.LittleEndian.AppendUint32(nil, c.chunk)})
		}
		img := build(4096, 4, fileHeaderSize, chunkHeaderSize, chunks...)
		binary.LittleEndian.PutUint32(img[24:], c.header)
		var got []image.Outcome
		treetest.Load(t, Format(), img).(image.Verifier).Verify(t.Context(), func(k image.Check) bool {
			got = append(got, k.Outcome)
			return true
		})
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
