package dataflow_test

import (
	"testing"

	"romscan/analyzer/firmware/dataflow"
)

// TestTimeIsOver ends the work before it begins: the result says so, and a moment later there is no more of it.
func TestTimeIsOver(t *testing.T) {
	list := bases(t)
	if len(list) == 0 {
		t.Skip("no code")
	}
	over := make(chan struct{})
	close(over)
	for _, data := range list {
		all := follow(data, api(t), dataflow.Limits{})
		cut := follow(data, api(t), dataflow.Limits{Done: over})
		if all.Methods > 0 && cut.Cuts["time"] == 0 {
			t.Error("an analysis that was ended does not say so")
		}
		if cut.Cuts["work on an app"] > 0 || len(cut.Flows) > 0 || cut.Steps > all.Steps/2 {
			t.Errorf("%d steps of %d after the time was over, %d flows", cut.Steps, all.Steps, len(cut.Flows))
		}
	}
}
