package bzip2

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/image"
	"romscan/analyzer/image/streamtest"
)

// variants are the settings of the tool that streams are made with.
var variants = []string{"-9c", "-1c"}

func pack(t testing.TB, data []byte, flags string) []byte {
	t.Helper()
	return streamtest.Tool(t, data, "bzip2", strings.Fields(flags)...)
}

func TestReadsBack(t *testing.T) {
	data := streamtest.Sample(2800 << 10)
	for _, flags := range variants {
		t.Run(flags, func(t *testing.T) { streamtest.Reads(t, Format(), pack(t, data, flags), data) })
	}
	streamtest.Sound(t, Format(), pack(t, streamtest.Sample(2000), variants[0]))
}

func TestBroken(t *testing.T) {
	data := streamtest.Sample(2800 << 10)
	raw := pack(t, data, variants[0])
	streamtest.Cut(t, Format(), raw, data, 0.2)
	flipped := slices.Clone(raw)
	flipped[len(raw)/2] ^= 0x10
	fsys := streamtest.Open(t, Format(), flipped, image.DefaultLimits())
	if g := fsys.(image.Gapper).Gaps(); len(g) != 1 || g[0].Reason != image.Malformed {
		t.Errorf("flipped: gaps %v", g)
	}
	if v := streamtest.Verdict(fsys); v != image.Mismatched {
		t.Errorf("flipped: verdict %q", v)
	}
	if v := streamtest.Verdict(streamtest.Open(t, Format(), raw, image.DefaultLimits())); v != image.Matched {
		t.Errorf("whole: verdict %q", v)
	}
}

func FuzzOpen(f *testing.F) {
	for _, flags := range variants {
		f.Add(pack(f, streamtest.Sample(3000), flags))
	}
	streamtest.Fuzz(f, Format())
}

func TestConcatenated(t *testing.T) {
	data := streamtest.Sample(200000)
	raw := pack(t, data, variants[0])
	streamtest.Reads(t, Format(), bytes.Repeat(raw, 3), bytes.Repeat(data, 3))
}
