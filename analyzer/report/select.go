package report

import (
	"slices"

	"romscan/signatures"
)

// Only returns the report with the findings of the given severities; none given means all. Counts follow.
func (r *Report) Only(severities []string) *Report {
	if len(severities) == 0 {
		return r
	}
	return r.Without(func(f *Finding) bool { return !slices.Contains(severities, f.Severity) })
}

// Without returns the report without the findings drop names.
func (r *Report) Without(drop func(*Finding) bool) *Report {
	out := *r
	out.Findings = []Finding{}
	gone := map[string]bool{}
	out.Counts.BySeverity = map[string]int{}
	for i := range r.Findings {
		f := r.Findings[i]
		if drop(&f) {
			gone[f.Fingerprint] = true
			continue
		}
		out.Findings = append(out.Findings, f)
		out.Counts.BySeverity[f.Severity]++
	}
	out.Counts.Findings = len(out.Findings)
	out.Apps = slices.Clone(r.Apps)
	for i := range out.Apps {
		out.Apps[i].Findings = slices.DeleteFunc(slices.Clone(out.Apps[i].Findings), func(fp string) bool { return gone[fp] })
	}
	return &out
}

// Worst returns the rank of the most severe finding: 0 for critical; a number past info where there is none.
func (r *Report) Worst() int {
	worst := len(signatures.Severities())
	for _, f := range r.Findings {
		worst = min(worst, signatures.SeverityRank(f.Severity))
	}
	if len(r.Findings) == 0 {
		worst++
	}
	return worst
}

// Only returns the comparison with the findings of the given severities; none given means all.
func (d *Diff) Only(severities []string) *Diff {
	if len(severities) == 0 {
		return d
	}
	out := *d
	out.Findings = slices.DeleteFunc(slices.Clone(d.Findings), func(f DiffFinding) bool {
		return !slices.Contains(severities, f.Finding.Severity)
	})
	return &out
}
