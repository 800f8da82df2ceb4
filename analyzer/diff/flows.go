package diff

import (
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/finding"
	"romscan/analyzer/firmware"
)

// isFlow reports whether a finding tells of a flow.
func isFlow(f *finding.Finding) bool { return len(f.Steps) > 0 && f.Steps[0].Fact.Kind == "flow" }

// restsOnFlows reports whether any fact of a finding comes of following code.
func restsOnFlows(f *finding.Finding) bool {
	return slices.ContainsFunc(f.Steps, func(s finding.Step) bool {
		info := fact.Lookup(s.Fact.Kind)
		return info != nil && info.Linked && slices.Contains([]fact.Kind{"flow", "setting", "connection", "mention"}, s.Fact.Kind)
	})
}

// flowsOf lists the flows of each app.
func flowsOf(fw *firmware.Firmware) map[string][]fact.Fact {
	out := map[string][]fact.Fact{}
	for i := range fw.Record.Units {
		if fw.Copy(i) {
			continue
		}
		for _, f := range fw.Record.Units[i].Facts {
			if a := ranBy(fw, i, ""); a != nil && f.Kind == "flow" {
				out[a.Package] = append(out[a.Package], f)
			}
		}
	}
	return out
}

// ranBy returns the app that a file is of, or the program, one of that name if there are several; nil for none.
func ranBy(fw *firmware.Firmware, unit int, name string) *firmware.App {
	found := fw.AppOf(unit)
	for _, p := range fw.Programs {
		if (found == nil || p.Package == name) && slices.Contains(p.Units, unit) {
			found = p
		}
	}
	return found
}

// behind returns all flows that make a finding, of which its step shows the first.
func behind(f *finding.Finding, flows map[string][]fact.Fact) []fact.Fact {
	var out []fact.Fact
	for _, ft := range flows[f.App] {
		if finding.Shows(f, ft) {
			out = append(out, ft)
		}
	}
	if len(out) == 0 {
		out = append(out, f.Steps[0].Fact)
	}
	return out
}

// unfollowed says why an image cannot show the flows of a finding's app, "" where it can.
func unfollowed(f *finding.Finding, fw *firmware.Firmware) string {
	if !fw.Record.Flows {
		return "no data was followed through code in " + fw.Record.Input
	}
	if f.App == "android" && !strings.HasSuffix(f.Device, ".apk") && !slices.ContainsFunc(fw.Programs, func(p *firmware.App) bool { return p.Package == f.App }) {
		return "the code of the system server is not in " + fw.Record.Input // no system is without
	}
	for _, a := range fw.Subjects() {
		if a.Package != f.App {
			continue
		}
		has := func(want func(fact.Fact) bool) bool {
			return slices.ContainsFunc(a.Units, func(u int) bool { return slices.ContainsFunc(fw.Record.Units[u].Facts, want) })
		}
		if !has(func(ft fact.Fact) bool {
			return ft.Kind == "dex" || ft.Kind == "package" && ft.Fields.Get("has_code") == "no"
		}) {
			return "the code of " + f.App + " is not in " + fw.Record.Input
		}
	}
	return ""
}

// pairFlows finds, for flows whose fingerprint is on one side only, the same flow told by another signature or
// to another place: first to the same address, then to the same host, then out of the same method.
func pairFlows(lost, found []*finding.Finding) map[*finding.Finding]*finding.Finding {
	out, taken := map[*finding.Finding]*finding.Finding{}, map[*finding.Finding]bool{}
	for _, same := range []func(a, b fact.Fact) bool{
		func(a, b fact.Fact) bool { return host(a) != "" && address(a) == address(b) },
		func(a, b fact.Fact) bool { return host(a) != "" && host(a) == host(b) },
		func(a, b fact.Fact) bool {
			return a.At.Member == b.At.Member && a.Fields.Get("sink_call") == b.Fields.Get("sink_call")
		},
	} {
		for _, f := range lost {
			if out[f] != nil || !isFlow(f) {
				continue
			}
			for _, g := range found {
				if taken[g] || !isFlow(g) || f.App != g.App {
					continue
				}
				a, b := f.Steps[0].Fact, g.Steps[0].Fact
				if a.Fields.Get("from") == b.Fields.Get("from") && a.Fields.Get("sink") == b.Fields.Get("sink") && same(a, b) {
					out[f], taken[g] = g, true
					break
				}
			}
		}
	}
	return out
}

// host is where a flow goes: a host, or the number of a message; "" where it is computed.
func host(f fact.Fact) string {
	if h := f.Fields.Get("host"); h != "" || f.Fields.Get("sink") == "network" {
		return h
	}
	return strings.ReplaceAll(f.Fields.Get("to"), "{}", "")
}

// address is where a flow goes without the scheme, which tells the transport.
func address(f fact.Fact) string {
	to := f.Fields.Get("to")
	if _, rest, ok := strings.Cut(to, "://"); ok {
		return rest
	}
	return to
}

// lost says what is left of a flow that is gone: other data to the same address, or the same data by a way that
// makes no such finding.
func (c *comparison) lost(f *finding.Finding) string {
	if !isFlow(f) {
		return ""
	}
	was := f.Steps[0].Fact
	data := was.Fields.Get("from")
	same, other := beside(was, c.now[f.App])
	switch {
	case len(same) > 0:
		return data + " still goes there: gate " + strings.Join(values(same, "guard"), ", ") + ", transport " + strings.Join(values(same, "transport"), ", ")
	case len(other) > 0:
		return "data lost: " + data + " no longer goes there, " + strings.Join(values(other, "from"), ", ") + " still does"
	case host(was) != "":
		return "gone: nothing that was followed in the app goes to " + host(was) + " any more"
	}
	return ""
}

// gained says what went to the address of a new flow before.
func (c *comparison) gained(f *finding.Finding) string {
	if !isFlow(f) {
		return ""
	}
	is := f.Steps[0].Fact
	data := is.Fields.Get("from")
	same, other := beside(is, c.then[f.App])
	switch {
	case len(same) > 0:
		return data + " went there before: gate " + strings.Join(values(same, "guard"), ", ") + ", transport " + strings.Join(values(same, "transport"), ", ")
	case len(other) > 0:
		return "data gained: " + data + " goes where " + strings.Join(values(other, "from"), ", ") + " went before"
	case host(is) != "":
		return "nothing that was followed in the app went to " + host(is) + " before"
	}
	return ""
}

// beside returns the flows to the same host that carry the same data, and those that carry other data.
func beside(f fact.Fact, flows []fact.Fact) (same, other []fact.Fact) {
	for _, g := range flows {
		switch {
		case host(f) == "" || host(g) != host(f) || g.Fields.Get("disabled") == "yes":
		case g.Fields.Get("from") == f.Fields.Get("from"):
			same = append(same, g)
		case g.Fields.Get("exact") == f.Fields.Get("exact"):
			other = append(other, g)
		}
	}
	return same, other
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}
