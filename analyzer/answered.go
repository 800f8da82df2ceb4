package analyzer

import (
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware/dataflow"
)

// byAnswer makes the flows of an extra of what an activity of app j answers app i that asked it.
func (m *meeting) byAnswer(i, j int, t *placed, place string) (out []fact.Fact) {
	asking, key, _ := strings.Cut(place, ":")
	for _, g := range m.answered(i, j, asking, key) {
		out = append(out, g.through(t.Fact, gated{}))
	}
	return out
}

// answered lists what activities of app j answer under a key where an activity of app i asks, behind what stands before the
// question and before the answer.
func (m *meeting) answered(i, j int, asking, key string) (out []given) {
	if m.apps[i].Package == m.apps[j].Package {
		return nil
	}
	for k := range m.found[i].Sent {
		question := &m.found[i].Sent[k]
		if !slices.Contains(question.Asks, asking) {
			continue
		}
		for n := range m.found[j].Sent {
			s := &m.found[j].Sent[n]
			if s.To.Kind != dataflow.Answer {
				continue
			}
			for _, class := range s.To.Classes {
				reached, exact := m.reaches(j, i, question, class)
				if !reached {
					continue
				}
				for _, g := range s.Extras {
					if g.Channel == key && !dataflow.IsChannel(g.Data) {
						g.Exact = g.Exact && exact
						g.Judged = question.Judged.stronger(s.Judged).stronger(g.Judged)
						g.Listing += "\n" + s.Listing
						out = append(out, g)
					}
				}
			}
		}
	}
	return out
}
