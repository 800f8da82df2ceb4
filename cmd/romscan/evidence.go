package main

import (
	"fmt"
	"os"
	"path"

	"romscan/analyzer/report"
)

// writeEvidence writes every listing under DIR, with the names the SARIF log gives them, so that both can be
// laid side by side.
func writeEvidence(dir string, r *report.Report) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fail(exitUsage, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fail(exitUsage, err)
	}
	defer root.Close()
	for i := range r.Findings {
		for j := range r.Findings[i].Steps {
			s := &r.Findings[i].Steps[j]
			if s.Listing == nil {
				continue
			}
			name := report.EvidencePath(s)
			if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
				return fmt.Errorf("evidence: %w", err)
			}
			if err := root.WriteFile(name, []byte(s.Listing.Text+"\n"), 0o644); err != nil {
				return fmt.Errorf("evidence: %w", err)
			}
		}
	}
	return nil
}
