package analyzer

import (
	"context"
	"slices"
	"sync"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/dex"
	"romscan/analyzer/firmware"
	"romscan/analyzer/firmware/dataflow"
	"romscan/analyzer/image"
)

// codeFiles remembers, during a walk, the files that flows are followed through afterwards.
type codeFiles struct {
	mu    sync.Mutex
	files map[string]*image.File // by path
	texts []*image.File          // that may be scripts
}

func (c *codeFiles) keep(f *image.File, u *fact.Unit) {
	if slices.Contains(u.File.Ran, "text") && (f.Realm != image.Member || slices.Contains(u.File.Ran, "script")) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.texts = append(c.texts, f)
		return
	}
	if !slices.Contains(u.File.Ran, "dex") && !slices.Contains(u.File.Ran, "resources") {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.files == nil {
		c.files = map[string]*image.File{}
	}
	c.files[f.Path.String()] = f
}

// appCode is an app with the DEX files that hold its code and the units they are.
type appCode struct {
	app   *firmware.App
	dex   []*dex.File
	unit  map[*dex.File]int
	names map[*dex.File]dataflow.Resolver
	gaps  []image.Gap
	basis *basis
}

// codeOf returns the units that hold an app's code.
func (r *reader) codeOf(rec *fact.Record, fw *firmware.Firmware, app *firmware.App) []int {
	var out []int
	for _, i := range app.Units {
		u := &rec.Units[i]
		if r.kept.files[u.File.Path.String()] != nil && hasKind(u.Facts, "dex") && !fw.Copy(i) {
			out = append(out, i)
		}
	}
	return out
}

// analyse follows data through the code of one app. The result is nil where the code has nothing to do with any.
func (r *reader) analyse(ctx context.Context, rec *fact.Record, fw *firmware.Firmware, app *firmware.App, voc *dataflow.Vocabulary, profile string) (appCode, *dataflow.Result) {
	code := r.load(rec, fw, app)
	code.basis = newBasis(r.libs.of(fw, app), r.opt.Cache != nil)
	lib := code.basis.lib
	if len(code.dex) == 0 || !voc.ConcernsWith(code.dex, lib) && !voc.Keeps(code.dex) && !(offers(rec, app) && voc.Reads(code.dex)) {
		return code, nil
	}
	prog := dataflow.NewProgram(code.dex)
	for f, names := range code.names {
		prog.Resolve(f, names)
	}
	about := r.appOf(rec, fw, app)
	code.basis.strings(about)
	if about.System {
		prog.Narrow(voc, lib)
	}
	limits := dataflow.Limits{Done: ctx.Done()}
	res := dataflow.Analyze(prog, lib, about, voc, profile, limits)
	code.basis.props, code.basis.packages, code.basis.files = res.Props, res.Packages, res.Files
	if lib != nil && res.Mixed() {
		// What data and addresses seem to meet only in an object that all of a library's callers share is told, and no
		// finding rests on it, unless the app's code alone shows the same.
		alone := dataflow.NewProgram(code.dex)
		for f, names := range code.names {
			alone.Resolve(f, names)
		}
		if about.System {
			alone.Narrow(voc, nil)
		}
		more := dataflow.Analyze(alone, nil, about, voc, profile, limits)
		code.basis.props = append(code.basis.props, more.Props...)
		code.basis.packages = append(code.basis.packages, more.Packages...)
		code.basis.files = append(code.basis.files, more.Files...)
		res.Confirm(more)
	}
	return code, res
}

// offers reports whether an app has a provider that others may read, or a service that they may bind to.
func offers(rec *fact.Record, app *firmware.App) bool {
	return slices.ContainsFunc(rec.Units[app.Unit].Facts, func(f fact.Fact) bool {
		return f.Kind == "component" && (f.Fields.Get("type") == "provider" || f.Fields.Get("type") == "service") && f.Fields.Get("exported") != "no"
	})
}

// load reads the DEX files of an app.
func (r *reader) load(rec *fact.Record, fw *firmware.Firmware, app *firmware.App) appCode {
	code := appCode{app: app, unit: map[*dex.File]int{}, names: map[*dex.File]dataflow.Resolver{}}
	// A share of the memory for each app: what fits must not depend on what else is looked at.
	left := r.opt.Limits.Memory / 4
	for _, i := range r.codeOf(rec, fw, app) {
		u := &rec.Units[i]
		f := r.kept.files[u.File.Path.String()]
		if left -= f.Size; left < 0 {
			code.gaps = append(code.gaps, image.Gap{At: u.File.Path, Offset: -1, Reason: image.OverBudget, By: "flow", Detail: "flows are not followed: the app's code is more than a quarter of --mem"})
			break
		}
		data, err := f.Bytes(r.opt.Limits.MaxFile)
		if err != nil {
			code.gaps = append(code.gaps, image.GapOf(u.File.Path, "flow", err))
			continue
		}
		list := r.openCode(u.File.Path, data, code.names)
		for _, d := range list {
			code.unit[d] = i
		}
		code.dex = append(code.dex, list...)
	}
	return code
}

// plainEndpoints are the addresses that stand in the string tables of an app.
func plainEndpoints(rec *fact.Record, app *firmware.App) map[string]bool {
	out := map[string]bool{}
	for _, i := range app.Units {
		for _, f := range rec.Units[i].Facts {
			if f.Kind == "endpoint" {
				out[f.Fields.Get("value")] = true
			}
		}
	}
	return out
}

func hasKind(facts []fact.Fact, k fact.Kind) bool {
	return slices.ContainsFunc(facts, func(f fact.Fact) bool { return f.Kind == k })
}
