// Package analyzer is the whole path on one screen: Read sees an image, Judge matches what was seen, Compare
// holds two images against each other.
//
// In: an image, a directory or a saved scan. Out: a record, a report, a diff.
//
//	rec, err := analyzer.Read(ctx, root, opt)
//	scan := analyzer.Judge(rec, pack)
//	err = analyzer.Writers()[0].Write(os.Stdout, scan.Report("0.1.0"), report.Style{})
//
// Limit: the lists of formats, analyzers and writers are fixed when the program is built.
package analyzer

import (
	"romscan/analyzer/diff"
	"romscan/analyzer/fact"
	"romscan/analyzer/finding"
	"romscan/analyzer/firmware"
	"romscan/analyzer/report"
	"romscan/signatures"
)

// Scan is one image, read and judged.
type Scan struct {
	Firmware *firmware.Firmware
	Findings []finding.Finding
	Pack     *signatures.Pack
}

// Judge matches a record against signatures. It needs no image.
func Judge(rec *fact.Record, pack *signatures.Pack) *Scan {
	fw := firmware.Assemble(rec)
	return &Scan{Firmware: fw, Findings: finding.Match(fw, pack), Pack: pack}
}

// Report makes the report; version is romscan's own.
func (s *Scan) Report(version string) *report.Report {
	return report.Build(s.Firmware, s.Findings, s.Pack, version)
}

// Compare compares two scans of one device, the earlier first.
func Compare(before, after *Scan, version string) *report.Diff {
	d := diff.Compare(diff.Side{Firmware: before.Firmware, Findings: before.Findings}, diff.Side{Firmware: after.Firmware, Findings: after.Findings})
	return report.BuildDiff(d, before.Report(version), after.Report(version), before.Firmware, after.Firmware)
}
