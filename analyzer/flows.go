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
