package report

import (
	"slices"

	"romscan/analyzer/diff"
	"romscan/analyzer/fact"
	"romscan/analyzer/finding"
	"romscan/analyzer/firmware"
	"romscan/signatures"
)

// Build makes the report of one scan. version is romscan's own.
func Build(fw *firmware.Firmware, findings []finding.Finding, pack *signatures.Pack, version string) *Report {
	r := &Report{
		SchemaVersion: SchemaVersion,
		Tool: Tool{Name: "romscan", Version: version, Pack: pack.Name + " " + pack.Version, PackDigest: pack.Digest,
			Signatures: len(pack.Signatures), Analyzers: fw.Record.Analyzers},
		Image:      Image{Name: fw.Record.Input, SHA256: fw.Record.SHA256, Size: fw.Record.Size, Identity: fw.Identity},
		Partitions: fw.Of, Complete: fw.Record.Complete,
		Findings: []Finding{}, Apps: []App{}, Endpoints: []Endpoint{}, Gaps: []Gap{},
	}
	for i := range findings {
		r.Findings = append(r.Findings, convert(&findings[i], fw))
	}
	r.Gaps = gaps(fw)
	r.Coverage = coverage(fw)
	r.Apps = apps(fw, findings)
	r.Endpoints = endpoints(fw)
	r.Counts = counts(fw, r)
	return r
}

// BuildDiff makes the report of a comparison.
func BuildDiff(d *diff.Diff, before, after *Report, oldFW, newFW *firmware.Firmware) *Diff {
	out := &Diff{SchemaVersion: SchemaVersion, Old: before, New: after, OldImage: before.Image, NewImage: after.Image,
		Tool: after.Tool, Diff: d, Findings: []DiffFinding{}}
	for _, f := range d.Findings {
		df := DiffFinding{State: f.State, Reason: f.Reason}
		switch {
		case f.New != nil:
			df.Finding = convert(f.New, newFW)
			if f.Old != nil && f.State == diff.Changed {
				old := convert(f.Old, oldFW)
				df.Before = &old
			}
		default:
			df.Finding = convert(f.Old, oldFW)
		}
		out.Findings = append(out.Findings, df)
	}
	return out
}

func convert(f *finding.Finding, fw *firmware.Firmware) Finding {
	s := f.Signature
	out := Finding{
		ID: s.ID, Version: s.Version, Name: s.Name, Title: s.Title, Severity: s.Severity, Confidence: s.Precision,
		Message: f.Message, Why: s.Why, Fix: s.Fix, Summary: s.Summary, App: f.App, Partition: f.Partition, Device: f.Device,
		Fingerprint: f.Fingerprint, Identity: f.Identity, More: f.More, CWE: s.CWE, Tags: s.Tags, Steps: []Step{},
	}
	for _, r := range s.References {
		out.References = append(out.References, Reference(r))
	}
	for _, st := range f.Steps {
		out.Steps = append(out.Steps, step(st))
	}
	for i := range fw.Record.Units {
		if f.Device != "" && fw.Spots[i].Device == f.Device && fw.Spots[i].Member == "" {
			out.Path = fw.Record.Units[i].File.Path.String()
			break
		}
	}
	if out.Path == "" && len(out.Steps) > 0 {
		out.Path = out.Steps[0].Path
	}
	return out
}

func step(st finding.Step) Step {
	p := st.Fact.At
	out := Step{
		As: st.As, Kind: string(st.Fact.Kind), Text: st.Text, Fields: st.Fact.Fields, Path: p.Path.String(), Device: st.Device,
		Member: p.Member, Offset: p.Offset, Line: p.Line, Segments: p.Path,
	}
	if e := st.Fact.Evidence; e != nil {
		listing := *e
		if listing.Language == "text" && st.Device != "" {
			listing.Name = st.Device
		}
		out.Listing = &listing
		if listing.Language == "smali" {
			unit := p.Unit
			out.Unit = &unit
		}
	}
	if out.Fields == nil {
		out.Fields = fact.Fields{}
	}
	return out
}

func counts(fw *firmware.Firmware, r *Report) Counts {
	c := Counts{Apps: len(fw.Apps), Verification: len(fw.Verification()), Gaps: len(r.Gaps), Findings: len(r.Findings), BySeverity: map[string]int{}}
	for i := range fw.Record.Units {
		u := &fw.Record.Units[i]
		if fw.Spots[i].Device != "" && fw.Spots[i].Member == "" && u.File.Mode.IsRegular() {
			c.Files++
		}
		c.Facts += len(u.Facts)
		for _, t := range u.Tables {
			c.Facts += len(t.Values)
		}
		for _, f := range u.Facts {
			if f.Kind == "dex" {
				c.DEX++
			}
		}
	}
	for _, f := range r.Findings {
		c.BySeverity[f.Severity]++
	}
	for _, a := range fw.Apps {
		if pkg := fw.Record.Units[a.Unit]; !hasCode(fw, a) && expectsCode(&pkg) {
			c.NoCode++
		}
	}
	return c
}

// hasCode reports whether any DEX was read for an app, in it or beside it.
func hasCode(fw *firmware.Firmware, a *firmware.App) bool {
	return slices.ContainsFunc(a.Units, func(i int) bool {
		return slices.ContainsFunc(fw.Record.Units[i].Facts, func(f fact.Fact) bool { return f.Kind == "dex" })
	})
}

// expectsCode reports whether a manifest says that there is code: not of resource-only apps and overlays.
func expectsCode(u *fact.Unit) bool {
	return !slices.ContainsFunc(u.Facts, func(f fact.Fact) bool {
		return f.Kind == "package" && (f.Fields.Get("has_code") == "no" || f.Fields.Get("overlay_target") != "")
	})
}
