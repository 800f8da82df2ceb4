package analyzer

import (
	"context"
	"strings"
	"sync"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/dex"
	"romscan/analyzer/fact/resources"
	"romscan/analyzer/firmware"
	"romscan/analyzer/firmware/dataflow"
	"romscan/analyzer/image"
)

// codeFiles remembers, during a walk, the files that flows are followed through afterwards.
type codeFiles struct {
	mu    sync.Mutex
	files map[string]*image.File // by path
}

func (c *codeFiles) keep(f *image.File, u *fact.Unit) {
	for _, name := range u.File.Ran {
		if name == "dex" || name == "resources" {
			c.mu.Lock()
			if c.files == nil {
				c.files = map[string]*image.File{}
			}
			c.files[f.Path.String()] = f
			c.mu.Unlock()
			return
		}
	}
}

// appCode is an app with the files that hold its code and resources.
type appCode struct {
	app *firmware.App
	dex []*dex.File
}

// flowsOf follows data through the apps of a record.
func (r *reader) flowsOf(ctx context.Context, rec *fact.Record, voc *dataflow.Vocabulary, profile string, each func(*firmware.App, *dataflow.Result)) {
	fw := firmware.Assemble(rec)
	for _, app := range fw.Apps {
		if ctx.Err() != nil {
			return
		}
		var files []*dex.File
		for _, i := range app.Units {
			u := &rec.Units[i]
			f := r.code.files[u.File.Path.String()]
			if f == nil || !hasKind(u.Facts, "dex") {
				continue
			}
			data, err := f.Bytes(r.opt.Limits.MaxFile)
			if err != nil {
				continue
			}
			list, _ := dex.Open(data)
			for _, d := range list {
				d.DetectSet()
			}
			files = append(files, list...)
		}
		if len(files) == 0 {
			continue
		}
		res := dataflow.Analyze(dataflow.NewProgram(files), nil, r.appOf(rec, app), voc, profile, dataflow.Limits{})
		each(app, res)
	}
}

func hasKind(facts []fact.Fact, k fact.Kind) bool {
	for i := range facts {
		if facts[i].Kind == k {
			return true
		}
	}
	return false
}

// appOf turns the facts of a manifest into what the analysis of the code needs.
func (r *reader) appOf(rec *fact.Record, app *firmware.App) *dataflow.App {
	out := &dataflow.App{Package: app.Package, Authorities: map[string][]string{}}
	class := func(name string) string {
		if name == "" {
			return ""
		}
		return "L" + strings.ReplaceAll(name, ".", "/") + ";"
	}
	for _, f := range rec.Units[app.Unit].Facts {
		switch f.Kind {
		case "package":
			out.Application = class(f.Fields.Get("application"))
		case "component":
			c := dataflow.Component{
				Kind: f.Fields.Get("type"), Class: class(f.Fields.Get("name")), Actions: f.Fields.All("action"),
				Enabled: f.Fields.Get("enabled") != "no", Exported: f.Fields.Get("exported") == "yes",
			}
			if c.Kind == "alias" {
				c.Kind, c.Class = "activity", class(f.Fields.Get("target"))
			}
			out.Authorities[c.Class] = append(out.Authorities[c.Class], f.Fields.All("authority")...)
			out.Components = append(out.Components, c)
		}
	}
	r.resourcesOf(rec, app, out)
	return out
}

// resourcesOf adds what the resource table, layouts and preference screens say.
func (r *reader) resourcesOf(rec *fact.Record, app *firmware.App, out *dataflow.App) {
	s := screens{map[uint32]bool{}, map[string]bool{}, map[string]string{}}
	for _, i := range app.Units {
		path := rec.Units[i].File.Path
		f := r.code.files[path.String()]
		name := path.Name()
		if f == nil || name != "resources.arsc" && !strings.HasPrefix(name, "res/") {
			continue
		}
		data, err := f.Bytes(r.opt.Limits.MaxFile)
		if err != nil {
			continue
		}
		if name == "resources.arsc" {
			texts := resources.Strings(data)
			out.Strings = func(id uint32) []string { return texts[id] }
			continue
		}
		s.read(data)
	}
	out.Secret, out.Clicks, out.Settings = s.secret, s.clicks, s.settings
}
