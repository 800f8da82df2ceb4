package streamtest

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/image"
)

// Variants are the settings of a tool that makes streams of a format; Pack runs the tool with one of them.
type Variants struct {
	Format image.Format
	Tool   string
	Flags  []string
}

// Pack returns what the tool makes of data.
func (v Variants) Pack(t testing.TB, data []byte, flags string) []byte {
	t.Helper()
	return Tool(t, data, v.Tool, strings.Fields(flags)...)
}

// ReadsBack reads what the tool made with each of the settings.
func (v Variants) ReadsBack(t *testing.T) {
	data := Sample(2800 << 10)
	for _, flags := range v.Flags {
		t.Run(flags, func(t *testing.T) { Reads(t, v.Format, v.Pack(t, data, flags), data) })
	}
	Sound(t, v.Format, v.Pack(t, Sample(2000), v.Flags[0]))
}

// Broken cuts a stream, of which share of the data has to be there still, and flips a bit in it.
func (v Variants) Broken(t *testing.T, share float64) {
	data := Sample(2800 << 10)
	raw := v.Pack(t, data, v.Flags[0])
	Cut(t, v.Format, raw, data, share)
	flipped := slices.Clone(raw)
	flipped[len(raw)/2] ^= 0x10
	fsys := Open(t, v.Format, flipped, image.DefaultLimits())
	if g := fsys.(image.Gapper).Gaps(); len(g) != 1 || g[0].Reason != image.Malformed {
		t.Errorf("flipped: gaps %v", g)
	}
	if got := Verdict(fsys); got != image.Mismatched {
		t.Errorf("flipped: verdict %q", got)
	}
	if got := Verdict(Open(t, v.Format, raw, image.DefaultLimits())); got != image.Matched {
		t.Errorf("whole: verdict %q", got)
	}
}

// Fuzz opens whatever it is given, small streams of the tool first.
func (v Variants) Fuzz(f *testing.F) {
	for _, flags := range v.Flags {
		f.Add(v.Pack(f, Sample(3000), flags))
	}
	Fuzz(f, v.Format)
}

// Concatenated reads streams one behind the other as one.
func (v Variants) Concatenated(t *testing.T) {
	data := Sample(200000)
	raw := v.Pack(t, data, v.Flags[0])
	Reads(t, v.Format, bytes.Repeat(raw, 3), bytes.Repeat(data, 3))
}
