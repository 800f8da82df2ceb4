package diff

import (
	"fmt"
	"slices"
	"strings"

	"romscan/analyzer/finding"
	"romscan/analyzer/firmware"
	"romscan/analyzer/image"
)

// findings decides the state of every finding of both sides, by fingerprint. Order: fixed, still there, new,
// changed, cannot tell; inside, the order of the findings.
func findings(before, after Side) []Finding {
	then, now := index(before.Findings), index(after.Findings)
	var out []Finding
	for i := range before.Findings {
		f := &before.Findings[i]
		if then[f.Fingerprint] != f {
			continue
		}
		if g := now[f.Fingerprint]; g != nil {
			out = append(out, both(f, g))
			continue
		}
		out = append(out, gone(f, after.Firmware))
	}
	for i := range after.Findings {
		f := &after.Findings[i]
		if now[f.Fingerprint] != f || then[f.Fingerprint] != nil {
			continue
		}
		out = append(out, came(f, before.Firmware))
	}
	order := []State{Fixed, StillThere, New, Changed, CannotTell}
	slices.SortStableFunc(out, func(a, b Finding) int { return slices.Index(order, a.State) - slices.Index(order, b.State) })
	return out
}

func index(list []finding.Finding) map[string]*finding.Finding {
	out := map[string]*finding.Finding{}
	for i := range list {
		if out[list[i].Fingerprint] == nil {
			out[list[i].Fingerprint] = &list[i]
		}
	}
	return out
}

// both compares the two tellings of one finding: what a reader sees must be the same to be "still there".
func both(f, g *finding.Finding) Finding {
	out := Finding{State: StillThere, Old: f, New: g}
	var why []string
	if f.Severity() != g.Severity() {
		why = append(why, "severity "+f.Severity()+" → "+g.Severity())
	}
	if f.Message != g.Message {
		why = append(why, "was: "+f.Message)
	}
	for i := range min(len(f.Steps), len(g.Steps)) {
		if a, b := f.Steps[i].Text, g.Steps[i].Text; a != b {
			why = append(why, fmt.Sprintf("%s: %s → %s", g.Steps[i].As, a, b))
		}
	}
	if len(f.Steps) != len(g.Steps) {
		why = append(why, fmt.Sprintf("%d steps → %d", len(f.Steps), len(g.Steps)))
	}
	if len(why) > 0 {
		out.State, out.Reason = Changed, strings.Join(why, "; ")
	} else if f.Device != g.Device {
		out.Reason = "moved from " + f.Device
	}
	return out
}

// gone decides whether a finding the new side lacks is fixed. It is not where the new side was not read.
func gone(f *finding.Finding, fw *firmware.Firmware) Finding {
	if why := blind(f, fw); why != "" {
		return Finding{State: CannotTell, Reason: why, Old: f}
	}
	out := Finding{State: Fixed, Old: f}
	if f.App != "" && !slices.ContainsFunc(fw.Apps, func(a *firmware.App) bool { return a.Package == f.App }) {
		out.Reason = "the app is gone"
		return out
	}
	out.Reason = strings.Join(finding.Unmet(fw, f), "; ")
	return out
}

// came decides whether a finding the old side lacks is new. It is not known where the old side was not read.
func came(f *finding.Finding, fw *firmware.Firmware) Finding {
	if why := blind(f, fw); why != "" {
		return Finding{State: CannotTell, Reason: why, New: f}
	}
	out := Finding{State: New, New: f}
	if f.App != "" && !slices.ContainsFunc(fw.Apps, func(a *firmware.App) bool { return a.Package == f.App }) {
		out.Reason = "the app is new"
	}
	return out
}

// blind says why the other side cannot answer for a finding, "" where it can: it was not read to the end,
// the finding's partition is not there, or the finding's app or file has a gap.
func blind(f *finding.Finding, fw *firmware.Firmware) string {
	if !fw.Record.Complete {
		return "the scan of " + fw.Record.Input + " ended early"
	}
	if f.Partition != "" && !slices.Contains(fw.Partitions(), f.Partition) {
		return "partition " + f.Partition + " was not read in " + fw.Record.Input
	}
	for i := range fw.Record.Units {
		u, s := &fw.Record.Units[i], fw.Spots[i]
		if len(u.Gaps) == 0 {
			continue
		}
		mine := f.Device != "" && s.Device == f.Device
		if a := fw.AppOf(i); a != nil && f.App != "" && a.Package == f.App {
			mine = true
		}
		if s.Device == "" && (s.Partition == f.Partition || f.Partition == "" || strings.HasPrefix(s.Partition, f.Partition)) {
			mine = true // the partition's own image
		}
		for _, g := range u.Gaps {
			if mine && g.Reason != image.Tampered {
				return fmt.Sprintf("%s was not fully read in %s: %s", u.File.Path.Inner(), fw.Record.Input, g.Detail)
			}
		}
	}
	return ""
}
