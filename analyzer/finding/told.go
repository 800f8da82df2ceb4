package finding

import (
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware/dataflow"
)

// computed stands in a fingerprint for a host that code puts together: a flow to it is one and the same,
// whatever the code around it looks like.
const computed = "computed"

// identity spells a field for a fingerprint.
func identity(f fact.Fact, field, v string) string {
	if f.Kind == "flow" && field == "host" && v == "" {
		return computed
	}
	return v
}

// told spells a field for a sentence. What a flow leaves open gets a name instead of a blank.
func told(f fact.Fact, field, v string) string {
	if f.Kind != "flow" && f.Kind != "setting" {
		return v
	}
	switch field {
	case "to":
		return toldAddress(f, v)
	case "gate":
		switch {
		case v == "" && f.Fields.Get("guard") == "none":
			return "no condition was found"
		case v == "":
			return "a condition that could not be named"
		}
	case "gate_default":
		if v == "" {
			return "unknown"
		}
	case "transport":
		if v == "unknown" {
			return "a transport that is not known"
		}
	case "activation":
		if v == "" || v == "unknown" {
			return "what is not known"
		}
	}
	return v
}

// clearer reports whether a flow says more of the place where another says that data goes: the address that code states for it is one
// of those that the other's blanks stand for. Of other facts, and of other places, none does.
func clearer(h, than hit) bool {
	if h.used != nil || than.used != nil || h.fact.Kind != "flow" || than.fact.Kind != "flow" {
		return false
	}
	x, y := h.fact.Fields.Get("to"), than.fact.Fields.Get("to")
	return x != y && dataflow.Covers(y, x)
}

// plainer reports whether a flow is another one but for what is done to the data on the way, and that is less: what leaves in several
// forms is as open as the plainest of them.
func plainer(h, than hit) bool {
	if h.used != nil || than.used != nil || h.fact.Kind != "flow" || than.fact.Kind != "flow" {
		return false
	}
	for _, field := range [...]string{"from", "to", "transport", "sink", "guard", "gate", "activation", "exact"} {
		if !slices.Equal(h.fact.Fields.All(field), than.fact.Fields.All(field)) {
			return false
		}
	}
	return changed(h.fact) < changed(than.fact)
}

// changed is how much is done to data on its way: encoded, which anybody undoes, hashed, and encrypted.
func changed(f fact.Fact) int {
	n := 0
	for _, t := range f.Fields.All("transform") {
		n += map[string]int{"encoded": 1, "compressed": 1, "hashed": 3, "encrypted": 6}[t]
	}
	return n
}

// toldAddress tells where data goes: an address as it is, as far as code states it.
func toldAddress(f fact.Fact, v string) string {
	what := "address"
	if f.Fields.Get("sink") == "sms" {
		what = "number"
	}
	switch {
	case !strings.ContainsFunc(strings.ReplaceAll(v, "{}", ""), func(r rune) bool { return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }):
		return "a computed " + what
	case what == "address" && f.Fields.Get("host") == "":
		return "a computed address (" + v + ")"
	}
	return v
}
