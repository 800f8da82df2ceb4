package diff

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"romscan/analyzer/fact"
)

// guards are what may stand before a flow, the weakest first.
var guards = []string{"none", "permission-only", "unknown", "build", "remote", "notice", "opt-out", "opt-in"}

// stored are the beginnings of names of gates that lie outside code: names of fields and methods change with
// every rebuild and mean nothing to a reader.
var stored = []string{"pref:", "settings:", "property"}

// changes tells, field by field, what became of a flow. All flows that make the finding are looked at together:
// an app often has several ways from one source to one address.
func changes(then, now []fact.Fact) []string {
	var out []string
	note := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	a, b := weakest(then), weakest(now)
	switch {
	case open(a) && !open(b):
		note("gate appeared: %s", gate(b))
	case !open(a) && open(b):
		note("gate vanished: %s stood before it", gate(a))
	case gate(a) != gate(b):
		note("gate: %s → %s", gate(a), gate(b))
	}
	if a.Fields.Get("gate") == b.Fields.Get("gate") {
		lost, gained := apart(a.Fields.All("gate_set_by"), b.Fields.All("gate_set_by"))
		if len(gained) > 0 {
			note("gate now also switched on by %s", strings.Join(gained, ", "))
		}
		if len(lost) > 0 {
			note("gate no longer switched on by %s", strings.Join(lost, ", "))
		}
	}
	for _, field := range []string{"transport", "transform"} {
		if x, y := values(then, field), values(now, field); !slices.Equal(x, y) {
			note("%s: %s → %s", field, strings.Join(x, ", "), strings.Join(y, ", "))
		}
	}
	x, y := values(then, "automatic"), values(now, "automatic")
	switch {
	case slices.Contains(x, "yes") && !slices.Contains(y, "yes"):
		note("no longer starts by itself")
	case !slices.Contains(x, "yes") && slices.Contains(y, "yes"):
		note("now starts by itself")
	}
	lost, gained := apart(values(then, "activation"), values(now, "activation"))
	if len(gained) > 0 {
		note("now also started by %s", strings.Join(gained, ", "))
	}
	if len(lost) > 0 {
		note("no longer started by %s", strings.Join(lost, ", "))
	}
	lost, gained = apart(addresses(then), addresses(now))
	switch {
	case len(lost) > 0 && len(gained) > 0:
		note("endpoint moved: %s → %s", few(lost), few(gained))
	case len(gained) > 0:
		note("now also to %s", few(gained))
	case len(lost) > 0:
		note("no longer to %s", few(lost))
	}
	return out
}

// weakest returns the flow that the least stands before.
func weakest(list []fact.Fact) fact.Fact {
	return slices.MinFunc(list, func(a, b fact.Fact) int {
		return slices.Index(guards, a.Fields.Get("guard")) - slices.Index(guards, b.Fields.Get("guard"))
	})
}

func open(f fact.Fact) bool { return slices.Index(guards, f.Fields.Get("guard")) < 2 }

// gate spells what stands before a flow.
func gate(f fact.Fact) string {
	g, name := f.Fields.Get("guard"), f.Fields.Get("gate")
	if g == "unknown" {
		g = "not decided"
	} else if !open(f) && name != "" {
		return g + " (" + name + ", default " + f.Fields.Get("gate_default") + ")"
	}
	if slices.ContainsFunc(stored, func(p string) bool { return strings.HasPrefix(name, p) }) {
		g += " (" + name + ", default " + f.Fields.Get("gate_default") + ")"
	}
	return g
}

// values are all values of a field, sorted.
func values(list []fact.Fact, field string) []string {
	var out []string
	for _, f := range list {
		out = append(out, f.Fields.All(field)...)
	}
	sort.Strings(out)
	return slices.Compact(out)
}

// addresses are the places data goes to as far as code states them.
func addresses(list []fact.Fact) []string {
	var out []string
	for _, f := range list {
		if host(f) != "" {
			out = append(out, address(f))
		}
	}
	sort.Strings(out)
	return slices.Compact(out)
}

// apart returns what is in a alone and in b alone.
func apart(a, b []string) (lost, gained []string) {
	for _, s := range a {
		if !slices.Contains(b, s) {
			lost = append(lost, s)
		}
	}
	for _, s := range b {
		if !slices.Contains(a, s) {
			gained = append(gained, s)
		}
	}
	return lost, gained
}

func few(list []string) string {
	const most = 3
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}
