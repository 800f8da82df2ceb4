package analyzer

import (
	"slices"
	"strings"
	"testing"
)

// TestUnreached: what stands behind a test that another contradicts is told, where the value may change in between not;
// and a signature can ask for it.
func TestUnreached(t *testing.T) {
	cases := slices.DeleteFunc(loadFlowCases(t), func(c *flowCase) bool {
		return c.id() != "paths/FieldAgain" && c.id() != "paths/FieldAgainThread"
	})
	built := buildFlowCases(t, cases)
	for _, c := range cases {
		var got []string
		for _, u := range readWith(t, c.path(built), Options{Jobs: 1, Flows: true}).Units {
			for _, f := range u.Facts {
				if f.Kind == "unreached" {
					got = append(got, f.Fields.Get("value"))
					if !strings.Contains(f.At.Member, "onReceive") {
						t.Errorf("%s: in %s", c.id(), f.At.Member)
					}
				}
			}
		}
		var want []string
		if c.id() == "paths/FieldAgain" {
			want = []string{"never said"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", c.id(), got, want)
		}
	}
}
