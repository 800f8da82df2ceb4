package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"romscan/analyzer"
	"romscan/analyzer/finding"
	"romscan/analyzer/report"
	"romscan/analyzer/report/story"
	"romscan/signatures"
)

func explainCommand() *cobra.Command {
	var packs packFlags
	var read readFlags
	cmd := &cobra.Command{
		Use: "explain ID | explain IMAGE FINDING", Short: "a signature's page, or the story of a finding",
		Long: `With an ID: why the signature matters, how it is found, what to do.

With an image, or a saved scan, and a finding of it: what was found, told in plain
sentences. FINDING is a fingerprint or its beginning, or an ID for all findings of a
signature.`,
		Example: "  romscan explain ROM2001\n  romscan explain ota.romscan ROM2001\n  romscan explain ota.romscan 5f0c2a",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			pack, err := packs.load()
			if err != nil {
				return err
			}
			if len(args) == 2 {
				if err := settle(cmd, &read); err != nil {
					return err
				}
				return explainFindings(cmd, &read, pack, args[0], args[1])
			}
			s := pack.Lookup(strings.ToUpper(args[0]))
			if s == nil {
				return fail(exitUsage, fmt.Errorf("no signature %q; `romscan list signatures` lists them", args[0]))
			}
			explain(cmd.OutOrStdout(), s)
			return nil
		},
	}
	read.add(cmd.Flags())
	read.addFlows(cmd.Flags())
	packs.add(cmd)
	return cmd
}

// shortest is how much of a fingerprint has to be given.
const shortest = 6

// explainFindings tells the findings of an image that a name means.
func explainFindings(cmd *cobra.Command, read *readFlags, pack *signatures.Pack, image, name string) error {
	rec, err := record(cmd, read, image)
	if err != nil {
		return err
	}
	rep := analyzer.Judge(rec, pack).Report(version)
	found := 0
	for i := range rep.Findings {
		f := &rep.Findings[i]
		if f.ID != strings.ToUpper(name) && (len(name) < shortest || !strings.HasPrefix(f.Fingerprint, strings.ToLower(name))) {
			continue
		}
		if found++; found > 1 {
			fmt.Fprintln(cmd.OutOrStdout())
		}
		tell(cmd.OutOrStdout(), f)
	}
	if found == 0 {
		return fail(exitUsage, fmt.Errorf("%s has no finding %q", image, name))
	}
	return nil
}

// tell prints one finding: its story where it is about a flow, and its steps with what shows them.
func tell(w io.Writer, f *report.Finding) {
	p := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	p("%s %s", f.ID, f.Title)
	p("%s · precision %s · %s", f.Severity, f.Confidence, f.Fingerprint)
	p("\n%s", fold(printable(f.Message), ""))
	for _, para := range story.Tell(f) {
		p("\n%s\n%s", para.Head, fold(printable(para.Text), "  "))
	}
	p("\nWHY\n%s", fold(f.Why, "  "))
	p("\nFIX\n%s", fold(f.Fix, "  "))
	for i := range f.Steps {
		s := &f.Steps[i]
		p("\n%s", strings.TrimSpace(fmt.Sprintf("STEP %d %s  %s", i+1, s.As, printable(s.Path))))
		p("  %s", printable(s.Text))
		if s.Listing != nil {
			for line := range strings.SplitSeq(s.Listing.Text, "\n") {
				p("    %s", printable(line))
			}
		}
	}
}

func explain(w io.Writer, s *signatures.Signature) {
	p := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	p("%s %s", s.ID, s.Title)
	p("%s · precision %s · scope %s · %s · version %d", s.Severity, s.Precision, s.Scope, s.Status, s.Version)
	p("\n%s", fold(s.Summary, ""))
	p("\nWHY\n%s", fold(s.Why, "  "))
	p("\nHOW IT IS FOUND")
	for _, part := range []struct {
		head    string
		clauses []signatures.Clause
	}{{"all of", s.Match.All}, {"at least one of", s.Match.Any}, {"none of", s.Match.None}} {
		if len(part.clauses) == 0 {
			continue
		}
		p("  %s", part.head)
		for i := range part.clauses {
			c := &part.clauses[i]
			name := ""
			if c.As != "" {
				name = c.As + ": "
			}
			p("    %s%s", name, finding.Clause(c))
		}
	}
	p("  in one %s; the same finding is the same %s", s.Scope, strings.Join(s.Fingerprint, ", "))
	p("\nFIX\n%s", fold(s.Fix, "  "))
	p("\nTESTS")
	for _, t := range s.Tests {
		switch {
		case t.Pair != "":
			p("  %s: pair %s, %d before, %d after", t.Name, t.Pair, t.Before, t.After)
		default:
			p("  %s: %d facts, %d hits", t.Name, len(t.Facts), t.Hits)
		}
	}
	p("\nREFERENCES")
	for _, r := range s.References {
		date := ""
		if r.Date != "" {
			date = " (" + r.Date + ")"
		}
		p("  %s%s", r.Title, date)
		if r.URL != "" {
			p("  %s", r.URL)
		}
	}
	var cwe []string
	for _, n := range s.CWE {
		cwe = append(cwe, fmt.Sprintf("CWE-%d", n))
	}
	if len(cwe)+len(s.Tags) > 0 {
		p("\n%s", strings.Join(append(cwe, s.Tags...), "  "))
	}
}

// fold re-wraps a paragraph to 78 columns.
func fold(s, indent string) string {
	var b strings.Builder
	col := 0
	for word := range strings.FieldsSeq(s) {
		if col > 0 && col+1+len(word) > 78 {
			b.WriteByte('\n')
			col = 0
		}
		if col == 0 {
			b.WriteString(indent)
			col = len(indent)
		} else {
			b.WriteByte(' ')
			col++
		}
		b.WriteString(word)
		col += len(word)
	}
	return b.String()
}
