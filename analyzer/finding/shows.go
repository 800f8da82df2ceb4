package finding

import (
	"strings"

	"romscan/analyzer/fact"
	"romscan/signatures"
)

// Shows reports whether a fact of the finding's app could stand in the finding's first step: the clause of the step
// holds for it, and the fields that make the fingerprint are the same.
func Shows(f *Finding, ft fact.Fact) bool {
	if len(f.Steps) == 0 || ft.Kind != f.Steps[0].Fact.Kind {
		return false
	}
	as := f.Steps[0].As
	for ref, want := range f.Identity {
		name, field := splitRef(ref)
		if name == as && field != "" && identity(ft, field, strings.Join(ft.Fields.All(field), ", ")) != want {
			return false
		}
	}
	info := fact.Lookup(ft.Kind)
	for _, list := range [][]signatures.Clause{f.Signature.Match.All, f.Signature.Match.Any} {
		for i := range list {
			if c := &list[i]; c.As == as && fact.Kind(c.Fact) == ft.Kind && holds(info, c, &piece{app: f.App, partition: f.Partition, device: f.Device}, ft.Fields) {
				return true
			}
		}
	}
	return false
}
