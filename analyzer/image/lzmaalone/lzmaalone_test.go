package lzmaalone

import (
	"strings"
	"testing"

	"romscan/analyzer/image/streamtest"
)

// variants are the settings of the tool that streams are made with.
var variants = []string{"-6c --format=lzma", "-0c --format=lzma", "-c --format=lzma --lzma1=dict=1536KiB,lc=0,lp=2,pb=0"}

func pack(t testing.TB, data []byte, flags string) []byte {
	t.Helper()
	return streamtest.Tool(t, data, "xz", strings.Fields(flags)...)
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
	streamtest.Cut(t, Format(), raw, data, 0.5)
}

func FuzzOpen(f *testing.F) {
	for _, flags := range variants {
		f.Add(pack(f, streamtest.Sample(3000), flags))
	}
	streamtest.Fuzz(f, Format())
}
