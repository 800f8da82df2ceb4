package analyzer

import (
	"context"
	"testing"

	"romscan/analyzer/image"
)

// TestPairsOfApps: what apps of one directory hand to each other are leaks from the call that reads in one to the call that
// sends in another.
func TestPairsOfApps(t *testing.T) {
	want := map[string]int{"between/Action": 1, "between/ActionOther": 0, "between/Relayed": 1, "between/RelayedOther": 0, "between/BoundGives": 1, "between/BoundPermission": 0}
	var cases []*flowCase
	for _, c := range loadFlowCases(t) {
		if _, ok := want[c.id()]; ok {
			cases = append(cases, c)
		}
	}
	cache := buildFlowCases(t, cases)
	for _, c := range cases {
		root, done, err := OpenInput(c.path(cache))
		if err != nil {
			t.Fatal(err)
		}
		defer done()
		if got, _, err := Pairs(context.Background(), root, Options{Limits: image.DefaultLimits()}); err != nil || len(got) != want[c.id()] {
			t.Errorf("%s: %d leaks, want %d: %v %v", c.id(), len(got), want[c.id()], got, err)
		}
	}
}
