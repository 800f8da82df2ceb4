package diff

import (
	"sort"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
)

// packages compares app by app. Of several APKs with one package name, the first by path is taken.
func packages(before, after *firmware.Firmware) []Package {
	a, b := byName(before), byName(after)
	names := map[string]bool{}
	for n := range a {
		names[n] = true
	}
	for n := range b {
		names[n] = true
	}
	out := []Package{}
	for _, n := range sortedKeys(names) {
		p := Package{Name: n}
		x, y := a[n], b[n]
		switch {
		case x == nil:
			p.State, p.NewPath, p.NewVersion = "added", y.Device, version(y)
		case y == nil:
			p.State, p.OldPath, p.OldVersion = "removed", x.Device, version(x)
		default:
			p.OldPath, p.NewPath, p.OldVersion, p.NewVersion = x.Device, y.Device, version(x), version(y)
			if digest(before, x) != digest(after, y) {
				p.State = "changed"
			} else if x.Device != y.Device {
				p.State = "moved"
			} else {
				continue
			}
			if len(x.Signers) > 0 && len(y.Signers) > 0 && x.Signers[0] != y.Signers[0] {
				p.Signer = "changed"
			}
		}
		p.Permissions = change(collect(before, x, permissions), collect(after, y, permissions))
		p.Components = change(collect(before, x, components), collect(after, y, components))
		p.Endpoints = change(collect(before, x, endpoints), collect(after, y, endpoints))
		out = append(out, p)
	}
	return out
}

func byName(fw *firmware.Firmware) map[string]*firmware.App {
	out := map[string]*firmware.App{}
	for _, a := range fw.Apps {
		if out[a.Package] == nil {
			out[a.Package] = a
		}
	}
	return out
}

func version(a *firmware.App) string {
	if a.VersionName != "" {
		return a.VersionName
	}
	return a.VersionCode
}

func digest(fw *firmware.Firmware, a *firmware.App) string {
	return fw.Record.Units[a.Unit].File.SHA256.String()
}

// collect gathers what a picker says of all facts of an app.
func collect(fw *firmware.Firmware, a *firmware.App, pick func(*fact.Fact) string) map[string]bool {
	out := map[string]bool{}
	if a == nil {
		return out
	}
	for _, i := range a.Units {
		facts := fw.Record.Units[i].Facts
		for j := range facts {
			if s := pick(&facts[j]); s != "" {
				out[s] = true
			}
		}
	}
	return out
}

func permissions(f *fact.Fact) string {
	if f.Kind != "permission" {
		return ""
	}
	return f.Fields.Get("name")
}

// components names a component with what others can do to it, so that closing it shows as a change.
func components(f *fact.Fact) string {
	if f.Kind != "component" {
		return ""
	}
	s := f.Fields.Get("type") + " " + f.Fields.Get("name")
	if f.Fields.Get("exported") == "yes" {
		s += " exported"
		if p := f.Fields.Get("permission"); p != "" {
			s += " to " + p
		}
	}
	if f.Fields.Get("enabled") == "no" {
		s += " disabled"
	}
	return s
}

func endpoints(f *fact.Fact) string {
	if f.Kind != "endpoint" || f.Fields.Get("noisy") == "yes" {
		return ""
	}
	return f.Fields.Get("value")
}

func change(a, b map[string]bool) Change {
	var c Change
	for s := range b {
		if !a[s] {
			c.Gained = append(c.Gained, s)
		}
	}
	for s := range a {
		if !b[s] {
			c.Lost = append(c.Lost, s)
		}
	}
	sort.Strings(c.Gained)
	sort.Strings(c.Lost)
	return c
}
