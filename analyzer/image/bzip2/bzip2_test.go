package bzip2

import (
	"testing"

	"romscan/analyzer/image/streamtest"
)

var variants = streamtest.Variants{Format: Format(), Tool: "bzip2", Flags: []string{"-9c", "-1c"}}

func TestReadsBack(t *testing.T) { variants.ReadsBack(t) }

func TestBroken(t *testing.T) { variants.Broken(t, 0.2) }

func TestConcatenated(t *testing.T) { variants.Concatenated(t) }

func FuzzOpen(f *testing.F) { variants.Fuzz(f) }
