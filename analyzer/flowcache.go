package analyzer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/gob"
	"encoding/json"
	"maps"
	"slices"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
	"romscan/analyzer/image"
	"romscan/analyzer/store"
)

// Cache keeps what follows from the code of an app, for the next image that has the same app.
type Cache struct {
	Store *store.Store
	Build string // names this program, its tables included: other builds may see other things
}

// flowKey is all that decides what followApp returns, but the system properties.
type flowKey struct {
	Build, Profile  string
	Memory, MaxFile int64
	Files           []fact.Digest // of the code, then of what else has strings, then of the resources
	Names           [][sha256.Size]byte
	App             any
	Offers, Props   bool
	Plain           []string      // endpoints that need not be told again
	Shared          []string      // classes that code of others calls
	Named           []fact.Fields // what names classes and methods outside the code
	Linked          []fact.Digest // of the libraries that the app is linked to
}

// keptFlows is a followed with units counted among those of the app's code, and without paths.
type keptFlows struct {
	Props map[string]string // system properties as they were; those not set are in Unset
	Unset []string
	Found followed
}

// cached returns what compute does, from the cache where the same app was seen before.
func (r *reader) cached(ctx context.Context, rec *fact.Record, fw *firmware.Firmware, app *firmware.App, compute func() (followed, []string)) followed {
	units := r.codeOf(rec, fw, app)
	key, ok := r.flowKey(rec, fw, app, units)
	if !ok {
		out, _ := compute()
		return out
	}
	props := fw.Properties()
	if data, ok := r.opt.Cache.Store.Get(key); ok {
		var k keptFlows
		if gob.NewDecoder(bytes.NewReader(data)).Decode(&k) == nil && k.holds(props) && k.Found.place(rec, app, units, r.libs.units(fw, app)) {
			return k.Found
		}
	}
	out, asked := compute()
	if ctx.Err() != nil { // not all that follows
		return out
	}
	k := keptFlows{Props: map[string]string{}}
	for _, name := range asked {
		if v, ok := props[name]; ok {
			k.Props[name] = v
		} else {
			k.Unset = append(k.Unset, name)
		}
	}
	var data bytes.Buffer
	if k.Found, ok = out.anywhere(rec, app, units, r.libs.units(fw, app)); ok && gob.NewEncoder(&data).Encode(k) == nil {
		_ = r.opt.Cache.Store.Put(key, data.Bytes()) // a full disk makes the next scan slower, not this one wrong
	}
	return out
}

// flowKey returns the name of an app's entry; false where nothing is to be kept.
func (r *reader) flowKey(rec *fact.Record, fw *firmware.Firmware, app *firmware.App, units []int) (store.Key, bool) {
	if r.opt.Cache == nil || len(units) == 0 {
		return store.Key{}, false
	}
	k := flowKey{
		Build: r.opt.Cache.Build, Profile: r.opt.Profile, Memory: r.opt.Limits.Memory, MaxFile: r.opt.Limits.MaxFile,
		App: r.appOf(rec, fw, app), Offers: offers(rec, app), Props: len(fw.Properties()) > 0,
		Plain: slices.Sorted(maps.Keys(plainEndpoints(rec, app))),
	}
	libs := r.libs.units(fw, app)
	for _, i := range libs {
		k.Linked = append(k.Linked, rec.Units[i].File.SHA256)
	}
	for _, i := range units {
		k.Files = append(k.Files, rec.Units[i].File.SHA256)
	}
	for _, i := range slices.Concat(units, libs) {
		for _, n := range r.named[rec.Units[i].File.Path.String()] {
			if n.result != nil {
				k.Names = append(k.Names, n.result.Sum())
			}
		}
	}
	for _, i := range app.Units {
		u := &rec.Units[i]
		for _, t := range u.Tables {
			if t.Kind == "string" {
				k.Files = append(k.Files, u.File.SHA256)
			}
			if t.Kind != "class" {
				continue
			}
			for _, name := range t.Values {
				if r.callers.others(descriptor(name), app) {
					k.Shared = append(k.Shared, name)
				}
			}
		}
		for _, f := range u.Facts {
			if namesCode(f.Kind) {
				k.Named = append(k.Named, f.Fields)
			}
		}
		if f := r.kept.files[u.File.Path.String()]; f != nil && !hasKind(u.Facts, "dex") {
			sum, err := f.Digest() // that of a file without facts was not taken
			if err != nil {
				return store.Key{}, false
			}
			k.Files = append(k.Files, sum)
		}
	}
	if slices.ContainsFunc(slices.Concat(k.Files, k.Linked), fact.Digest.IsZero) {
		return store.Key{}, false
	}
	data, err := json.Marshal(k)
	return sha256.Sum256(data), err == nil
}

func (k *keptFlows) holds(props map[string]string) bool {
	for name, want := range k.Props {
		if v, ok := props[name]; !ok || v != want {
			return false
		}
	}
	return !slices.ContainsFunc(k.Unset, func(name string) bool { _, ok := props[name]; return ok })
}

// anywhere returns a copy that does not say where the app and its libraries lie: it counts units among the app's, and
// libraries among those it is linked to.
func (f followed) anywhere(rec *fact.Record, app *firmware.App, units, libs []int) (followed, bool) {
	whole := true
	move := func(list []placed) []placed {
		out := slices.Clone(list)
		for i := range out {
			out[i].Unit = slices.Index(units, out[i].Unit)
			at := &out[i].Fact.At
			whole = whole && out[i].Unit >= 0
			if at.Path = nil; at.In != nil {
				n := slices.IndexFunc(libs, func(u int) bool { return rec.Units[u].File.Path.String() == at.In.String() })
				at.In = image.Path{{Offset: int64(n)}}
				whole = whole && n >= 0
			}
		}
		return out
	}
	f.Facts, f.Taken, f.Tied, f.Gaps = move(f.Facts), move(f.Taken), move(f.Tied), slices.Clone(f.Gaps)
	for i := range f.Gaps {
		whole = whole && f.Gaps[i].At.String() == rec.Units[app.Unit].File.Path.String()
		f.Gaps[i].At = nil
	}
	return f, whole
}

// place turns what anywhere returned into what was found in this app.
func (f *followed) place(rec *fact.Record, app *firmware.App, units, libs []int) bool {
	for _, list := range [][]placed{f.Facts, f.Taken, f.Tied} {
		for i := range list {
			if list[i].Unit < 0 || list[i].Unit >= len(units) {
				return false
			}
			list[i].Unit = units[list[i].Unit]
			at := &list[i].Fact.At
			if at.Path = rec.Units[list[i].Unit].File.Path; at.In == nil {
				continue
			}
			n := at.In[0].Offset
			if n < 0 || n >= int64(len(libs)) {
				return false
			}
			at.In = rec.Units[libs[n]].File.Path
			at.Path = at.In
		}
	}
	for i := range f.Gaps {
		f.Gaps[i].At = image.Path(rec.Units[app.Unit].File.Path)
	}
	return true
}
