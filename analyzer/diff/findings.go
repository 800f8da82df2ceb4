package diff

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/finding"
	"romscan/analyzer/firmware"
	"romscan/analyzer/image"
)

// findings decides the state of every finding of both sides, by fingerprint; a flow that is told by another
// signature now, because what stands before it changed, is looked for by what flows where. Order: fixed, still
// there, new, changed, cannot tell; inside, the order of the findings.
func findings(before, after Side) []Finding {
	then, now := index(before.Findings), index(after.Findings)
	c := &comparison{before.Firmware, after.Firmware, flowsOf(before.Firmware), flowsOf(after.Firmware)}
	var out []Finding
	var lost, found []*finding.Finding
	for i := range before.Findings {
		f := &before.Findings[i]
		if then[f.Fingerprint] != f {
			continue
		}
		if g := now[f.Fingerprint]; g != nil {
			out = append(out, c.both(f, g))
			continue
		}
		lost = append(lost, f)
	}
	for i := range after.Findings {
		f := &after.Findings[i]
		if now[f.Fingerprint] == f && then[f.Fingerprint] == nil {
			found = append(found, f)
		}
	}
	pairs := pairFlows(lost, found)
	c.pairApps(lost, found, pairs)
	paired := map[*finding.Finding]bool{}
	for _, f := range lost {
		if g := pairs[f]; g != nil {
			paired[g] = true
			out = append(out, c.optedIn(f, g))
			continue
		}
		out = append(out, c.gone(f))
	}
	for _, f := range found {
		if !paired[f] {
			out = append(out, c.came(f))
		}
	}
	order := []State{Fixed, StillThere, New, Changed, CannotTell}
	slices.SortStableFunc(out, func(a, b Finding) int { return slices.Index(order, a.State) - slices.Index(order, b.State) })
	return out
}

// comparison is both sides with their flows by app.
type comparison struct {
	before, after *firmware.Firmware
	then, now     map[string][]fact.Fact
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
func (c *comparison) both(f, g *finding.Finding) Finding {
	out := Finding{State: StillThere, Old: f, New: g}
	var why []string
	if m := moved(f, g); m != "" {
		why = append(why, m)
	}
	if f.Signature.ID != g.Signature.ID {
		why = append(why, "was "+f.Signature.ID)
	}
	if f.Severity() != g.Severity() {
		why = append(why, "severity "+f.Severity()+" → "+g.Severity())
	}
	flow := isFlow(f) && isFlow(g)
	if flow {
		why = append(why, changes(behind(f, c.then), behind(g, c.now))...)
	} else if f.Message != g.Message {
		why = append(why, "was: "+f.Message)
	}
	for i := range min(len(f.Steps), len(g.Steps)) {
		if flow && f.Steps[i].Fact.Kind == "flow" {
			continue // told above, of all flows that make the finding: which of them comes first says nothing
		}
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

// optedIn compares a flow with what became of it under another signature: behind an opt-in it is fixed, if no other
// way past it can have been missed.
func (c *comparison) optedIn(f, g *finding.Finding) Finding {
	out := c.both(f, g)
	then, now := weakest(behind(f, c.then)), weakest(behind(g, c.now))
	if then.Fields.Get("guard") == "opt-in" || now.Fields.Get("guard") != "opt-in" || g.Severity() != "info" || blind(g, c.after, c.now) != "" {
		return out
	}
	why := changes(behind(f, c.then), behind(g, c.now))
	return Finding{State: Fixed, Reason: joined(moved(f, g), "now "+g.Signature.ID, strings.Join(why, "; ")), Old: f}
}

// gone decides whether a finding the new side lacks is fixed. It is not where the new side was not read.
func (c *comparison) gone(f *finding.Finding) Finding {
	fw := c.after
	if why := blind(f, fw, c.now); why != "" {
		return Finding{State: CannotTell, Reason: joined(c.lost(f), c.others(f, c.now, "goes"), why), Old: f}
	}
	out := Finding{State: Fixed, Old: f}
	if f.App != "" && !slices.ContainsFunc(fw.Subjects(), func(a *firmware.App) bool { return a.Package == f.App }) {
		out.Reason = joined("the app is gone", c.others(f, c.now, "goes"))
		return out
	}
	if cut(f, fw) && unnamed(f, fw, c.now[f.App]) {
		out.Reason = joined("gone: "+named(f, "is", "any more"), c.others(f, c.now, "goes"))
		return out
	}
	if out.Reason = joined(c.lost(f), c.others(f, c.now, "goes")); out.Reason == "" {
		out.Reason = strings.Join(finding.Unmet(fw, f), "; ")
	}
	return out
}

// came decides whether a finding the old side lacks is new. It is not known where the old side was not read.
func (c *comparison) came(f *finding.Finding) Finding {
	fw := c.before
	if why := blind(f, fw, c.then); why != "" {
		return Finding{State: CannotTell, Reason: joined(c.gained(f), c.others(f, c.then, "went"), why), New: f}
	}
	out := Finding{State: New, New: f}
	if f.App != "" && !slices.ContainsFunc(fw.Subjects(), func(a *firmware.App) bool { return a.Package == f.App }) {
		out.Reason = joined("the app is new", c.others(f, c.then, "went"))
	} else if cut(f, fw) && unnamed(f, fw, c.then[f.App]) {
		out.Reason = joined(named(f, "was", "before"), c.others(f, c.then, "went"))
	} else {
		out.Reason = joined(c.gained(f), c.others(f, c.then, "went"))
	}
	return out
}

// blind says why the other side cannot answer for a finding, "" where it can: it was not read to the end,
// the finding's partition is not there, the finding's app or file has a gap, or what the app does was not all followed
// and it may still name the place where the finding's data goes.
func blind(f *finding.Finding, fw *firmware.Firmware, flows map[string][]fact.Fact) string {
	if why := unread(f, fw); why != "" {
		return why
	}
	if restsOnFlows(f) && cut(f, fw) && !unnamed(f, fw, flows[f.App]) {
		return "the flows of " + f.App + " are not all known in " + fw.Record.Input
	}
	return ""
}

// unread says what of an image that a finding rests on was not read.
func unread(f *finding.Finding, fw *firmware.Firmware) string {
	if !fw.Record.Complete {
		return "the scan of " + fw.Record.Input + " ended early"
	}
	if f.Partition != "" && !slices.Contains(fw.Partitions(), f.Partition) {
		return "partition " + f.Partition + " was not read in " + fw.Record.Input
	}
	if restsOnFlows(f) {
		if why := unfollowed(f, fw); why != "" {
			return why
		}
	}
	for i, g := range gaps(f, fw) {
		if g.By != "flow" && g.Reason != image.Tampered {
			return fmt.Sprintf("%s was not fully read in %s: %s", fw.Record.Units[i].File.Path.Inner(), fw.Record.Input, g.Detail)
		}
	}
	return ""
}

// cut reports whether flows of a finding's app may be missing in an image.
func cut(f *finding.Finding, fw *firmware.Firmware) bool {
	for _, g := range gaps(f, fw) {
		if g.By == "flow" {
			return true
		}
	}
	return false
}

// gaps yields what is missing of a finding's file, of its app and of the image of its partition, each with its file.
func gaps(f *finding.Finding, fw *firmware.Firmware) iter.Seq2[int, image.Gap] {
	return func(yield func(int, image.Gap) bool) {
		for i := range fw.Record.Units {
			list, s := fw.Record.Units[i].Gaps, fw.Spots[i]
			if len(list) == 0 {
				continue
			}
			mine := f.Device != "" && s.Device == f.Device
			if a := ranBy(fw, i, f.App); a != nil && f.App != "" && a.Package == f.App {
				mine = true
			}
			if s.Device == "" && (s.Partition == f.Partition || f.Partition == "" || strings.HasPrefix(s.Partition, f.Partition)) {
				mine = true // the partition's own image
			}
			for _, g := range list {
				if mine && !yield(i, g) {
					return
				}
			}
		}
	}
}
