package analyzer

import (
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware/dataflow"
)

// asked is a condition before a flow, of which its own app does not say who lets it hold.
type asked struct {
	Reads, Default string
	Asks           []dataflow.Ask // none: not decided by other apps either
}

// asking lists the conditions before a flow that could not be judged, where that is what its guard rests on.
func asking(guard string, gates []dataflow.Gate) (out []asked) {
	if guard != "unknown" {
		return nil
	}
	some := false
	for _, g := range gates {
		if g.Guard == guard {
			out = append(out, asked{g.Reads, g.Default, g.Asks})
			some = some || len(g.Asks) > 0
		}
	}
	if !some {
		return nil
	}
	return out
}

// decided returns a flow of app i with its guard judged by what all apps write.
func (m *meeting) decided(i int, p *placed) fact.Fact {
	f := p.Fact
	if len(p.Asked) == 0 {
		return f
	}
	all := gated{Guard: "none"}
	text := f.Evidence.Text
	for _, q := range p.Asked {
		g, ok := m.verdict(i, &q)
		if !ok {
			g = "unknown"
		}
		text = strings.ReplaceAll(text, "# behind unknown: "+q.Reads+",", "# behind "+g+": "+q.Reads+",")
		all = all.stronger(gated{Guard: g, Gate: q.Reads, Default: q.Default})
	}
	ev := *f.Evidence
	ev.Text = text
	f.Evidence = &ev
	f.Fields = all.in(f.Fields)
	return f
}

// verdict judges one condition by those who decide it.
func (m *meeting) verdict(i int, q *asked) (guard string, ok bool) {
	var lets, others []dataflow.Why
	note := func(a *dataflow.Ask, w *dataflow.Write) {
		if a.Meets(w) {
			lets = append(lets, w.Why)
		} else {
			others = append(others, w.Why)
		}
	}
	for n := range q.Asks {
		a := &q.Asks[n]
		kind, rest, _ := strings.Cut(a.Channel, ":")
		class, key, keyed := strings.Cut(rest, ":")
		for j := range m.found {
			if m.apps[i].Package == m.apps[j].Package {
				continue
			}
			if kind != "intent" {
				for k := range m.found[j].Writes {
					if w := &m.found[j].Writes[k]; w.Channel == a.Channel {
						note(a, w)
					}
				}
				continue
			}
			for k := range m.found[j].Sent {
				s := &m.found[j].Sent[k]
				if reached, _ := m.reaches(i, j, s, class); !reached {
					continue
				}
				if !keyed {
					lets = append(lets, s.Why)
				}
				for c := range s.Consts {
					if keyed && s.Consts[c].Channel == key {
						note(a, &s.Consts[c])
					}
				}
			}
		}
	}
	return dataflow.Verdict(lets, others, q.Default == "off")
}
