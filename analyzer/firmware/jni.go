package firmware

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"romscan/analyzer/fact"
)

// declarer is an app, or a file with code that belongs to none, that declares native methods.
type declarer struct {
	app     *App
	device  string
	methods []string      // "Lx/Y;->m(I)V", sorted
	bare    []string      // "m(I)V", sorted
	strings []*fact.Table // of its code: they hold the names of the libraries it loads
}

func (d *declarer) name() string {
	if d.app != nil {
		return d.app.Package
	}
	return d.device
}

// deriveJNI ties native libraries to the code that declares the methods they implement, one fact for each pair.
func (fw *Firmware) deriveJNI() {
	declarers := fw.declarers()
	byMethod := map[string][]*declarer{} // by "Lx/Y;->m"
	for _, d := range declarers {
		last := ""
		for _, m := range d.methods {
			if m, _, _ = strings.Cut(m, "("); m != last {
				byMethod[m], last = append(byMethod[m], d), m
			}
		}
	}
	for i := range fw.Record.Units {
		b := fw.binaries[i]
		if b == nil {
			continue
		}
		count := map[*declarer]int{}
		for _, t := range fw.Record.Units[i].Tables {
			if t.Kind == "native-method" {
				fw.implemented(i, t, declarers, byMethod, count)
			}
		}
		for _, d := range declarers {
			if count[d] > 0 {
				fw.emitJNI(b, d, count[d])
			}
		}
	}
}

// declarers gathers the native methods declared, by app or by file, in the order of their units.
func (fw *Firmware) declarers() []*declarer {
	var out []*declarer
	index := map[string]*declarer{}
	for i := range fw.Record.Units {
		u := &fw.Record.Units[i]
		for _, t := range u.Tables {
			if t.Kind != "native-declared" && !(t.Kind == "string" && t.Common.Get("source") == "dex") {
				continue
			}
			key := fw.Spots[i].Device
			if key == "" {
				key = u.File.Path.String()
			}
			d := index[key]
			if d == nil {
				d = &declarer{app: fw.appOf[i], device: key}
				index[key] = d
				out = append(out, d)
			}
			if t.Kind == "string" {
				d.strings = append(d.strings, t)
			} else {
				d.methods = append(d.methods, t.Values...)
			}
		}
	}
	out = slices.DeleteFunc(out, func(d *declarer) bool { return len(d.methods) == 0 })
	for _, d := range out {
		slices.Sort(d.methods)
		d.methods = slices.Compact(d.methods)
		for _, m := range d.methods {
			_, bare, _ := strings.Cut(m, ";->")
			d.bare = append(d.bare, bare)
		}
		slices.Sort(d.bare)
	}
	return out
}

// implemented counts the methods of a library's table by who declares them. A name with its class decides by itself.
// One without is only taken where the library lies in the app or the code names it.
func (fw *Firmware) implemented(unit int, t *fact.Table, declarers []*declarer, byMethod map[string][]*declarer, count map[*declarer]int) {
	own := fw.owner(unit)
	if t.Common.Get("how") == "symbol" {
		for _, m := range t.Values {
			m, _, _ = strings.Cut(m, "(")
			for _, d := range byMethod[m] {
				if own == nil || own == d.app {
					count[d]++
				}
			}
		}
		return
	}
	stem := strings.TrimSuffix(strings.TrimPrefix(path.Base(fw.Record.Units[unit].File.Path.Name()), "lib"), ".so")
	for _, d := range declarers {
		if own != nil && own != d.app || own == nil && !d.names(stem) {
			continue
		}
		for _, m := range t.Values {
			if contains(d.bare, m) {
				count[d]++
			}
		}
	}
}

// names tells whether the code has the name of a library among its strings.
func (d *declarer) names(stem string) bool {
	return slices.ContainsFunc(d.strings, func(t *fact.Table) bool { return contains(t.Values, stem) || contains(t.Values, "lib"+stem+".so") })
}

// owner returns the app a library lies in: inside its APK, or below lib/ beside it. Nil for a library of the system.
func (fw *Firmware) owner(unit int) *App {
	if a := fw.appOf[unit]; a != nil {
		return a
	}
	dir, _, ok := strings.Cut(fw.Spots[unit].Device, "/lib/")
	if !ok {
		return nil
	}
	i := slices.IndexFunc(fw.Apps, func(a *App) bool { return path.Dir(a.Device) == dir })
	if i < 0 || strings.Count(dir, "/") < 3 { // /system/lib is not beside the apps of /system
		return nil
	}
	return fw.Apps[i]
}

func (fw *Firmware) emitJNI(b *binary, d *declarer, methods int) {
	u, s := &fw.Record.Units[b.unit], fw.Spots[b.unit]
	library := cmp.Or(s.Device, u.File.Path.String())
	if s.Member != "" {
		library += "//" + s.Member
	}
	network, via := fw.network(b)
	f := fact.F("library", library, "name", path.Base(u.File.Path.Name()), "declarer", d.name(), "methods", strconv.Itoa(methods), "network", network)
	at := fact.Nowhere()
	at.Path = u.File.Path
	out := fact.Fact{Kind: "jni", Fields: f.With("via", via...), At: at}
	if d.app != nil {
		d.app.Derived = append(d.app.Derived, out)
		return
	}
	if s.Device != "" {
		out.Fields = out.Fields.With("path", s.Device).With("partition", s.Partition)
	}
	fw.Derived = append(fw.Derived, out)
}
