package analyzer

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
	"romscan/analyzer/firmware/dataflow"
	"romscan/analyzer/image"
	"romscan/signatures"
)

// Pair is a call that reads personal data and a call at which it leaves: what benchmarks of data flow count.
type Pair struct {
	Source, Sink string // "Lcom/x/Y;->m()V@1f": the method that calls, and where in it, in 16-bit code units
	Call         string // at Sink
	Data         []string
}

// Pairs follows data through all apps below root and returns the distinct pairs, sorted, and where work was cut short.
// Data that a native method gets counts where its library may pass it on; see [natives.leak].
func Pairs(ctx context.Context, root *image.File, opt Options) ([]Pair, []image.Gap, error) {
	r, rec, err := gather(ctx, root, opt)
	if err != nil {
		return nil, nil, err
	}
	voc, err := signatures.API()
	if err != nil {
		return nil, nil, err
	}
	fw := firmware.Assemble(rec)
	var gaps []image.Gap
	var all []*dataflow.Result
	var apps []*firmware.App
	var outside []followed // what passes between them
	native := newNatives(fw)
	for _, app := range fw.Apps {
		code, res := r.analyse(ctx, rec, fw, app, voc, opt.Profile)
		if ctx.Err() != nil {
			return nil, gaps, ctx.Err()
		}
		gaps = append(gaps, code.gaps...)
		if res != nil {
			all, apps = append(all, res), append(apps, app)
			outside = append(outside, followed{Given: giving(res.Exports), Sent: sending(res.Sent), Listens: res.Listens, Apart: res.Apart})
		}
	}
	found := pairs{}
	between := meet(rec, apps, outside)
	for n, res := range all {
		for i := range res.Flows {
			if f := &res.Flows[i]; native.leak(apps[n], f, opt.Profile) {
				found.add(f, f.Source, f.Data)
			}
		}
		for i := range res.Imports {
			f := &res.Imports[i]
			if !native.leak(apps[n], f, opt.Profile) {
				continue
			}
			for _, g := range between.takes(n, f.Data, true) {
				found.add(f, g.site, g.Data)
			}
		}
	}
	out := make([]Pair, 0, len(found))
	for _, p := range found {
		slices.Sort(p.Data)
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b Pair) int { return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Sink, b.Sink)) })
	return out, gaps, nil
}

type pairs map[[2]string]*Pair

func (p pairs) add(f *dataflow.Flow, source dataflow.Site, data string) {
	if source.Method == nil {
		return
	}
	at := func(s dataflow.Site) string { return fmt.Sprintf("%s@%x", s.Method.Ref(), s.Addr) }
	k := [2]string{at(source), at(f.Sink)}
	if p[k] == nil {
		p[k] = &Pair{Source: k[0], Sink: k[1], Call: f.SinkCall}
	}
	if !slices.Contains(p[k].Data, data) {
		p[k].Data = append(p[k].Data, data)
	}
}

// gather reads a tree; flows are not followed. The reader still has the code of its apps.
func gather(ctx context.Context, root *image.File, opt Options) (*reader, *fact.Record, error) {
	opener, err := opt.opener()
	if err != nil {
		return nil, nil, err
	}
	list, err := Analyzers()
	if err != nil {
		return nil, nil, err
	}
	rec := &fact.Record{}
	r := &reader{list: list, budget: opener.Budget, opt: opt, boot: newVerifiedBoot()}
	units, err := image.Walk(ctx, opener, root, opt.jobs(), func(f *image.File, c *image.Container) *fact.Unit { return r.visit(ctx, f, c) })
	for _, u := range units {
		if u != nil {
			rec.Units = append(rec.Units, *u)
		}
	}
	return r, rec, err
}
