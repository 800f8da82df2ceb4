package text

import (
	"cmp"
	"slices"
	"strings"

	"romscan/analyzer/report"
)

// shownServers bounds the hosts listed one by one.
const shownServers = 10

// servers lists the hosts that are named, without what is noise: those that connections are opened to first, then those of most apps.
func (p *page) servers(r *report.Report) {
	var list []*report.Endpoint
	for i := range r.Endpoints {
		if r.Endpoints[i].Noise == "" {
			list = append(list, &r.Endpoints[i])
		}
	}
	if len(list) == 0 {
		return
	}
	order := []string{"connection", "referenced", "", "dead"}
	slices.SortStableFunc(list, func(a, b *report.Endpoint) int {
		return cmp.Or(slices.Index(order, a.Used)-slices.Index(order, b.Used), len(b.Apps)-len(a.Apps))
	})
	p.line("")
	p.line("%-10s %-40s %5s  %s", "USED", "SERVER", "APPS", "OWNER")
	for i, e := range list {
		if i == shownServers {
			p.line("  … and %d more: romscan … -f json", len(list)-i)
			break
		}
		p.line("%s", strings.TrimRight(clip(padded(cmp.Or(e.Used, "named"), 10)+" "+padded(e.Host, 40)+" "+right(thousands(len(e.Apps)), 5)+"  "+owner(e), p.width()), " "))
	}
}

// owner names who a host belongs to, and the country.
func owner(e *report.Endpoint) string {
	if e.Country == "" {
		return e.Owner
	}
	return strings.TrimSpace(e.Owner + " (" + e.Country + ")")
}

// padded fills s up to n columns, or cuts it; right puts it at their end.
func padded(s string, n int) string {
	s = clip(s, n)
	return s + strings.Repeat(" ", n-len([]rune(s)))
}

func right(s string, n int) string { return strings.Repeat(" ", max(n-len(s), 0)) + s }
