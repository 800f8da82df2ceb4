package analyzer

import (
	"iter"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/dex"
	"romscan/analyzer/firmware"
)

// settleUsed looks again at the endpoints that nothing in their own file uses: another file of the app, a name in a string or
// native code may reach the method they stand in. Code that belongs to no app may be called by any.
func settleUsed(rec *fact.Record) {
	var units []int
	for i := range rec.Units {
		if slices.ContainsFunc(rec.Units[i].Facts, deadCode) {
			units = append(units, i)
		}
	}
	if len(units) == 0 {
		return
	}
	fw := firmware.Assemble(rec)
	callers := callersOf(rec, fw)
	for _, i := range units {
		u := &rec.Units[i]
		for j := range u.Facts {
			if f := &u.Facts[j]; deadCode(*f) && called(rec, fw.AppOf(i), callers, u, f.Fields.Get("value")) {
				f.Fields = f.Fields.With("used", "referenced")
			}
		}
	}
}

// deadCode tells whether a fact is an endpoint that stands in methods which nothing in their file calls.
func deadCode(f fact.Fact) bool {
	return f.Kind == "endpoint" && f.Fields.Get("used") == "dead" && f.At.Member != dex.StringPool
}

// holders returns the members of a DEX file in whose strings a text stands.
func holders(u *fact.Unit, text string) (out []string) {
	for _, t := range u.Tables {
		if t.Kind != "string" || t.Common.Get("source") != "dex" {
			continue
		}
		for i, v := range t.Values {
			if !strings.Contains(v, text) {
				continue
			}
			for _, s := range t.SitesOf(i) {
				out = append(out, t.Place(s).Member)
			}
		}
	}
	return out
}

// called tells whether more than the file itself may reach the methods in whose strings a text stands.
func called(rec *fact.Record, app *firmware.App, callers callers, u *fact.Unit, text string) bool {
	if app == nil {
		return true
	}
	for _, m := range holders(u, text) {
		class, key, isMethod := strings.Cut(m, ";->")
		name, _, _ := strings.Cut(key, "(")
		if !isMethod || callers.others(class+";", app) || byName(rec, app, name) {
			return true
		}
		for _, i := range app.Units {
			for _, t := range rec.Units[i].Tables {
				if t.Kind == "api" && slices.ContainsFunc(t.Values, func(c string) bool { return strings.HasSuffix(c, ";->"+key) }) {
					return true
				}
			}
		}
	}
	return false
}

// byName tells whether a method of an app may be called by its name: the name stands in a string of code or resources, or
// the app has native code that cannot be looked into.
func byName(rec *fact.Record, app *firmware.App, name string) bool {
	if callsFromOutside(rec, app) {
		return true
	}
	for _, i := range app.Units {
		for _, t := range rec.Units[i].Tables {
			if t.Kind == "string" && has(t.Values, name) {
				return true
			}
		}
	}
	return false
}

func has(sorted []string, s string) bool {
	_, found := slices.BinarySearch(sorted, s)
	return found
}

// callsFromOutside tells whether an app declares native methods whose library is not in it: what that calls is not known.
func callsFromOutside(rec *fact.Record, app *firmware.App) bool {
	declares := false
	for _, i := range app.Units {
		for _, t := range rec.Units[i].Tables {
			declares = declares || t.Kind == "native-declared"
			if t.Kind == "string" && t.Common.Get("source") == "native" {
				return false
			}
		}
	}
	return declares
}

// callers says which app's code calls a class that it does not define: the app, or several, by the class's descriptor.
type callers map[string]caller

type caller struct {
	app     *firmware.App
	several bool
}

func callersOf(rec *fact.Record, fw *firmware.Firmware) callers {
	out := callers{}
	for i := range rec.Units {
		app := fw.AppOf(i)
		for class := range calledClasses(&rec.Units[i]) {
			if c, known := out[class]; !known {
				out[class] = caller{app: app, several: app == nil}
			} else if c.app != app {
				out[class] = caller{several: true}
			}
		}
	}
	return out
}

// calledClasses gives the classes, by descriptor, that a file calls methods of and does not define; some more than once.
func calledClasses(u *fact.Unit) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, t := range u.Tables {
			if t.Kind != "api" {
				continue
			}
			last := ""
			for _, call := range t.Values {
				class, _, _ := strings.Cut(call, "->")
				if class == last {
					continue
				}
				if last = class; !yield(class) {
					return
				}
			}
		}
	}
}

// others tells whether code that is not of an app calls a class.
func (c callers) others(class string, app *firmware.App) bool {
	by, known := c[class]
	return known && (by.several || by.app != app)
}
