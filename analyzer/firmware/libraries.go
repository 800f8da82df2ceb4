package firmware

import (
	"path"
	"slices"
	"strings"
)

// Library is code of the image that apps call without having it in their own package.
type Library struct {
	Device string   // "/system/framework/x.jar", or what was compiled from it
	Names  []string // what manifests call it; none where it is on the boot class path, which every app sees
	Units  []int
}

// Libraries lists the jars of the boot class path and the shared libraries, in tree order. What an image calls its boot
// class path is not always in it, so every jar counts that no permission file gives a name: those of command line tools
// are among them, and no app refers to their classes.
// Sources: frameworks/base SystemConfig.readPermissions (library), system/core/rootdir/init.rc (BOOTCLASSPATH).
func (fw *Firmware) Libraries() []Library {
	names, asked := fw.libraryNames()
	var out []Library
	for _, j := range fw.looseCode() {
		base := path.Base(j.stem)
		if dir := path.Base(path.Dir(j.stem)); dir != "framework" && dir != "javalib" {
			continue
		}
		l := Library{Device: j.device, Names: names[j.stem], Units: j.units}
		if len(l.Names) == 0 && asked[base] {
			l.Names = []string{base}
		}
		out = append(out, l)
	}
	return out
}

// libraryNames returns what permission files call jars, by their paths without ending, and what apps ask for.
func (fw *Firmware) libraryNames() (names map[string][]string, asked map[string]bool) {
	names, asked = map[string][]string{}, map[string]bool{}
	for i := range fw.Record.Units {
		for _, f := range fw.Record.Units[i].Facts {
			name := f.Fields.Get("name")
			switch {
			case f.Kind == "uses-library":
				asked[name] = true
			case f.Kind == "sysconfig" && f.Fields.Get("entry") == "library" && strings.HasPrefix(f.Fields.Get("value"), "/"):
				if stem := trimPackage(f.Fields.Get("value")); name != "" && !slices.Contains(names[stem], name) {
					names[stem] = append(names[stem], name)
				}
			}
		}
	}
	return names, asked
}

// UsesLibraries returns the names of the shared libraries that an app's manifest asks for.
func (fw *Firmware) UsesLibraries(a *App) []string {
	var out []string
	for _, f := range fw.Record.Units[a.Unit].Facts {
		if f.Kind == "uses-library" {
			out = append(out, f.Fields.Get("name"))
		}
	}
	return out
}
