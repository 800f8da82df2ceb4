package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
)

func TestTrail(t *testing.T) {
	s := Step{Kind: "flow", Listing: &fact.Evidence{Text: "# reads device.imei, in La/B;->c()V\n001a: invoke-virtual {v0}, La/T;->get()V\n" +
		"# behind opt-out: x, in y, default on, in La/B;->d()V\n0002:\n# sends to http://x/, in La/B;->e()V\n0004: return-void\n# cut"}}
	want := []Mark{
		{"reads", "reads device.imei", "La/B;->c()V", 0x1a, "invoke-virtual {v0}, La/T;->get()V", 1},
		{"behind", "behind opt-out: x, in y, default on", "La/B;->d()V", 2, "", 3},
		{"sends", "sends to http://x/", "La/B;->e()V", 4, "return-void", 5},
	}
	if diff := cmp.Diff(want, Trail(&s)); diff != "" {
		t.Error(diff)
	}
	s.Kind = "connection"
	if Trail(&s) != nil {
		t.Error("a trail of what is no flow")
	}
}
