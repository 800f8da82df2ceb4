package text

import (
	"fmt"
	"io"

	"romscan/analyzer/diff"
	"romscan/analyzer/report"
)

var headings = map[diff.State]string{
	diff.Fixed:      "FIXED",
	diff.StillThere: "STILL THERE",
	diff.New:        "NEW",
	diff.Changed:    "CHANGED",
	diff.CannotTell: "CANNOT TELL",
}

func writeDiff(w io.Writer, d *report.Diff, style report.Style) error {
	p := &page{w: w, style: style}
	for _, r := range []*report.Report{d.Old, d.New} {
		p.head(r)
		p.coverage(r)
		p.line("")
	}
	p.packages(d)
	n := d.Diff.Files
	p.line("FILES  %s added  %s removed  %s changed  %s moved  %s the same", thousands(len(n.Added)), thousands(len(n.Removed)),
		thousands(len(n.Changed)), thousands(len(n.Moved)), thousands(n.Same))
	state := diff.State("")
	counts := map[diff.State]int{}
	for i := range d.Findings {
		f := &d.Findings[i]
		counts[f.State]++
		if f.State != state {
			state = f.State
			p.line("")
			p.line("%s", p.paint(string(state), headings[state]))
		}
		p.diffFinding(f)
	}
	p.line("")
	p.line("%d fixed  %d still there  %d new  %d changed  %d cannot tell", counts[diff.Fixed], counts[diff.StillThere],
		counts[diff.New], counts[diff.Changed], counts[diff.CannotTell])
	return p.err
}

func (p *page) diffFinding(f *report.DiffFinding) {
	p.line("  %s %s %s", p.paint(f.Finding.Severity, f.Finding.Severity), f.Finding.ID, clip(f.Finding.Title, p.width()-len(f.Finding.Severity)-len(f.Finding.ID)-4))
	for _, l := range wrap(f.Finding.Message, p.width()-4) {
		p.line("    %s", l)
	}
	if f.Reason != "" {
		for i, l := range wrap(f.Reason, p.width()-6) {
			mark := "→"
			if i > 0 {
				mark = " "
			}
			p.line("    %s %s", mark, l)
		}
	}
}

// shownPackages and shownChanges bound the lists of what a package gained and lost.
const (
	shownPackages = 40
	shownChanges  = 6
)

func (p *page) packages(d *report.Diff) {
	if len(d.Packages) == 0 {
		return
	}
	p.line("PACKAGES")
	for i, k := range d.Packages {
		if i == shownPackages {
			p.line("  … and %d more: romscan diff … -f json", len(d.Packages)-i)
			break
		}
		line := fmt.Sprintf("  %-8s %s", k.State, k.Name)
		switch {
		case k.OldVersion != k.NewVersion && k.OldVersion != "" && k.NewVersion != "":
			line += "  " + k.OldVersion + " → " + k.NewVersion
		case k.State == "added":
			line += "  " + k.NewVersion
		case k.State == "removed":
			line += "  " + k.OldVersion
		}
		if k.OldPath != k.NewPath && k.OldPath != "" && k.NewPath != "" {
			line += "  " + k.OldPath + " → " + k.NewPath
		}
		if k.Signer != "" {
			line += "  signed with another key"
		}
		p.line("%s", clip(line, p.width()))
		if k.State == "changed" {
			p.change("permission", k.Permissions)
			p.change("component", k.Components)
			p.change("endpoint", k.Endpoints)
		}
	}
	p.line("")
}

func (p *page) change(what string, c diff.Change) {
	for _, side := range []struct {
		mark string
		list []string
	}{{"+", c.Gained}, {"-", c.Lost}} {
		for i, s := range side.list {
			if i == shownChanges {
				p.line("           %s … %d more", side.mark, len(side.list)-i)
				break
			}
			p.line("           %s %s %s", side.mark, what, clip(s, p.width()-14-len(what)))
		}
	}
}
