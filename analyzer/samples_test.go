package analyzer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/corpustest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/image"
)

// TestSamples opens every sample of a container or file system that was found in public: real ones of devices, those of
// other tools' tests, damaged ones. What each opens as, how many files it holds and what is missing of it is in
// testdata/samples.txt; ROMSCAN_UPDATE=1 writes it anew, to be looked at.
func TestSamples(t *testing.T) {
	dir := corpustest.Dir(t, "trees", "formats")
	root, done, err := OpenInput(dir)
	if err != nil {
		t.Skip("no romscan-corpus/trees/formats")
	}
	defer done()
	entries, err := List(context.Background(), root, Options{Limits: image.DefaultLimits()}, false)
	if err != nil {
		t.Fatal(err)
	}
	type sample struct {
		kind  string
		files int
		gaps  map[string]bool
	}
	samples := map[string]*sample{}
	for _, e := range entries {
		if len(e.File.Path) < 2 {
			continue
		}
		top := e.File.Path[1].Name
		s := samples[top]
		if s == nil {
			s = &sample{gaps: map[string]bool{}}
			samples[top] = s
		}
		if len(e.File.Path) == 2 {
			s.kind = e.Kind
		} else if e.File.IsRegular() {
			s.files++
		}
		for _, g := range e.Gaps {
			s.gaps[string(g.Reason)+" ("+g.By+")"] = true
		}
	}
	var b strings.Builder
	for _, name := range slices.Sorted(keys(samples)) {
		s := samples[name]
		if s.kind == "" {
			continue
		}
		fmt.Fprintf(&b, "%s  %s  %d files", name, s.kind, s.files)
		for _, g := range slices.Sorted(keys(s.gaps)) {
			b.WriteString("  " + g)
		}
		b.WriteString("\n")
	}
	golden := filepath.Join("testdata", "samples.txt")
	if os.Getenv("ROMSCAN_UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); diff != "" {
		t.Error(diff)
	}
}
