package finding

import (
	"cmp"
	"slices"
	"strings"

	"romscan/analyzer/firmware"
	"romscan/signatures"
)

// Match runs every signature of a pack over every scope and returns the findings, worst first, then by ID,
// app, path and message.
func Match(fw *firmware.Firmware, pack *signatures.Pack) []Finding {
	m := &matcher{pack: pack, done: map[string]map[*group][]Finding{}}
	scopes := groups(fw)
	var out []Finding
	for _, s := range pack.Signatures {
		if s.Status == "deprecated" {
			continue
		}
		for _, g := range scopes[s.Scope] {
			out = append(out, m.run(s, g)...)
		}
	}
	slices.SortStableFunc(out, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(signatures.SeverityRank(a.Severity()), signatures.SeverityRank(b.Severity())),
			cmp.Compare(a.Signature.ID, b.Signature.ID), cmp.Compare(a.App, b.App),
			cmp.Compare(a.Device, b.Device), cmp.Compare(a.Message, b.Message), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	return out
}

type matcher struct {
	pack *signatures.Pack
	done map[string]map[*group][]Finding // by ID: a signature used by others runs once per group
}

// run matches one signature in one scope.
func (m *matcher) run(s *signatures.Signature, g *group) []Finding {
	if out, ok := m.done[s.ID][g]; ok {
		return out
	}
	out := m.match(s, g)
	if m.done[s.ID] == nil {
		m.done[s.ID] = map[*group][]Finding{}
	}
	m.done[s.ID][g] = out
	return out
}

func (m *matcher) match(s *signatures.Signature, g *group) []Finding {
	// A clause whose kind is nowhere in the scope ends it before any fact is looked at.
	for i := range s.Match.All {
		if c := &s.Match.All[i]; c.Fact != "" && !g.has(kindOf(c)) {
			return nil
		}
	}
	var bound []binding
	for i := range s.Match.All {
		hits := m.hits(&s.Match.All[i], g, maxHits)
		if len(hits) == 0 {
			return nil
		}
		bound = append(bound, binding{s.Match.All[i].As, hits})
	}
	any := false
	for i := range s.Match.Any {
		hits := m.hits(&s.Match.Any[i], g, maxHits)
		if len(hits) == 0 {
			continue
		}
		any = true
		bound = mergeBinding(bound, binding{s.Match.Any[i].As, hits})
	}
	if len(s.Match.Any) > 0 && !any {
		return nil
	}
	for i := range s.Match.None {
		if len(m.hits(&s.Match.None[i], g, 1)) > 0 {
			return nil
		}
	}
	return findings(s, g, bound)
}

// hits returns what a clause finds: facts, or the findings of the signature it uses.
func (m *matcher) hits(c *signatures.Clause, g *group, limit int) []hit {
	if c.Use == "" {
		return find(g, c, limit)
	}
	var out []hit
	for _, f := range m.run(m.pack.Lookup(c.Use), g) {
		h := hit{used: &f, piece: &piece{app: f.App, partition: f.Partition, device: f.Device}}
		if len(f.Steps) > 0 {
			h.fact = f.Steps[0].Fact
		}
		if out = append(out, h); len(out) == limit {
			break
		}
	}
	return out
}

// binding is a name with the facts that may fill it.
type binding struct {
	as   string
	hits []hit
}

// mergeBinding keeps, of clauses of any that share a name, the first that holds in front.
func mergeBinding(bound []binding, b binding) []binding {
	for i := range bound {
		if b.as != "" && bound[i].as == b.as {
			bound[i].hits = append(slices.Clip(bound[i].hits), b.hits...)
			return bound
		}
	}
	return append(bound, b)
}

func splitRef(ref string) (name, field string) {
	name, field, _ = strings.Cut(ref, ".")
	return name, field
}
