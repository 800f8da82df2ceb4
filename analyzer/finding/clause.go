package finding

import (
	"sort"
	"strings"

	"romscan/analyzer/fact"
	"romscan/signatures"
)

// hit is one fact a clause holds for, or one finding of another signature.
type hit struct {
	fact  fact.Fact
	piece *piece
	used  *Finding
	more  int // further hits with the same identity
}

// maxHits bounds the facts kept for one clause in one scope; the rest is only counted by the first of them.
const maxHits = 1000

// find returns the facts of a group for which the clause holds, in the order of the record.
func find(g *group, c *signatures.Clause, limit int) []hit {
	kind := fact.Kind(c.Fact)
	if !g.has(kind) {
		return nil
	}
	info := fact.Lookup(kind)
	var out []hit
	for i := range g.pieces {
		p := &g.pieces[i]
		for j := range p.facts {
			if p.facts[j].Kind == kind && holds(info, c, p, p.facts[j].Fields) {
				if out = append(out, hit{fact: p.facts[j], piece: p}); len(out) == limit {
					return out
				}
			}
		}
		for _, t := range p.tables {
			if t.Kind != kind {
				continue
			}
			for _, row := range rows(info, c, p, t) {
				if out = append(out, hit{fact: t.Row(row), piece: p}); len(out) == limit {
					return out
				}
			}
		}
	}
	return out
}

// holds checks all conditions of a clause against one fact.
func holds(info *fact.Info, c *signatures.Clause, p *piece, fields fact.Fields) bool {
	for i := range c.With {
		if !condition(info.Field(c.With[i].Field), &c.With[i], p, fields) {
			return false
		}
	}
	return true
}

func condition(f *fact.FieldInfo, c *signatures.Condition, p *piece, fields fact.Fields) bool {
	name := f.Name
	if f.Of != "" {
		name = f.Of
	}
	values := fields.All(name)
	if values == nil {
		values = placed(p, name)
	}
	for _, v := range values {
		for i := range c.Values {
			if meets(f.Match, &c.Values[i], v) {
				return true
			}
		}
	}
	return false
}

// placed returns the fields that every fact gets from where it lies.
func placed(p *piece, name string) []string {
	var v string
	switch name {
	case "app":
		v = p.app
	case "partition":
		v = p.partition
	case "path":
		v = p.device
	}
	if v == "" {
		return nil
	}
	return []string{v}
}

func meets(m fact.Match, want *signatures.Pattern, v string) bool {
	switch {
	case want.Re != nil:
		return want.Re.MatchString(v)
	case m == fact.Prefix:
		return strings.HasPrefix(v, want.Text)
	case m == fact.Contains:
		return strings.Contains(v, want.Text)
	case m == fact.Domain:
		rest, ok := strings.CutSuffix(v, want.Text)
		return ok && (rest == "" || rest[len(rest)-1] == '.')
	}
	return v == want.Text
}

// rows returns the rows of a table for which the clause holds, using the order of its values where a
// condition names a value or a prefix.
func rows(info *fact.Info, c *signatures.Clause, p *piece, t *fact.Table) []int {
	var on []*signatures.Condition // on the column; the others are the same for all rows
	for i := range c.With {
		f := info.Field(c.With[i].Field)
		if f.Name == t.Column || f.Of == t.Column {
			on = append(on, &c.With[i])
		} else if !condition(f, &c.With[i], p, t.Common) {
			return nil
		}
	}
	if len(on) == 0 {
		all := make([]int, len(t.Values))
		for i := range all {
			all[i] = i
		}
		return all
	}
	rows := candidates(info.Field(on[0].Field), on[0], t.Values)
	for _, more := range on[1:] {
		f := info.Field(more.Field)
		kept := rows[:0]
		for _, r := range rows {
			for i := range more.Values {
				if meets(f.Match, &more.Values[i], t.Values[r]) {
					kept = append(kept, r)
					break
				}
			}
		}
		rows = kept
	}
	return rows
}

func candidates(f *fact.FieldInfo, c *signatures.Condition, values []string) []int {
	var out []int
	for i := range c.Values {
		want := &c.Values[i]
		prefix := want.Text
		switch {
		case want.Re != nil:
			prefix = ""
			if strings.HasPrefix(want.Re.String(), "^") {
				prefix, _ = want.Re.LiteralPrefix()
			}
		case f.Match == fact.Contains, f.Match == fact.Domain:
			prefix = ""
		}
		lo := sort.SearchStrings(values, prefix)
		for r := lo; r < len(values) && strings.HasPrefix(values[r], prefix); r++ {
			if meets(f.Match, want, values[r]) {
				out = append(out, r)
			} else if want.Re == nil && f.Match == fact.Exact {
				break
			}
		}
	}
	sort.Ints(out)
	return unique(out)
}

func unique(rows []int) []int {
	out := rows[:0]
	for i, r := range rows {
		if i == 0 || r != rows[i-1] {
			out = append(out, r)
		}
	}
	return out
}
