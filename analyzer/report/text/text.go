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
