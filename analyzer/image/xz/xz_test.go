package xz

import (
	"testing"

	"romscan/analyzer/image/streamtest"
)

var variants = streamtest.Variants{Format: Format(), Tool: "xz", Flags: []string{"-6c", "-0c", "-9ec --check=sha256", "-6c --check=none", "-3c --block-size=100000", "-c --x86 --lzma2=dict=1MiB"}}

func TestReadsBack(t *testing.T) { variants.ReadsBack(t) }

func TestBroken(t *testing.T) { variants.Broken(t, 0.5) }

func TestConcatenated(t *testing.T) { variants.Concatenated(t) }

func FuzzOpen(f *testing.F) { variants.Fuzz(f) }
