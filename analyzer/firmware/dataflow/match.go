package dataflow

import (
	"slices"
	"strings"
)

// Filter is an intent filter: what an intent that names no component has to say for a component to get it.
type Filter struct {
	Actions, Categories, Schemes, Hosts, Types []string
}

const (
	categoryField = "$category"
	typeField     = "$type"
	schemeField   = "$scheme"
	defaultName   = "android.intent.category.DEFAULT"
)

// wanted is what an intent says of who is meant. What cannot be told holds "{}".
type wanted struct {
	actions, categories, addresses, types []string
}

// wants gathers what the intent of a start says.
func (a *analysis) wants(p *pendingStart) wanted {
	return wanted{a.spellings(p.action), a.spellings(p.category), a.spellings(p.address), a.spellings(p.mime)}
}

// takes reports whether a filter lets an intent of a kind of start through: its action, all its categories and its data,
// as in the class IntentFilter of Android. What is not known is taken to fit.
func (w *wanted) takes(f *Filter, kind string) bool {
	if !slices.ContainsFunc(w.actions, func(s string) bool { return slices.Contains(f.Actions, s) }) {
		return false
	}
	for _, c := range w.categories {
		if !strings.Contains(c, "{}") && !slices.Contains(f.Categories, c) && !slices.Contains(f.Categories, wildcard) {
			return false
		}
	}
	if kind == "activity" && !slices.Contains(f.Categories, defaultName) && !slices.Contains(f.Actions, "android.intent.action.MAIN") {
		return false
	}
	return w.data(f)
}

func (w *wanted) data(f *Filter) bool {
	if len(w.types) == 0 && len(f.Types) > 0 || len(w.types) > 0 && !slices.ContainsFunc(w.types, func(s string) bool { return ofType(s, f.Types) }) {
		return false
	}
	if len(w.addresses) == 0 {
		return len(f.Schemes) == 0
	}
	return slices.ContainsFunc(w.addresses, func(s string) bool {
		scheme, rest, ok := strings.Cut(s, ":")
		if !ok || strings.Contains(scheme, "{}") {
			return true
		}
		if len(f.Schemes) == 0 { // a type alone takes what lies on the device
			return len(f.Types) > 0 && (scheme == "content" || scheme == "file")
		}
		if !slices.Contains(f.Schemes, scheme) {
			return false
		}
		host, _, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "/")
		host, _, _ = strings.Cut(host, ":")
		return len(f.Hosts) == 0 || strings.Contains(host, "{}") || slices.ContainsFunc(f.Hosts, func(h string) bool {
			if tail, any := strings.CutPrefix(h, "*"); any {
				return strings.HasSuffix(host, tail)
			}
			return h == host
		})
	})
}

// ofType reports whether a type of data fits one of a filter's.
func ofType(s string, list []string) bool {
	family, _, _ := strings.Cut(s, "/")
	return strings.Contains(s, "{}") || slices.ContainsFunc(list, func(t string) bool {
		return t == s || t == "*/*" || s == "*/*" || t == family+"/*" || strings.HasSuffix(s, "/*") && strings.HasPrefix(t, family+"/")
	})
}

// takenBy reports whether a component gets the intent of a start.
func (w *wanted) takenBy(c *Component, kind string) bool {
	if len(c.Filters) == 0 {
		return slices.ContainsFunc(w.actions, func(s string) bool { return slices.Contains(c.Actions, s) })
	}
	return slices.ContainsFunc(c.Filters, func(f Filter) bool { return w.takes(&f, kind) })
}
