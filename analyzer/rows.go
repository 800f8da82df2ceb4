package analyzer

import (
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware/dataflow"
)

// doorsOfRows lists the doors of the providers that a call of app j is for, its own among them. Of an address that a provider tells from
// others the path has to be known.
func (m *meeting) doorsOfRows(j int, s *sent) (out []doorOf) {
	for _, address := range s.To.Addresses {
		rest, ok := strings.CutPrefix(address, "content://")
		if i := strings.IndexAny(rest, "?#"); i >= 0 {
			rest = rest[:i]
		}
		rest = strings.TrimSuffix(rest, "/")
		authority, _, _ := strings.Cut(rest, "/")
		if !ok || strings.Contains(authority, "{}") {
			continue
		}
		for i := range m.found {
			if len(m.starts[i]) == 0 {
				continue
			}
			if c := m.providerOf(i, authority); c != nil && (i == j || m.mayAsk(j, c, s.To.Actions)) {
				if d, ok := m.doorOfRows(i, descriptor(c.Fields.Get("name")), s.To.Actions, rest); ok && !slices.Contains(out, d) {
					out = append(out, d)
				}
			}
		}
	}
	return out
}

// providerOf is the provider of app i that has an authority, nil for none.
func (m *meeting) providerOf(i int, authority string) *fact.Fact {
	facts := m.rec.Units[m.apps[i].Unit].Facts
	for n := range facts {
		if f := &facts[n]; f.Kind == "component" && f.Fields.Get("type") == "provider" && slices.Contains(f.Fields.All("authority"), authority) {
			return f
		}
	}
	return nil
}

// mayAsk reports whether app j may call methods of a provider.
func (m *meeting) mayAsk(j int, c *fact.Fact, methods []string) bool {
	of := "write_permission"
	if slices.Contains(methods, "query") || slices.Contains(methods, "openFile") {
		of = "read_permission"
	}
	p := c.Fields.Get(of)
	if p == "" {
		p = c.Fields.Get("permission")
	}
	return c.Fields.Get("enabled") != "no" && c.Fields.Get("exported") == "yes" && m.holds(j, p)
}

// doorOfRows is the door of the first method that a provider has, for an address; false where something happens behind none.
func (m *meeting) doorOfRows(i int, class string, methods []string, address string) (doorOf, bool) {
	for _, name := range methods {
		for _, x := range m.found[i].Apart {
			if x.Class != class+name {
				continue
			}
			path, ok := dataflow.MatchPath(address, x.Actions)
			if !ok {
				return doorOf{}, false
			}
			d := door{class, name + " " + path}
			_, ok = m.starts[i][d]
			return doorOf{i, d}, ok
		}
		if _, ok := m.starts[i][door{class, name}]; ok {
			return doorOf{i, door{class, name}}, true
		}
	}
	return doorOf{}, false
}
