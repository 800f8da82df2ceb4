package firmware

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"romscan/analyzer/fact"
)

// loaders are the calls that make code of a file run: prefixes, of dalvik.system in the order of their age.
var loaders = []string{
	"Ldalvik/system/DexClassLoader;-><init>(", "Ldalvik/system/PathClassLoader;-><init>(", "Ldalvik/system/DelegateLastClassLoader;-><init>(",
	"Ldalvik/system/InMemoryDexClassLoader;-><init>(", "Ldalvik/system/DexFile;->loadDex(", "Ldalvik/system/DexFile;-><init>(",
}

// joinLoaded gives apps the code that they load from elsewhere: files of the device outside the folders that apps are installed
// from, whose path stands in a class that calls a class loader. A package among them is no app of its own. What several apps load
// stays where it is, and each of them has the fact.
func (fw *Firmware) joinLoaded() {
	files := map[string][]int{} // DEX of files that no app is installed from, by device path
	inside := map[*App]bool{}   // apps with DEX in an asset
	for i := range fw.Record.Units {
		if find(fw.Record.Units[i].Facts, "dex") == nil {
			continue
		}
		s := fw.Spots[i]
		if s.Device != "" && !installed(s.Device) {
			files[s.Device] = append(files[s.Device], i)
		}
		if a := fw.appOf[i]; a != nil && strings.Contains(s.Member, "/") {
			inside[a] = true
		}
	}
	if len(files)+len(inside) == 0 {
		return
	}
	by := map[string][]*App{}
	for _, a := range fw.Apps {
		classes := fw.loading(a)
		if len(classes) == 0 {
			continue
		}
		for _, device := range fw.named(a, classes, files) {
			by[device] = append(by[device], a)
			a.Derived = append(a.Derived, loadedFact(device, "path"))
		}
		for _, member := range fw.assets(a) {
			a.Derived = append(a.Derived, loadedFact(a.Device+"//"+member, "asset"))
		}
	}
	for device, apps := range by {
		if len(apps) == 1 && apps[0].Device != device {
			fw.adopt(device, files[device], apps[0])
		}
	}
}

// installed tells whether Android's package manager or its class path takes code from where a file lies
// (frameworks/base PackageManagerService: app, priv-app, overlay, framework; makers add del-app, data-app and their like).
func installed(device string) bool {
	dirs := strings.Split(path.Dir(device), "/")
	return slices.ContainsFunc(dirs, func(d string) bool {
		return d == "framework" || d == "overlay" || d == "app" || d == "apps" || d == "apex" || d == "data" || d == "preload" ||
			strings.HasSuffix(d, "-app") || strings.HasSuffix(d, "_app") || strings.HasPrefix(d, "app-")
	}) || len(dirs) < 3
}

// loading returns the classes of an app, without what is nested in them, whose methods call a class loader.
func (fw *Firmware) loading(a *App) map[string]bool {
	out := map[string]bool{}
	for _, i := range a.Units {
		for _, t := range fw.Record.Units[i].Tables {
			if t.Kind != "api" {
				continue
			}
			for _, l := range loaders {
				at, _ := slices.BinarySearch(t.Values, l)
				for ; at < len(t.Values) && strings.HasPrefix(t.Values[at], l); at++ {
					for _, s := range t.SitesOf(at) {
						out[outer(t.Place(s).Member)] = true
					}
				}
			}
		}
	}
	return out
}

// outer names the class a member is of, without what is nested in it.
func outer(member string) string {
	end := strings.IndexAny(member, ";$")
	return member[:max(end, 0)]
}

// named returns the files whose path stands in a string of one of the classes.
func (fw *Firmware) named(a *App, classes map[string]bool, files map[string][]int) []string {
	var out []string
	for _, i := range a.Units {
		for _, t := range fw.Record.Units[i].Tables {
			if t.Kind != "string" || t.Common.Get("source") != "dex" {
				continue
			}
			for row, v := range t.Values {
				device := onDevice(v, files)
				if device == "" || slices.Contains(out, device) {
					continue
				}
				if slices.ContainsFunc(t.SitesOf(row), func(s fact.Site) bool { return classes[outer(t.Place(s).Member)] }) {
					out = append(out, device)
				}
			}
		}
	}
	return out
}

// onDevice returns the file that a path means, "" for none: /etc is a link to /system/etc.
func onDevice(text string, files map[string][]int) string {
	if len(text) < 5 || text[0] != '/' {
		return ""
	}
	for _, p := range []string{text, "/system" + text} {
		if p = canonical(path.Clean(p), "").Device; len(files[p]) > 0 {
			return p
		}
	}
	return ""
}

// assets returns the files inside an app's package that hold DEX and whose name stands in a string of its code.
func (fw *Firmware) assets(a *App) []string {
	var out []string
	for _, i := range a.Units {
		member, _, _ := strings.Cut(fw.Spots[i].Member, "//")
		if !strings.Contains(member, "/") || find(fw.Record.Units[i].Facts, "dex") == nil || slices.Contains(out, member) {
			continue
		}
		for _, j := range a.Units {
			if slices.ContainsFunc(fw.Record.Units[j].Tables, func(t *fact.Table) bool {
				return t.Kind == "string" && t.Common.Get("source") == "dex" && (contains(t.Values, path.Base(member)) || contains(t.Values, strings.TrimPrefix(member, "assets/")))
			}) {
				out = append(out, member)
				break
			}
		}
	}
	return out
}

// adopt makes the code of a file an app's own.
func (fw *Firmware) adopt(device string, units []int, to *App) {
	fw.Apps = slices.DeleteFunc(fw.Apps, func(a *App) bool { return a.Device == device })
	for _, i := range units {
		fw.appOf[i] = to
		to.Units = append(to.Units, i)
	}
	for i, s := range fw.Spots {
		if a := fw.appOf[i]; s.Device == device && a != nil && a != to {
			delete(fw.appOf, i)
		}
	}
	slices.SortFunc(to.Units, cmp.Compare[int])
}

func loadedFact(file, how string) fact.Fact {
	return fact.Fact{Kind: "loaded-code", Fields: fact.F("file", file, "how", how), At: fact.Nowhere()}
}
