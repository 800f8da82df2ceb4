package analyzer

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/dex"
	"romscan/analyzer/fact/endpoint"
	"romscan/analyzer/firmware"
	"romscan/analyzer/firmware/dataflow"
	"romscan/analyzer/image"
	"romscan/signatures"
)

// codeFiles remembers, during a walk, the files that flows are followed through afterwards.
type codeFiles struct {
	mu    sync.Mutex
	files map[string]*image.File // by path
}

func (c *codeFiles) keep(f *image.File, u *fact.Unit) {
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

// followed is what was found in one app: facts and gaps by unit, and what passes between it and others. It holds
// nothing of the app's code.
type followed struct {
	Facts   []placed
	Gaps    []image.Gap
	Given   []given
	Taken   []placed             // flows from other apps, should they give what is asked for
	Sent    []sent               // intents that may reach other apps
	Writes  []dataflow.Write     // what it writes where others read it, personal or not
	Listens []dataflow.Component // receivers that code registers, binders, sync adapters
	Apart   []dataflow.Apart     // intents that components tell apart
	Used    []string             // addresses that connections are opened to
	Marks   []mark
	Tied    []placed // endpoints that interfaces of clients state, with the bases that flows tell
}

// mark says what uses the endpoints of one value in the app's files of one name.
type mark struct{ Name, Value, Used string }

// placed is a fact and the unit it is of.
type placed struct {
	Unit   int
	Fact   fact.Fact
	Direct bool       // of what came with an intent: it is sent because the intent came
	Asked  []asked    // conditions of a flow that other apps may decide
	Doors  []entrance // by which other apps start a flow
}

// follow follows data through the code of all apps and programs of a record and adds what it finds to their units.
func (r *reader) follow(ctx context.Context, rec *fact.Record, jobs int) error {
	voc, err := signatures.API()
	if err != nil {
		return err
	}
	owners, err := endpoint.LoadOwners(signatures.Owners())
	if err != nil {
		return err
	}
	fw := firmware.Assemble(rec)
	r.callers, r.offered = callersOf(rec, fw), offeredBy(rec, fw)
	r.libs = r.libraries(rec, fw, voc)
	all := fw.Subjects()
	out := make([]followed, len(all))
	one := func(app *firmware.App) followed {
		return r.cached(ctx, rec, fw, app, func() (followed, *basis) { return r.followApp(ctx, rec, fw, app, voc, owners, r.opt.Profile) })
	}
	next := make(chan int)
	var wg sync.WaitGroup
	for range max(jobs, 1) {
		wg.Go(func() {
			for i := range next {
				err := image.Contain(func() error { out[i] = one(all[i]); return nil })
				if err != nil {
					out[i].Gaps = append(out[i].Gaps, image.GapOf(rec.Units[all[i].Unit].File.Path, "flow", err))
				}
			}
		})
	}
	for _, i := range r.largestFirst(rec, fw, all) {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	met, native := meet(rec, all, out), newNatives(fw)
	for i, f := range out {
		tie(rec, f.Tied)
		markUsed(rec, all[i], f.Marks, f.Used)
		for _, p := range met.facts(i) {
			rec.Units[p.Unit].Facts = append(rec.Units[p.Unit].Facts, native.told(all[i], p.Fact))
		}
		u := &rec.Units[all[i].Unit]
		u.Gaps = append(u.Gaps, met.found[i].Gaps...)
	}
	return ctx.Err()
}

// largestFirst orders the apps so that no worker is left with a large one at the end.
func (r *reader) largestFirst(rec *fact.Record, fw *firmware.Firmware, all []*firmware.App) []int {
	size := make([]int64, len(all))
	order := make([]int, len(all))
	for i, app := range all {
		order[i] = i
		for _, u := range r.codeOf(rec, fw, app) {
			size[i] += rec.Units[u].File.Size
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(size[b], size[a]) })
	return order
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

// followApp analyses one app and writes down what it found, and what of the image that depends on.
func (r *reader) followApp(ctx context.Context, rec *fact.Record, fw *firmware.Firmware, app *firmware.App, voc *dataflow.Vocabulary, owners *endpoint.Owners, profile string) (followed, *basis) {
	code, res := r.analyse(ctx, rec, fw, app, voc, profile)
	var out followed
	out.Gaps = code.gaps
	if len(code.dex) > 0 && len(code.gaps) == 0 && !app.Program { // what else uses the code of a jar is not known
		out.Marks = r.reachUsed(rec, app, code.dex, code.basis)
	}
	if res == nil {
		return out, code.basis
	}
	if !app.Program {
		facts, marks := unreached(rec, app, r.codeOf(rec, fw, app), res)
		out.Facts, out.Marks = append(out.Facts, facts...), append(out.Marks, marks...)
	}
	into := func(list *[]placed) func(*dex.File, *dataflow.Flow, fact.Fact) {
		return func(f *dex.File, fl *dataflow.Flow, ft fact.Fact) {
			unit, own := code.unit[f]
			if !own { // in a library: of the app, and in another file
				unit = code.unit[code.dex[0]]
				ft.At.In = rec.Units[r.libs.unit[f]].File.Path
			}
			if ft.At.Path = ft.At.In; own {
				ft.At.Path = rec.Units[unit].File.Path
			}
			p := placed{Unit: unit, Fact: ft}
			if fl != nil {
				p.Direct, p.Asked, p.Doors = fl.Direct, asking(fl.Guard, fl.Gates), entering(fl.Doors)
			}
			*list = append(*list, p)
		}
	}
	e := flowFacts{owners: owners, plain: plainEndpoints(rec, app), add: into(&out.Facts)}
	e.emit(res)
	e.add = into(&out.Taken)
	for i := range res.Imports {
		e.flow(&res.Imports[i])
	}
	out.Given, out.Sent, out.Listens, out.Writes, out.Apart = giving(res.Exports), sending(res.Sent), res.Listens, res.Writes, res.Apart
	for _, u := range res.Uses {
		out.Used = append(out.Used, u.Endpoints...)
	}
	out.Tied = tied(&code, res, owners)
	slices.Sort(out.Used)
	out.Used = slices.Compact(out.Used)
	if len(res.Cuts) > 0 {
		var names []string
		for what, n := range res.Cuts {
			names = append(names, fmt.Sprintf("%s (%d)", what, n))
		}
		sort.Strings(names)
		out.Gaps = append(out.Gaps, image.Gap{At: rec.Units[app.Unit].File.Path, Offset: -1, Reason: image.OverBudget, By: "flow",
			Detail: "flows through this app may be missing; cut: " + strings.Join(names, ", ")})
	}
	return out, code.basis
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
	code.basis.props, code.basis.packages = res.Props, res.Packages
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
		res.Confirm(more)
	}
	return code, res
}

// markUsed notes on the endpoints of an app what uses them: what was told of each, and which of them begin an address that a
// connection is opened to.
func markUsed(rec *fact.Record, app *firmware.App, marks []mark, to []string) {
	if len(marks)+len(to) == 0 {
		return
	}
	told := map[mark]string{}
	for _, m := range marks {
		told[mark{Name: m.Name, Value: m.Value}] = m.Used
	}
	for _, i := range app.Units {
		u := &rec.Units[i]
		for j := range u.Facts {
			f := &u.Facts[j]
			if f.Kind != "endpoint" {
				continue
			}
			v := f.Fields.Get("value")
			if used := told[mark{Name: u.File.Path.Name(), Value: v}]; used != "" {
				f.Fields = f.Fields.With("used", used)
			}
			if f.Fields.Get("type") == "url" && slices.ContainsFunc(to, func(s string) bool { return strings.HasPrefix(s, v) }) {
				f.Fields = f.Fields.With("used", "connection")
			}
		}
	}
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
