package analyzer

import (
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/fact"
)

// checkSwitches holds the facts about settings of a case against its lines
//
//	// switch: key=pref:settings_[report] role=opt-in activation=boot guard=none
//	// switch: not key=pref:settings_[report] activation=boot
//
// each of which has to be told, or must not be; _ stands for a blank, what is left out is not compared, and of several
// activations those that are named have to be among them.
func checkSwitches(t *testing.T, c *flowCase, facts []fact.Fact) {
	t.Helper()
	for _, line := range c.all("switch") {
		words, unwanted := strings.CutPrefix(line, "not ")
		told := slices.ContainsFunc(facts, func(f fact.Fact) bool { return f.Kind == "setting" && fits(f, words) })
		if told != unwanted {
			continue
		}
		t.Errorf("%s: switch: %s", c.id(), line)
		for _, f := range facts {
			if f.Kind == "setting" {
				t.Logf("    told: %s role %s activation %v guard %s gate %s", f.Fields.Get("key"), f.Fields.Get("role"), f.Fields.All("activation"), f.Fields.Get("guard"), f.Fields.Get("gate"))
			}
		}
	}
}

func fits(f fact.Fact, words string) bool {
	for _, w := range strings.Fields(words) {
		name, want, _ := strings.Cut(w, "=")
		for _, v := range strings.Split(strings.ReplaceAll(want, "_", " "), ",") {
			if !slices.Contains(f.Fields.All(name), v) {
				return false
			}
		}
	}
	return true
}
