package zstd

import (
	"testing"

	"romscan/analyzer/image/streamtest"
)

var variants = streamtest.Variants{Format: Format(), Tool: "zstd", Flags: []string{"-3c", "-19c --no-check", "-19c --long=23", "-1c -T2"}}

func TestReadsBack(t *testing.T) { variants.ReadsBack(t) }

func TestBroken(t *testing.T) { variants.Broken(t, 0.5) }

func TestConcatenated(t *testing.T) { variants.Concatenated(t) }

func FuzzOpen(f *testing.F) { variants.Fuzz(f) }
