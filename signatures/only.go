package signatures

import (
	"fmt"
	"slices"
	"strings"
)

// Only returns the pack cut down to what the selectors name: an ID, or tag:NAME. Signatures the chosen ones
// use come along. A selector that names nothing is an error.
func (p *Pack) Only(selectors []string) (*Pack, error) {
	keep := map[string]bool{}
	for _, sel := range selectors {
		n := len(keep)
		for _, s := range p.Signatures {
			tag, isTag := strings.CutPrefix(sel, "tag:")
			if s.ID == sel || isTag && slices.Contains(s.Tags, tag) {
				p.keep(s, keep)
			}
		}
		if len(keep) == n && p.Lookup(sel) == nil {
			return nil, fmt.Errorf("no signature %q", sel)
		}
	}
	out := *p
	out.Signatures = nil
	for _, s := range p.Signatures {
		if keep[s.ID] {
			out.Signatures = append(out.Signatures, s)
		}
	}
	return &out, nil
}

func (p *Pack) keep(s *Signature, keep map[string]bool) {
	if s == nil || keep[s.ID] {
		return
	}
	keep[s.ID] = true
	for _, list := range [][]Clause{s.Match.All, s.Match.Any, s.Match.None} {
		for _, c := range list {
			if c.Use != "" {
				p.keep(p.Lookup(c.Use), keep)
			}
		}
	}
}
