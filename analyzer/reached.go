package analyzer

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/dex"
	"romscan/analyzer/fact/dex/live"
	"romscan/analyzer/fact/resources"
	"romscan/analyzer/firmware"
)

// reachUsed tells of the endpoints of an app whether its entry points reach the code they stand in, and of those in resources
// whether something asks for them.
func (r *reader) reachUsed(rec *fact.Record, app *firmware.App, files []*dex.File) []mark {
	list := endpointsOf(rec, app)
	if len(list) == 0 {
		return nil
	}
	reached := live.Analyze(files, outsideNames(rec, app, r.callers))
	if reached == nil {
		return nil
	}
	var out []mark
	for _, e := range list {
		if e.fact.Fields.Get("source") != "dex" || e.fact.Fields.Get("used") == "dead" {
			continue
		}
		in := holders(e.unit, e.fact.Fields.Get("value"))
		if len(in) > 0 && !slices.ContainsFunc(in, reached.Method) {
			out = append(out, e.mark("dead"))
		}
	}
	return append(out, r.askedFor(rec, app, list, reached)...)
}

// foundEndpoint is an endpoint of an app.
type foundEndpoint struct {
	unit *fact.Unit
	fact *fact.Fact
}

func (e foundEndpoint) mark(used string) mark {
	return mark{e.unit.File.Path.Name(), e.fact.Fields.Get("value"), used}
}

func endpointsOf(rec *fact.Record, app *firmware.App) (out []foundEndpoint) {
	for _, i := range app.Units {
		u := &rec.Units[i]
		for j := range u.Facts {
			if u.Facts[j].Kind == "endpoint" {
				out = append(out, foundEndpoint{u, &u.Facts[j]})
			}
		}
	}
	return out
}

// maxNamed bounds the strings that may be names.
const maxNamed = 256

// namesCode tells whether facts of a kind may name classes and methods.
func namesCode(k fact.Kind) bool {
	return k == "component" || k == "meta-data" || k == "native-method"
}

// outsideNames gathers the strings of an app, of which any may be the name of a class or a method.
func outsideNames(rec *fact.Record, app *firmware.App, callers callers) live.Names {
	set := map[string]bool{}
	for _, i := range app.Units {
		for _, t := range rec.Units[i].Tables {
			if t.Kind != "string" {
				continue
			}
			for _, v := range t.Values {
				if len(v) <= maxNamed {
					set[v] = true
				}
			}
		}
		for _, f := range rec.Units[i].Facts {
			if f.Kind == "package" { // what else it says changes with every build
				set[f.Fields.Get("name")], set[f.Fields.Get("application")] = true, true
			}
			if namesCode(f.Kind) {
				for _, field := range f.Fields {
					for _, v := range field.Values {
						set[v] = true
					}
				}
			}
		}
	}
	all := callsFromOutside(rec, app)
	return live.Names{
		Shared: func(class string) bool { return callers.others(class, app) },
		Member: func(name string) bool { return all || set[name] },
		Class: func(name string) bool {
			short, _ := strings.CutPrefix(name, app.Package)
			last := name[strings.LastIndexByte(name, '.')+1:]
			return set[name] || set[short] || set[strings.TrimPrefix(short, ".")] || set[last] || set["."+last] || set[strings.ReplaceAll(name, ".", "/")] ||
				set["L"+strings.ReplaceAll(name, ".", "/")+";"]
		},
	}
}

// askedFor marks the endpoints of a resource table whose entry code or a layout asks for.
func (r *reader) askedFor(rec *fact.Record, app *firmware.App, list []foundEndpoint, reached *live.Result) (out []mark) {
	for _, i := range app.Units {
		u := &rec.Units[i]
		table := r.kept.files[u.File.Path.String()]
		if table == nil || u.File.Path.Name() != "resources.arsc" || !slices.ContainsFunc(list, func(e foundEndpoint) bool { return e.unit == u }) {
			continue
		}
		data, err := table.Bytes(r.opt.Limits.MaxFile)
		if err != nil {
			continue
		}
		texts := resources.Strings(data)
		screens := r.screensOf(rec, app)
		for _, e := range list {
			if e.unit != u {
				continue
			}
			for id, values := range texts {
				if !slices.ContainsFunc(values, func(s string) bool { return strings.Contains(s, e.fact.Fields.Get("value")) }) {
					continue
				}
				if reached.Number(id) || screens(id) {
					out = append(out, e.mark("referenced"))
					break
				}
			}
		}
	}
	return out
}

// screensOf returns a function that tells whether binary XML of an app holds a resource's number. The files are read on first use.
func (r *reader) screensOf(rec *fact.Record, app *firmware.App) func(uint32) bool {
	var all [][]byte
	read := false
	return func(id uint32) bool {
		if !read {
			read = true
			for _, i := range app.Units {
				p := rec.Units[i].File.Path
				if f := r.kept.files[p.String()]; f != nil && f.Size <= maxScreen && (strings.HasPrefix(p.Name(), "res/") || p.Name() == "AndroidManifest.xml") {
					if data, err := f.Bytes(r.opt.Limits.MaxFile); err == nil {
						all = append(all, data)
					}
				}
			}
		}
		want := binary.LittleEndian.AppendUint32(nil, id)
		return slices.ContainsFunc(all, func(b []byte) bool { return bytes.Contains(b, want) })
	}
}
