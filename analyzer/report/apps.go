package report

import (
	"slices"
	"sort"

	"romscan/analyzer/fact"
	"romscan/analyzer/finding"
	"romscan/analyzer/firmware"
)

// apps lists every preloaded app, by package.
func apps(fw *firmware.Firmware, findings []finding.Finding) []App {
	byDevice := map[string][]string{}
	for _, f := range findings {
		byDevice[f.Device] = append(byDevice[f.Device], f.Fingerprint)
	}
	out := []App{}
	for _, a := range fw.Apps {
		x := App{
			Package: a.Package, Device: a.Device, Partition: a.Partition, VersionCode: a.VersionCode, VersionName: a.VersionName,
			SharedUID: a.SharedUID, Privileged: a.Privileged, Platform: a.Platform, AOSPKey: a.AOSPKey,
			SHA256:      fw.Record.Units[a.Unit].File.SHA256.String(),
			Permissions: []Permission{}, Autostart: []string{}, Hosts: []string{}, Findings: []string{},
		}
		if len(a.Signers) > 0 {
			x.Signer = a.Signers[0]
		}
		x.Findings = append(x.Findings, byDevice[a.Device]...)
		starts, hosts := map[string]bool{}, map[string]bool{}
		for _, f := range a.Derived {
			switch f.Kind {
			case "permission":
				x.Permissions = append(x.Permissions, Permission{f.Fields.Get("name"), f.Fields.Get("state")})
			case "autostart":
				starts[f.Fields.Get("trigger")] = true
			}
		}
		for _, i := range a.Units {
			for _, f := range fw.Record.Units[i].Facts {
				switch {
				case f.Kind == "component" && f.Fields.Get("exported") == "yes":
					x.Exported++
				case f.Kind == "endpoint" && f.Fields.Get("noisy") != "yes" && f.Fields.Get("host") != "":
					hosts[f.Fields.Get("host")] = true
				}
			}
		}
		x.Autostart = append(x.Autostart, keys(starts)...)
		x.Hosts = append(x.Hosts, keys(hosts)...)
		out = append(out, x)
	}
	return out
}

func keys(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// uses are what an endpoint may be used for, the least first.
var uses = []string{"", "dead", "referenced", "connection"}

// endpoints gathers the hosts of the whole image: those that are no noise first, then by name.
func endpoints(fw *firmware.Firmware) []Endpoint {
	type entry struct {
		Endpoint
		schemes, apps, values map[string]bool
	}
	hosts := map[string]*entry{}
	for i := range fw.Record.Units {
		if fw.Copy(i) {
			continue
		}
		who := fw.Spots[i].Device
		if a := fw.AppOf(i); a != nil {
			who = a.Package
		}
		for _, f := range fw.Record.Units[i].Facts {
			h := f.Fields.Get("host")
			if f.Kind != "endpoint" || h == "" {
				continue
			}
			e := hosts[h]
			if e == nil {
				e = &entry{Endpoint: describe(h, f.Fields), schemes: map[string]bool{}, apps: map[string]bool{}, values: map[string]bool{}}
				hosts[h] = e
			}
			if f.Fields.Get("noise") == "" {
				e.Noise = ""
			}
			if s := f.Fields.Get("scheme"); s != "" {
				e.schemes[s] = true
			}
			if u := f.Fields.Get("used"); slices.Index(uses, u) > slices.Index(uses, e.Used) {
				e.Used = u
			}
			e.apps[who], e.values[f.Fields.Get("value")] = true, true
		}
	}
	out := make([]Endpoint, 0, len(hosts))
	for _, e := range hosts {
		e.Schemes, e.Apps, e.Values = keys(e.schemes), keys(e.apps), len(e.values)
		out = append(out, e.Endpoint)
	}
	sort.Slice(out, func(i, j int) bool {
		if a, b := out[i].Noise == "", out[j].Noise == ""; a != b {
			return a
		}
		return out[i].Host < out[j].Host
	})
	return out
}

func describe(host string, f fact.Fields) Endpoint {
	return Endpoint{Host: host, Domain: f.Get("domain"), Owner: f.Get("owner"), Country: f.Get("country"), Noise: f.Get("noise")}
}
