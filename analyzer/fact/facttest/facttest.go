// Package facttest runs one analyzer over bytes, as a test wants it.
//
// In: an analyzer and the content of a file. Out: what it found, and its facts as lines that a test can compare.
//
//	lines, out := facttest.Run(t, props.Analyzer(), "ro.a=b\n")
//
// Limit: analyzers of containers and those that need others are out of its reach.
package facttest

import (
	"strings"
	"testing"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// Run reads content with a and returns its facts, one line each: the kind, then the fields as JSON. A gap
// that a panic left fails the test.
func Run(t testing.TB, a *fact.Analyzer, content string) ([]string, fact.Outcome) {
	t.Helper()
	f := image.NewFile("f", strings.NewReader(content), int64(len(content)))
	s := &fact.Subject{File: f, Head: image.Head(f, fact.HeadSize)}
	out := fact.Run([]*fact.Analyzer{a}, s, image.NewBudget(image.DefaultLimits()))
	for _, g := range out.Gaps {
		if g.Reason == image.Panicked {
			t.Error(g.Detail)
		}
	}
	var lines []string
	for _, x := range out.Facts {
		fields, err := x.Fields.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(x.Kind)+" "+string(fields))
	}
	return lines, out
}

// Listed fails the test for facts of text without a line and a listing: what a reader checks.
func Listed(t testing.TB, out fact.Outcome) {
	t.Helper()
	for _, x := range out.Facts {
		if x.At.Line == 0 || x.Evidence == nil || x.Evidence.Text == "" {
			t.Errorf("%s %v has no line or no listing", x.Kind, x.Fields)
		}
	}
}

// Unwanted fails the test if a reads any of the contents.
func Unwanted(t testing.TB, a *fact.Analyzer, contents ...string) {
	t.Helper()
	for _, c := range contents {
		if _, out := Run(t, a, c); len(out.Ran) != 0 {
			t.Errorf("%q is read by %s", c, a.Name)
		}
	}
}
