package diff

import (
	"fmt"
	"maps"
	"slices"

	"romscan/analyzer/fact"
	"romscan/analyzer/finding"
)

// pairApps finds, for flows that pairFlows left alone, the same data going to the same host out of another app: a
// service that an update moved. It counts only where both images can show that the one app sends it no longer and the
// other did not before.
func (c *comparison) pairApps(lost, found []*finding.Finding, pairs map[*finding.Finding]*finding.Finding) {
	taken := map[*finding.Finding]bool{}
	for _, g := range pairs {
		taken[g] = true
	}
	for _, f := range lost {
		if pairs[f] != nil || !isFlow(f) || host(f.Steps[0].Fact) == "" || len(c.toHost(f, c.now)[f.App]) > 0 || blind(f, c.after, c.now) != "" {
			continue
		}
		for _, g := range found {
			if taken[g] || !isFlow(g) || g.App == f.App || !sameToHost(f.Steps[0].Fact, g.Steps[0].Fact) {
				continue
			}
			if len(c.toHost(g, c.then)[g.App]) == 0 && blind(g, c.before, c.then) == "" {
				pairs[f], taken[g] = g, true
				break
			}
		}
	}
}

// sameToHost reports whether two flows carry the same data to the same host.
func sameToHost(a, b fact.Fact) bool {
	return host(a) != "" && host(a) == host(b) && a.Fields.Get("from") == b.Fields.Get("from") && a.Fields.Get("sink") == b.Fields.Get("sink")
}

// toHost lists, by app, the flows of one side with the data of a finding to its host.
func (c *comparison) toHost(f *finding.Finding, flows map[string][]fact.Fact) map[string][]fact.Fact {
	return pick(flows, func(g fact.Fact) bool { return sameToHost(f.Steps[0].Fact, g) })
}

// others says from which other apps of one side the data of a finding goes to its host, or else to its domain; "" where
// none was seen to send it. verb is goes or went.
func (c *comparison) others(f *finding.Finding, flows map[string][]fact.Fact, verb string) string {
	if !isFlow(f) {
		return ""
	}
	is := f.Steps[0].Fact
	data, domain := is.Fields.Get("from"), is.Fields.Get("domain")
	exact := func(g fact.Fact) bool { return g.Fields.Get("exact") == "yes" }
	if list := without(pick(flows, func(g fact.Fact) bool { return exact(g) && sameToHost(is, g) }), f.App); len(list) > 0 {
		return fmt.Sprintf("%s %s to %s from %s", data, verb, host(is), few(list))
	}
	list := without(pick(flows, func(g fact.Fact) bool {
		return exact(g) && domain != "" && g.Fields.Get("domain") == domain && g.Fields.Get("from") == data && g.Fields.Get("sink") == is.Fields.Get("sink")
	}), f.App)
	if len(list) > 0 {
		return fmt.Sprintf("%s %s to other hosts of %s from %s", data, verb, domain, few(list))
	}
	return ""
}

// pick keeps the flows that hold, of apps that have one; what the build leaves disabled does not count.
func pick(flows map[string][]fact.Fact, holds func(fact.Fact) bool) map[string][]fact.Fact {
	out := map[string][]fact.Fact{}
	for app, list := range flows {
		for _, g := range list {
			if g.Fields.Get("disabled") != "yes" && holds(g) {
				out[app] = append(out[app], g)
			}
		}
	}
	return out
}

// without lists the apps but one, sorted.
func without(apps map[string][]fact.Fact, app string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(apps)), func(name string) bool { return name == app })
}

// moved says that another app sends now what one sent before, "" where it is the same.
func moved(f, g *finding.Finding) string {
	if f.App == g.App {
		return ""
	}
	return "now sent by " + g.App + ", no longer by " + f.App
}
