package analyzer

import (
	"maps"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/resources"
	"romscan/analyzer/firmware"
	"romscan/analyzer/firmware/dataflow"
)

// appOf turns the facts of an app into what the analysis of the code needs.
func (r *reader) appOf(rec *fact.Record, fw *firmware.Firmware, app *firmware.App) *dataflow.App {
	out := manifestOf(rec, app)
	startsOf(out, app)
	out.Props, out.TriggerOf, out.Packages = fw.Properties(), firmware.TriggerOf, packagesOf(fw)
	out.Absent = func(path string) bool { return r.absent(rec, fw, path) }
	out.Offered = r.offered
	texts := r.resourcesOf(rec, app, out)
	r.syncsOf(rec, app, out, texts)
	for _, f := range rec.Units[app.Unit].Facts {
		if f.Kind != "meta-data" {
			continue
		}
		of := descriptor(f.Fields.Get("component"))
		if out.Meta == nil {
			out.Meta = map[string]map[string][]string{}
		}
		if out.Meta[of] == nil {
			out.Meta[of] = map[string][]string{}
		}
		out.Meta[of][f.Fields.Get("name")] = configured(rec, app, f.Fields.Get("value"), func() map[uint32][]string { return texts })
	}
	return out
}

// offeredBy gathers the content addresses that meta-data of the apps of an image names.
func offeredBy(rec *fact.Record, fw *firmware.Firmware) map[string][]string {
	out := map[string][]string{}
	for _, app := range fw.Apps {
		for _, f := range rec.Units[app.Unit].Facts {
			name, v := f.Fields.Get("name"), f.Fields.Get("value")
			if f.Kind == "meta-data" && strings.HasPrefix(v, "content://") && !slices.Contains(out[name], v) {
				out[name] = append(out[name], v)
			}
		}
	}
	for _, list := range out {
		slices.Sort(list)
	}
	return out
}

// packagesOf names the packages of an image.
func packagesOf(fw *firmware.Firmware) map[string]bool {
	out := map[string]bool{}
	for _, app := range fw.Apps {
		out[app.Package] = true
	}
	return out
}

// startsOf adds where code begins besides the components of the manifest. In the system server a place stands for the binders
// that it registers.
func startsOf(out *dataflow.App, app *firmware.App) {
	for _, s := range app.Starts {
		c := dataflow.Component{Kind: "main", Class: descriptor(s.Class), Enabled: true, Triggers: startTriggers[s.Trigger]}
		if s.Object {
			c.Kind = "object"
		}
		out.Components = append(out.Components, c)
	}
	if app.Program && app.SharedUID == "android.uid.system" {
		out.System = true
		out.Components = append(out.Components, dataflow.SystemBinders())
	}
}

// startTriggers translate what starts a program: what init runs is there from boot on.
var startTriggers = map[string][]string{"persistent": {"persistent"}, "init": {"boot-completed"}, "unknown": {"unknown"}}

// descriptor spells the name of a class as code does, "" for none.
func descriptor(name string) string {
	if name == "" {
		return ""
	}
	return "L" + strings.ReplaceAll(name, ".", "/") + ";"
}

// manifestOf is what the manifest says.
func manifestOf(rec *fact.Record, app *firmware.App) *dataflow.App {
	out := &dataflow.App{Package: app.Package, Authorities: map[string][]string{}}
	class := descriptor
	triggers, targets := map[string][]string{}, map[string]string{}
	for _, f := range app.Derived {
		if f.Kind == "autostart" {
			name := f.Fields.Get("component")
			triggers[name] = append(triggers[name], f.Fields.Get("trigger"))
			if f.Fields.Get("type") == "package" {
				out.Triggers = append(out.Triggers, f.Fields.Get("trigger"))
			}
		}
	}
	for _, f := range rec.Units[app.Unit].Facts {
		switch f.Kind {
		case "package":
			out.Application = class(f.Fields.Get("application"))
		case "component":
			c := dataflow.Component{
				Kind: f.Fields.Get("type"), Class: class(f.Fields.Get("name")), Actions: f.Fields.All("action"),
				Enabled: f.Fields.Get("enabled") != "no", Exported: f.Fields.Get("exported") == "yes", Permission: f.Fields.Get("permission"), Triggers: triggers[f.Fields.Get("name")],
			}
			if c.Kind == "alias" {
				c.Kind, c.Class = "activity", class(f.Fields.Get("target"))
				targets[f.Fields.Get("name")] = c.Class
			}
			out.Authorities[c.Class] = append(out.Authorities[c.Class], f.Fields.All("authority")...)
			out.Components = append(out.Components, c)
		}
	}
	for _, f := range rec.Units[app.Unit].Facts {
		if f.Kind != "intent-filter" {
			continue
		}
		for i := range out.Components {
			if c := &out.Components[i]; c.Class == class(f.Fields.Get("component")) || targets[f.Fields.Get("component")] == c.Class {
				c.Filters = append(c.Filters, dataflow.Filter{
					Actions: f.Fields.All("action"), Categories: f.Fields.All("category"), Schemes: f.Fields.All("scheme"),
					Hosts: f.Fields.All("host"), Types: f.Fields.All("mime"),
				})
			}
		}
	}
	return out
}

// resourcesOf adds what the resource table, layouts and preference screens say; it returns the texts of the table.
func (r *reader) resourcesOf(rec *fact.Record, app *firmware.App, out *dataflow.App) (texts map[uint32][]string) {
	s := screens{map[uint32]bool{}, map[string]bool{}, map[string]string{}, map[string]bool{}, map[uint32]string{}}
	for _, i := range app.Units {
		path := rec.Units[i].File.Path
		f := r.kept.files[path.String()]
		name := path.Name()
		if f == nil || name != "resources.arsc" && !strings.HasPrefix(name, "res/") {
			continue
		}
		data, err := f.Bytes(r.opt.Limits.MaxFile)
		if err != nil {
			continue
		}
		if name == "resources.arsc" {
			texts = resources.Strings(data)
			out.Strings = func(id uint32) []string { return texts[id] }
			continue
		}
		s.read(data)
	}
	out.Secret, out.Clicks, out.Settings, out.Views = s.secret, s.clicks, s.settings, map[uint32]string{}
	for _, name := range slices.Sorted(maps.Keys(s.views)) {
		out.Inflated = append(out.Inflated, descriptor(name))
	}
	for id, name := range s.numbered {
		if name != "" {
			out.Views[id] = descriptor(name)
		}
	}
	return texts
}
