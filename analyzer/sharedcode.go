package analyzer

import (
	"slices"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/dex"
	"romscan/analyzer/firmware"
	"romscan/analyzer/firmware/dataflow"
	"romscan/analyzer/image"
)

// libraries is the code of an image that its apps and programs call: the vendor's part of the boot class path, which all
// see, and the shared libraries that manifests name. It is made once and read by the analyses of all apps at the same time.
//
// What a library sends is a fact of each app that calls it, and of the system server where that does: each has reasons of
// its own to run, conditions of its own before the call, and data of its own, and who wants it to end has to know them all.
// android.policy.jar is a library to apps and a part of the system server; its code is entered as the one or the other.
type libraries struct {
	boot  *dataflow.Program
	named map[string]*dataflow.Program // by the names that manifests use
	unit  map[*dex.File]int
	// The apps that call any of it.
	callers map[*firmware.App]bool
}

// of returns what an app is linked to and calls; nil where there is nothing.
func (l *libraries) of(fw *firmware.Firmware, app *firmware.App) *dataflow.Program {
	if l == nil || !l.callers[app] {
		return nil
	}
	var parts []*dataflow.Program
	for _, name := range fw.UsesLibraries(app) {
		if p := l.named[name]; p != nil && !slices.Contains(parts, p) {
			parts = append(parts, p)
		}
	}
	if l.boot != nil {
		parts = append([]*dataflow.Program{l.boot}, parts...) // a class loader asks its parent first
	}
	if len(parts) == 0 {
		return nil
	}
	return dataflow.Linked(parts...)
}

// libraries reads the code that apps share. It stays in memory while apps are looked at, so it gets an eighth of the
// memory; of files without classes that are entered nothing is kept.
func (r *reader) libraries(rec *fact.Record, fw *firmware.Firmware, voc *dataflow.Vocabulary) *libraries {
	out := &libraries{named: map[string]*dataflow.Program{}, unit: map[*dex.File]int{}, callers: map[*firmware.App]bool{}}
	left := r.opt.Limits.Memory / 8
	names := map[*dex.File]dataflow.Resolver{}
	var boot []*dex.File
	var shared []firmware.Library
	var code [][]*dex.File
	used := map[string]bool{}
	for _, app := range fw.Apps {
		for _, n := range fw.UsesLibraries(app) {
			used[n] = true
		}
	}
	for _, l := range fw.Libraries() {
		switch {
		case len(l.Names) == 0:
			boot = append(boot, r.libraryCode(rec, l, dataflow.BootClass, names, out.unit, &left)...)
		case slices.ContainsFunc(l.Names, func(n string) bool { return used[n] }):
			if files := r.libraryCode(rec, l, dataflow.SharedClass, names, out.unit, &left); len(files) > 0 {
				shared, code = append(shared, l), append(code, files)
			}
		}
	}
	resolve := func(p *dataflow.Program, files []*dex.File) *dataflow.Program {
		for _, f := range files {
			if n := names[f]; n != nil {
				p.Resolve(f, n)
			}
		}
		p.Outward(voc, out.boot)
		return p
	}
	if len(boot) > 0 {
		out.boot = resolve(dataflow.NewLibrary(boot, dataflow.BootClass), boot)
	}
	for i, l := range shared {
		p := resolve(dataflow.NewLibrary(code[i], dataflow.SharedClass), code[i])
		for _, n := range l.Names {
			out.named[n] = p
		}
	}
	for _, app := range fw.Subjects() {
		out.callers[app] = out.called(rec, fw, app)
	}
	return out
}

// openCode opens the DEX files in what was read of a file, and notes what the optimised instructions in them mean.
func (r *reader) openCode(at image.Path, data []byte, names map[*dex.File]dataflow.Resolver) []*dex.File {
	list, _ := dex.Open(data)
	for _, d := range list {
		d.DetectSet()
		for _, n := range r.named[at.String()] {
			if n.base == d.Base && n.result != nil {
				d.Set = n.set
				names[d] = n.result
			}
		}
	}
	return list
}

// called reports whether an app calls a method of a class that it may be linked to. What it inherits it calls too: the
// constructor.
func (l *libraries) called(rec *fact.Record, fw *firmware.Firmware, app *firmware.App) bool {
	named := fw.UsesLibraries(app)
	for _, i := range app.Units {
		for class := range calledClasses(&rec.Units[i]) {
			if l.boot != nil && l.boot.Defines(class) || slices.ContainsFunc(named, func(n string) bool { return l.named[n] != nil && l.named[n].Defines(class) }) {
				return true
			}
		}
	}
	return false
}

// libraryCode opens the files of a library that define classes of a sort.
func (r *reader) libraryCode(rec *fact.Record, l firmware.Library, enter dataflow.Sort, names map[*dex.File]dataflow.Resolver, unit map[*dex.File]int, left *int64) []*dex.File {
	var out []*dex.File
	for _, i := range l.Units {
		u := &rec.Units[i]
		f := r.kept.files[u.File.Path.String()]
		if f == nil {
			continue
		}
		var gap *image.Gap
		err := image.Contain(func() error {
			data, err := f.Bytes(r.opt.Limits.MaxFile)
			if err != nil {
				return err
			}
			list := r.openCode(u.File.Path, data, names)
			held := slices.ContainsFunc(list, func(d *dex.File) bool { return dataflow.Holds(d, enter) })
			switch {
			case !held:
				for _, d := range list {
					delete(names, d)
				}
			case *left < f.Size:
				gap = &image.Gap{At: u.File.Path, Offset: -1, Reason: image.OverBudget, By: "flow", Detail: "apps' calls into this library are not followed: with it, libraries are more than an eighth of --mem"}
			default:
				*left -= f.Size
				for _, d := range list {
					unit[d] = i
				}
				out = append(out, list...)
			}
			return nil
		})
		if err != nil {
			g := image.GapOf(u.File.Path, "flow", err)
			gap = &g
		}
		if gap != nil {
			u.Gaps = append(u.Gaps, *gap)
		}
	}
	return out
}
