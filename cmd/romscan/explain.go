package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"romscan/analyzer/finding"
	"romscan/signatures"
)

func explainCommand() *cobra.Command {
	var packs packFlags
	cmd := &cobra.Command{
		Use: "explain ID", Short: "a signature's page: why it matters, how it is found, what to do",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			pack, err := packs.load()
			if err != nil {
				return err
			}
			s := pack.Lookup(strings.ToUpper(args[0]))
			if s == nil {
				return fail(exitUsage, fmt.Errorf("no signature %q; `romscan list signatures` lists them", args[0]))
			}
			explain(cmd.OutOrStdout(), s)
			return nil
		},
	}
	packs.add(cmd)
	return cmd
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
