package diff

import (
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/finding"
	"romscan/analyzer/firmware"
)

// unnamed reports whether an app of an image cannot send what a finding tells to where it tells, although not all that the
// app does was followed: neither its own files nor the code that all apps share hold the host's name, or the name of a
// domain that it may be put together from, and nowhere was the app seen to send such data to an address that is computed.
// flows are those of the app in that image.
func unnamed(f *finding.Finding, fw *firmware.Firmware, flows []fact.Fact) bool {
	if !isFlow(f) {
		return false
	}
	is := f.Steps[0].Fact
	name := is.Fields.Get("host")
	if name == "" || strings.Contains(name, "{}") || is.Fields.Get("origin") != "" {
		return false
	}
	for _, g := range flows {
		if within(name, g.Fields.Get("host")) {
			return false
		}
		if g.Fields.Get("sink") == is.Fields.Get("sink") && g.Fields.Get("from") == is.Fields.Get("from") &&
			(g.Fields.Get("host") == "" || strings.Contains(g.Fields.Get("host"), "{}")) {
			return false
		}
	}
	for i := range fw.Record.Units {
		if a := ranBy(fw, i, f.App); a != nil && a.Package != f.App {
			continue
		}
		for _, e := range fw.Record.Units[i].Facts {
			if e.Kind == "endpoint" && within(name, e.Fields.Get("host")) {
				return false
			}
		}
	}
	return true
}

// named says that an app does not hold the name of the host of a finding.
func named(f *finding.Finding, verb, when string) string {
	return f.Steps[0].Fact.Fields.Get("host") + " " + verb + " not named in " + f.App + " " + when
}

// within reports whether a host is a domain or lies in it.
func within(host, domain string) bool {
	domain = strings.Trim(domain, ".")
	return domain != "" && (host == domain || strings.HasSuffix(host, "."+domain))
}
