package analyzer

import (
	"fmt"
	"slices"
	"strings"

	"romscan/analyzer/firmware/dataflow"
	"romscan/analyzer/image"
)

// An app may hand on what another handed out: it keeps what it read of a provider in a setting, or puts what came with an
// intent into the next one. Who takes it from there gets the first one's data.

// maxHanded bounds what one app hands on of others' data.
const maxHanded = 1 << 12

// handData replaces what apps hand out of others' data by what these hand out.
func (m *meeting) handData() {
	for i := range m.found {
		m.found[i].Given = slices.Clone(m.found[i].Given)
		m.found[i].Sent = slices.Clone(m.found[i].Sent)
	}
	seen := make([]map[string]bool, len(m.found))
	for range maxRelays {
		more := false
		for i := range m.found {
			if seen[i] == nil {
				seen[i] = map[string]bool{}
			}
			f := &m.found[i]
			given := m.handed(i, f.Given, "", seen[i])
			more = more || len(given) > 0
			f.Given = append(f.Given, given...)
			for n := range f.Sent {
				s := &f.Sent[n]
				extras := m.handed(i, s.Extras, fmt.Sprint(n), seen[i])
				if len(extras) > 0 {
					more = true
					s.Extras = append(slices.Clip(s.Extras), extras...)
				}
			}
		}
		if !more {
			break
		}
	}
	others := func(g given) bool { return dataflow.IsChannel(g.Data) }
	for i := range m.found {
		if len(seen[i]) == maxHanded {
			m.found[i].Gaps = append(slices.Clip(m.found[i].Gaps), image.Gap{At: m.rec.Units[m.apps[i].Unit].File.Path, Offset: -1, Reason: image.OverBudget, By: "flow",
				Detail: "flows through this app may be missing; cut: data of other apps that it hands on"})
		}
		m.found[i].Given = slices.DeleteFunc(m.found[i].Given, others)
		for n := range m.found[i].Sent {
			s := &m.found[i].Sent[n]
			s.Extras = slices.DeleteFunc(slices.Clone(s.Extras), others)
		}
	}
}

// handed lists what app i hands on of others' data in one place and was not seen yet.
func (m *meeting) handed(i int, list []given, place string, seen map[string]bool) (out []given) {
	for n := range list {
		g := &list[n]
		if !dataflow.IsChannel(g.Data) {
			continue
		}
		for _, first := range m.takes(i, g.Data, false) {
			h := g.of(&first)
			key := fmt.Sprint(place, h.Channel, h.Data, h.Transforms, h.Exact, h.World, h.Judged, h.Call, h.Method)
			if !seen[key] && len(seen) < maxHanded {
				seen[key] = true
				out = append(out, h)
			}
		}
	}
	return out
}

// takes lists what the other apps hand out that app i gets by a name; own: what its own provider does as well.
func (m *meeting) takes(i int, channel string, own bool) (out []given) {
	kind, rest, _ := strings.Cut(channel, ":")
	class, key, _ := strings.Cut(rest, ":")
	for j := range m.found {
		if m.apps[i].Package == m.apps[j].Package && !(own && kind == "provider") {
			continue
		}
		if kind == dataflow.Answer {
			out = append(out, m.answered(i, j, class, key)...)
			continue
		}
		if kind == "intent" {
			for n := range m.found[j].Sent {
				s := &m.found[j].Sent[n]
				if !slices.ContainsFunc(s.Extras, func(g given) bool { return !dataflow.IsChannel(g.Data) && s.gives(&g, key) }) {
					continue
				}
				reached, exact := m.reaches(i, j, s, class)
				if !reached {
					continue
				}
				for _, g := range s.Extras {
					if !dataflow.IsChannel(g.Data) && s.gives(&g, key) {
						g.Exact = g.Exact && exact && g.Channel == key
						g.Judged, g.Listing = s.Judged.stronger(g.Judged), g.Listing+"\n"+s.Listing
						out = append(out, g)
					}
				}
			}
			continue
		}
		for _, g := range m.found[j].Given {
			same, exact := sameChannel(g.Channel, channel)
			if same && !dataflow.IsChannel(g.Data) && m.readable(i, j, kind, rest, &g) {
				g.Exact = g.Exact && exact
				out = append(out, g)
			}
		}
	}
	return out
}

// gives reports whether an extra of an intent may be what its receiver reads by a key: of an intent that anybody may get, what
// cannot be told is not guessed.
func (s *sent) gives(g *given, key string) bool {
	return g.Channel == key || s.To.Named() && g.Channel != "$data" && key != "$data" && (g.Channel == "*" || key == "*")
}

// of is what an app hands on of what another handed out first.
func (g *given) of(first *given) given {
	out := *g
	out.Data, out.Call, out.Method, out.site = first.Data, first.Call, first.Method, first.site
	out.Transforms = changed(g.Transforms, first.Transforms)
	out.Exact = g.Exact && first.Exact
	out.Judged = g.Judged.stronger(first.Judged)
	out.Listing = first.Listing + "\n" + g.Listing
	return out
}

// changed adds what was done to data before to what was done to it after.
func changed(after, before []string) []string {
	out := slices.Clone(after)
	for _, x := range before {
		if x != "plain" && !slices.Contains(out, x) {
			out = append(slices.DeleteFunc(out, func(s string) bool { return s == "plain" }), x)
		}
	}
	return out
}
