package analyzer

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/resources"
	"romscan/analyzer/firmware"
	"romscan/analyzer/firmware/dataflow"
	"romscan/analyzer/store"
)

// flowKey is what decides what followApp returns, but for what only the analysis knows to ask; see [rests]. Of the code it
// holds the digests, of the manifest and the resources what they say: a version number in them changes with every build.
type flowKey struct {
	Build, Profile  string
	Memory, MaxFile int64
	Code            []fact.Digest
	Names           [][sha256.Size]byte // of the code's optimised instructions
	App             dataflow.App
	Program         bool
	Offers, Props   bool
	Texts           bool // there is a table of resources
	Linked          bool // it calls classes of libraries
	Outside         bool // it is called by native code that is not known
	Endpoints       []keyEndpoint
	Held            []heldEndpoint
	Shared          []string      // classes that code of others calls
	Named           []fact.Fields // what names classes and methods outside the code
}

// keyEndpoint is an endpoint of an app, and the file of its code that it is of, -1 for another.
type keyEndpoint struct {
	Value, Source, Used, Name string
	Unit                      int
}

// heldEndpoint is an endpoint of a table of resources: the entries that hold it, and whether a screen shows one of these.
type heldEndpoint struct {
	Unit, Index int
	IDs         []uint32
	Shown       bool
}

// flowKey returns the name of an app's entry; false where nothing is to be kept.
func (r *reader) flowKey(rec *fact.Record, fw *firmware.Firmware, app *firmware.App, units []int) (store.Key, bool) {
	if r.opt.Cache == nil || len(units) == 0 {
		return store.Key{}, false
	}
	about := r.appOf(rec, fw, app)
	k := flowKey{
		Build: r.opt.Cache.Build, Profile: r.opt.Profile, Memory: r.opt.Limits.Memory, MaxFile: r.opt.Limits.MaxFile,
		App: *about, Program: app.Program, Offers: offers(rec, app), Props: len(fw.Properties()) > 0,
		Texts: about.Strings != nil, Linked: r.libs.of(fw, app) != nil, Outside: callsFromOutside(rec, app),
	}
	k.App.Props, k.App.Packages, k.App.Strings, k.App.TriggerOf, k.App.Absent = nil, nil, nil, nil, nil // the image's, asked for, and the program's
	for _, i := range units {
		f := rec.Units[i].File
		if f.SHA256.IsZero() {
			return store.Key{}, false
		}
		k.Code = append(k.Code, f.SHA256)
		for _, n := range r.named[f.Path.String()] {
			if n.result != nil {
				k.Names = append(k.Names, n.result.Sum())
			}
		}
	}
	list := endpointsOf(rec, app)
	for _, e := range list {
		unit := slices.IndexFunc(units, func(i int) bool { return &rec.Units[i] == e.unit })
		get := e.fact.Fields.Get
		k.Endpoints = append(k.Endpoints, keyEndpoint{get("value"), get("source"), get("used"), e.unit.File.Path.Name(), unit})
	}
	if !app.Program {
		k.Held = r.heldEndpoints(rec, app, list)
	}
	for _, i := range app.Units {
		for _, t := range rec.Units[i].Tables {
			if t.Kind != "class" {
				continue
			}
			for _, name := range t.Values {
				if r.callers.others(descriptor(name), app) {
					k.Shared = append(k.Shared, name)
				}
			}
		}
		for _, f := range rec.Units[i].Facts {
			if namesCode(f.Kind) {
				k.Named = append(k.Named, f.Fields)
			}
		}
	}
	// Other than JSON it tells texts apart that are no UTF-8, and as there the keys of maps are in order.
	return sha256.Sum256(fmt.Appendf(nil, "%#v", k)), true
}

// heldEndpoints looks for the endpoints of an app's tables of resources in the entries of these, and for the entries in its screens.
func (r *reader) heldEndpoints(rec *fact.Record, app *firmware.App, list []foundEndpoint) (out []heldEndpoint) {
	screens := r.screensOf(rec, app)
	for n, i := range app.Units {
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
		for k, e := range list {
			if e.unit != u {
				continue
			}
			h := heldEndpoint{Unit: n, Index: k}
			for id, values := range texts {
				if slices.ContainsFunc(values, func(s string) bool { return strings.Contains(s, e.fact.Fields.Get("value")) }) {
					h.IDs = append(h.IDs, id)
					h.Shown = h.Shown || screens(id)
				}
			}
			slices.Sort(h.IDs)
			out = append(out, h)
		}
	}
	return out
}
