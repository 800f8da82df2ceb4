package text

import (
	"fmt"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/report"
)

// group is the findings of one signature.
type group struct {
	id   string
	list []*report.Finding
}

// findings prints the signatures from the least to the most severe.
func (p *page) findings(r *report.Report) {
	var groups []group
	for i := range r.Findings {
		f := &r.Findings[i]
		if n := len(groups); n > 0 && groups[n-1].id == f.ID {
			groups[n-1].list = append(groups[n-1].list, f)
			continue
		}
		groups = append(groups, group{f.ID, []*report.Finding{f}})
	}
	slices.Reverse(groups)
	for _, g := range groups {
		p.line("")
		p.title(g.list[0])
		for i, f := range g.list {
			if i == 0 {
				p.finding(f, r.Image.Name)
				continue
			}
			if i == 6 {
				p.line("  … and %d more", len(g.list)-i)
				break
			}
			p.line("  also %s", clip(f.Message, p.width()-7))
		}
		p.line("  fix: %s", clip(first(g.list[0].Fix), p.width()-7))
		p.line("  why: romscan explain %s", g.id)
	}
}

func (p *page) title(f *report.Finding) {
	lines := wrap(f.Title, p.width()-len(f.Severity)-len(f.ID)-2)
	p.line("%s %s %s", p.paint(f.Severity, strings.ToUpper(f.Severity)), f.ID, p.paint("bold", lines[0]))
	for _, l := range lines[1:] {
		p.line("  %s", l)
	}
}

func (p *page) finding(f *report.Finding, input string) {
	message := f.Message
	if f.More > 0 {
		message += fmt.Sprintf(" (+%d)", f.More)
	}
	for _, l := range wrap(message, p.width()-2) {
		p.line("  %s", l)
	}
	if f.Path != "" {
		p.line("  in %s", clip(strings.TrimPrefix(f.Path, input+"//"), p.width()-5))
	}
	for i, s := range f.Steps {
		p.step(i+1, s)
	}
}

func (p *page) step(n int, s report.Step) {
	what := s.Text
	if kind, rest, ok := strings.Cut(s.Text, " "); ok && kind == s.As {
		what = rest
	}
	p.line("  %d %-10s %s", n, clip(s.As, 10), clip(what, p.width()-15))
	if where := place(s); where != "" {
		p.line("%15s%s", "", clipLeft(where, p.width()-15))
	}
	p.trail(report.Trail(&s))
}

// shownMarks bounds the instructions shown of one flow; the last is where data leaves.
const shownMarks = 6

// trail prints the way of data through code, without the last instruction, which stands above.
func (p *page) trail(marks []report.Mark) {
	for i, m := range marks[:max(len(marks)-1, 0)] {
		if i == shownMarks {
			p.line("%15s… and %d more", "", len(marks)-1-i)
			break
		}
		p.line("%15s%-7s %s", "", m.Role, clipLeft(fmt.Sprintf("%s +0x%04x", fact.DottedMethod(m.Method), max(m.Unit, 0)), p.width()-23))
	}
}

// place says where to look: file and line, or method and address.
func place(s report.Step) string {
	if s.Listing == nil {
		if s.Line > 0 && s.Device != "" {
			return fmt.Sprintf("%s:%d", s.Device, s.Line)
		}
		return fact.DottedMethod(s.Member)
	}
	switch {
	case s.Unit != nil:
		return fmt.Sprintf("%s +0x%04x", fact.DottedMethod(s.Member), *s.Unit)
	case s.Line > 0:
		return fmt.Sprintf("%s:%d", s.Listing.Name, s.Line)
	}
	return s.Listing.Name
}
