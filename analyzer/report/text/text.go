// Package text writes reports for a terminal: 80 columns, readable at a glance, the worst at the end, where
// the eye is when the output has scrolled.
//
// In: a [report.Report] or [report.Diff]. Out: lines of text, coloured only where the terminal allows.
//
// Limit: long lists are cut and say so; JSON has them whole.
package text

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/report"
	"romscan/signatures"
)

// Writer returns the text writer.
func Writer() report.Writer {
	return report.Writer{
		Name: "text", Doc: "For a terminal: coverage, findings with their steps, totals.",
		Refs:  []string{"https://no-color.org"},
		Write: write, WriteDiff: writeDiff,
	}
}

// page collects lines and remembers the first write error.
type page struct {
	w     io.Writer
	style report.Style
	err   error
}

func (p *page) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

func (p *page) width() int {
	if p.style.Width > 20 {
		return p.style.Width
	}
	return 80
}

var colors = map[string]string{
	"critical": "\x1b[1;31m", "high": "\x1b[31m", "medium": "\x1b[33m", "low": "\x1b[36m", "info": "\x1b[2m",
	"fixed": "\x1b[32m", "new": "\x1b[31m", "changed": "\x1b[33m", "cannot-tell": "\x1b[35m", "still-there": "\x1b[33m",
	"unread": "\x1b[35m", "partial": "\x1b[33m", "bold": "\x1b[1m",
}

func (p *page) paint(color, s string) string {
	if !p.style.Color || colors[color] == "" {
		return s
	}
	return colors[color] + s + "\x1b[0m"
}

func write(w io.Writer, r *report.Report, style report.Style) error {
	p := &page{w: w, style: style}
	p.head(r)
	p.coverage(r)
	p.gaps(r)
	p.servers(r)
	p.findings(r)
	p.totals(r)
	return p.err
}

func (p *page) head(r *report.Report) {
	id := r.Image.Identity
	p.line("%s", p.paint("bold", clip(r.Image.Name, p.width())))
	if r.Image.SHA256 != "" {
		p.line("  sha256 %s", r.Image.SHA256)
	}
	var what []string
	for _, s := range []string{id.Manufacturer, id.Model} {
		if s != "" && !slices.Contains(what, s) {
			what = append(what, s)
		}
	}
	if id.Release != "" {
		what = append(what, "Android "+id.Release)
	}
	if id.Patch != "" {
		what = append(what, "patch "+id.Patch)
	}
	if id.Type != "" {
		what = append(what, id.Type)
	}
	if id.Keys != "" {
		what = append(what, id.Keys)
	}
	if len(what) > 0 {
		p.line("  %s", clip(strings.Join(what, "  "), p.width()-2))
	}
	if id.Fingerprint != "" {
		p.line("  %s", clip(id.Fingerprint, p.width()-2))
	}
	p.line("  %s files  %s apps  %s DEX  %s gaps", thousands(r.Counts.Files), thousands(r.Counts.Apps), thousands(r.Counts.DEX), thousands(r.Counts.Gaps))
	if !r.Complete {
		p.line("  %s", p.paint("critical", "The scan ended early: this report is not complete."))
	}
}

func (p *page) coverage(r *report.Report) {
	if n := r.Counts.Verification; n > 0 {
		p.line("")
		p.line("%d vdex without code: only verification data of the compiler. The code is in the odex or APK that", n)
		p.line("belongs to it, which is not in this image. What it does is not judged.")
	}
	if len(r.Coverage) == 0 {
		return
	}
	p.line("")
	compared := slices.ContainsFunc(r.Coverage, func(c report.Coverage) bool { return c.Verified != "" })
	verified, room := "", 58
	if compared {
		verified, room = fmt.Sprintf(" %-8s", "VERIFIED"), room+9
	}
	p.line("%-16s %-8s%s %7s %10s %5s %5s  %s", "PARTITION", "READ", verified, "FILES", "BYTES", "APPS", "GAPS", "AS")
	for _, c := range r.Coverage {
		state := map[string]string{"read": "yes", "partial": "partly", "unread": "no"}[c.State]
		as := c.Format
		if c.Reason != "" {
			as = c.Reason
		}
		if compared {
			verified = fmt.Sprintf(" %-8s", cmp.Or(c.Verified, "no"))
		}
		p.line("%-16s %s%s %7s %10s %5d %5d  %s", clip(c.Partition, 16), p.paint(c.State, fmt.Sprintf("%-8s", state)), verified, thousands(c.Files), size(c.Bytes), c.Apps, c.Gaps, clip(as, max(p.width()-room, 20)))
	}
	if r.Counts.NoCode > 0 {
		p.line("%d of %d apps have no code in this image: no DEX in them and none beside them (odex, oat,", r.Counts.NoCode, r.Counts.Apps)
		p.line("vdex). What they do is not judged.")
	}
}

// shownGaps bounds the gaps listed one by one.
const shownGaps = 8

func (p *page) gaps(r *report.Report) {
	if len(r.Gaps) == 0 {
		return
	}
	p.line("")
	p.line("GAPS: what was not read or not decided")
	for i, g := range r.Gaps {
		if i == shownGaps {
			p.line("  … and %d more: romscan … -f json", len(r.Gaps)-shownGaps)
			break
		}
		p.line("  %s", clip(strings.TrimPrefix(g.Path, r.Image.Name+"//"), p.width()-2))
		p.line("    %s (%s): %s", g.Reason, g.By, clip(g.Detail, p.width()-10-len(g.Reason)-len(g.By)))
	}
}

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

func (p *page) totals(r *report.Report) {
	p.line("")
	var parts []string
	for _, s := range signatures.Severities() {
		if n := r.Counts.BySeverity[s]; n > 0 {
			parts = append(parts, p.paint(s, fmt.Sprintf("%d %s", n, s)))
		}
	}
	if len(parts) == 0 {
		parts = []string{"no findings"}
	}
	line := strings.Join(parts, "  ")
	if r.Counts.Gaps > 0 {
		line += fmt.Sprintf(" · %d gaps", r.Counts.Gaps)
	}
	if n := r.Unread(); n > 0 {
		line += fmt.Sprintf(", %d partitions unread", n)
	}
	p.line("%s", line)
}
