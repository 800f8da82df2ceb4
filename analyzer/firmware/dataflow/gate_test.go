package dataflow

import "testing"

// TestPassing: what is kept of a choice is told before what may be a flag of the moment.
func TestPassing(t *testing.T) {
	for reads, want := range map[string]int{
		"pref:main [upload]": 0, "settings:secure [upload]": 0, "package:com.example": 0, "an account and its sync setting": 0,
		"Lcom/example/Consent;->given()Z": 0, "Lcom/example/Net;->isConnected(Landroid/content/Context;)Z": 1,
		"field running:Z": 1, "number of files": 1, "Lcom/example/Work; running:Z": 1, "": 1,
	} {
		if g := (Gate{Reads: reads}); g.passing() != want {
			t.Errorf("%q: %d", reads, g.passing())
		}
	}
}
