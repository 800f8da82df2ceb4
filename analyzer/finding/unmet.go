package finding

import (
	"fmt"
	"strings"

	"romscan/analyzer/firmware"
	"romscan/signatures"
)

// Unmet says why a finding of another image is not one of this: for the same app or file, the clauses of its
// signature that do not hold any more, and those of none that now do.
func Unmet(fw *firmware.Firmware, f *Finding) []string {
	s := f.Signature
	var g *group
	for _, c := range groups(fw)[s.Scope] {
		if s.Scope == "image" || s.Scope == "app" && c.app == f.App || s.Scope == "file" && c.device == f.Device {
			g = c
			break
		}
	}
	if g == nil {
		return []string{"the file is gone"}
	}
	var out []string
	for i := range s.Match.All {
		c := &s.Match.All[i]
		if c.Use != "" {
			continue
		}
		if len(find(g, c, 1)) == 0 {
			out = append(out, "gone: "+Clause(c))
		} else if step := stepOf(f, c.As); step != nil && !same(g, c, step) {
			out = append(out, "gone: "+step.Text)
		}
	}
	for i := range s.Match.None {
		if c := &s.Match.None[i]; c.Use == "" {
			if hits := find(g, c, 1); len(hits) > 0 {
				out = append(out, "appeared: "+Line(hits[0].fact))
			}
		}
	}
	if len(out) == 0 && len(s.Match.Any) > 0 {
		out = append(out, "gone: every alternative of the signature")
	}
	return out
}

func stepOf(f *Finding, as string) *Step {
	for i := range f.Steps {
		if f.Steps[i].As == as && as != "" {
			return &f.Steps[i]
		}
	}
	return nil
}

// same reports whether a fact that reads like the step is still found by the clause.
func same(g *group, c *signatures.Clause, step *Step) bool {
	for _, h := range find(g, c, maxHits) {
		if Line(h.fact) == step.Text {
			return true
		}
	}
	return false
}

// Clause prints what a clause asks for: "permission name=android.permission.READ_PHONE_STATE".
func Clause(c *signatures.Clause) string {
	if c.Use != "" {
		return "use " + c.Use
	}
	var b strings.Builder
	b.WriteString(c.Fact)
	for _, w := range c.With {
		var v []string
		for _, p := range w.Values {
			v = append(v, p.Text)
		}
		fmt.Fprintf(&b, " %s=%s", w.Field, strings.Join(v, "|"))
	}
	return b.String()
}
