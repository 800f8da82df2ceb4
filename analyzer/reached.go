package analyzer

import (
	"bytes"
	"encoding/binary"
	"iter"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/dex"
	"romscan/analyzer/fact/dex/live"
	"romscan/analyzer/firmware"
)

// reachUsed tells of the endpoints of an app whether its entry points reach the code they stand in, and of those in resources
// whether something asks for them.
func (r *reader) reachUsed(rec *fact.Record, app *firmware.App, files []*dex.File, b *basis) []mark {
	list := endpointsOf(rec, app)
	if len(list) == 0 {
		return nil
	}
	reached := live.Analyze(files, outsideNames(rec, app, r.callers, b.named))
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

// outsideNames gathers the strings of an app, of which any may be the name of a class or a method. asked is told which names
// are looked for.
func outsideNames(rec *fact.Record, app *firmware.App, callers callers, asked func(string)) live.Names {
	set := map[string]bool{}
	for s := range namesIn(rec, app, nil) {
		set[s] = true
	}
	for _, i := range app.Units {
		for _, f := range rec.Units[i].Facts {
			if namesCode(f.Kind) {
				for _, field := range f.Fields {
					for _, v := range field.Values {
						set[v] = true
					}
				}
			}
		}
	}
	has := func(s string) bool { asked(s); return set[s] }
	all := callsFromOutside(rec, app)
	return live.Names{
		Shared: func(class string) bool { return callers.others(class, app) },
		Member: func(name string) bool { return all || has(name) },
		Class: func(name string) bool {
			short, _ := strings.CutPrefix(name, app.Package)
			last := name[strings.LastIndexByte(name, '.')+1:]
			return has(name) || has(short) || has(strings.TrimPrefix(short, ".")) || has(last) || has("."+last) || has(strings.ReplaceAll(name, ".", "/")) ||
				has("L"+strings.ReplaceAll(name, ".", "/")+";")
		},
	}
}

// namesIn yields what may be names in the strings of an app and in its manifest, some more than once; not those of the units of
// its code that are given.
func namesIn(rec *fact.Record, app *firmware.App, code []int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, i := range app.Units {
			for _, t := range rec.Units[i].Tables {
				if t.Kind != "string" || slices.Contains(code, i) {
					continue
				}
				for _, v := range t.Values {
					if len(v) <= maxNamed && !yield(v) {
						return
					}
				}
			}
			for _, f := range rec.Units[i].Facts { // what else a package says changes with every build
				if f.Kind == "package" && (!yield(f.Fields.Get("name")) || !yield(f.Fields.Get("application"))) {
					return
				}
			}
		}
	}
}

// askedFor marks the endpoints of a resource table whose entry code or a layout asks for.
func (r *reader) askedFor(rec *fact.Record, app *firmware.App, list []foundEndpoint, reached *live.Result) (out []mark) {
	for _, h := range r.heldEndpoints(rec, app, list) {
		if h.Shown || slices.ContainsFunc(h.IDs, reached.Number) {
			out = append(out, list[h.Index].mark("referenced"))
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
