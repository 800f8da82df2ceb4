package firmware

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"romscan/analyzer/fact"
)

// Start is where code begins that runs without a component of a manifest being started.
type Start struct {
	Class   string // with dots
	Trigger string // persistent, init, user or unknown: a disabled service of init that nothing in the image is seen to start
	Object  bool   // the platform makes an object of it and calls its public methods; else its main method runs
	from    fact.Fact
}

// jar is a file with code that belongs to no app, and what was compiled from it.
type jar struct {
	stem, device string
	units        []int
}

// looseCode lists the jars that belong to no app, in tree order.
func (fw *Firmware) looseCode() []*jar {
	at := map[string]*jar{}
	var out []*jar
	for i := range fw.Record.Units {
		device := fw.Spots[i].Device
		if device == "" || fw.appOf[i] != nil || fw.copies[i] || find(fw.Record.Units[i].Facts, "dex") == nil {
			continue
		}
		stem := CodeOwner(device)
		if stem == "" {
			stem = trimPackage(device)
		}
		j := at[stem]
		if j == nil {
			j = &jar{stem: stem, device: device}
			at[stem] = j
			out = append(out, j)
		}
		j.units = append(j.units, i)
	}
	return out
}

// Subjects are all whose code is analysed as something that runs: apps, then programs.
func (fw *Firmware) Subjects() []*App { return slices.Concat(fw.Apps, fw.Programs) }

// Classes that the system server begins with, and that of its window policy, which up to Android 5 lies in a jar of the boot
// class path of its own and is made by name (frameworks/base SystemServer, PolicyManager).
const (
	serverClass = "com.android.server.SystemServer"
	policyClass = "com.android.internal.policy.impl.PhoneWindowManager"
)

// gatherPrograms finds code that runs without being an app: the system server, and what init's services and scripts run. Code
// of an app that these run is that app's.
func (fw *Firmware) gatherPrograms() {
	code := fw.looseCode()
	if p := fw.systemServer(code); p != nil {
		fw.Programs = append(fw.Programs, p)
	}
	of := map[*jar]*App{}
	var commands []*App
	for _, c := range fw.commands() {
		if a := fw.appNamed(c.path); a != nil {
			a.start(c.start)
			continue
		}
		j := fw.holder(code, c)
		if j == nil {
			continue
		}
		if of[j] == nil {
			of[j] = fw.newProgram(path.Base(j.stem)+".jar", j)
			commands = append(commands, of[j])
		}
		of[j].start(c.start)
	}
	slices.SortStableFunc(commands, func(a, b *App) int { return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Device, b.Device)) })
	fw.Programs = append(fw.Programs, commands...)
	for _, p := range fw.Programs {
		fw.describe(p)
	}
}

// newProgram makes a program of jars; the first gives it its place.
func (fw *Firmware) newProgram(name string, jars ...*jar) *App {
	p := &App{Package: name, Program: true, Device: jars[0].device, Unit: jars[0].units[0], Partition: fw.Spots[jars[0].units[0]].Partition, Platform: "unknown"}
	for _, j := range jars {
		p.Units = append(p.Units, j.units...)
	}
	return p
}

func (a *App) start(s Start) {
	if !slices.ContainsFunc(a.Starts, func(o Start) bool { return o.Class == s.Class && o.Trigger == s.Trigger }) {
		a.Starts = append(a.Starts, s)
	}
}

// describe makes the facts of a program.
func (fw *Firmware) describe(p *App) {
	var jars []string
	for _, i := range p.Units {
		if d := fw.Spots[i].Device; !slices.Contains(jars, d) {
			jars = append(jars, d)
		}
	}
	kind := "command"
	if p.Package == "android" {
		kind = "system-server"
	}
	for _, s := range p.Starts {
		f := fact.Fact{Kind: "program", At: fact.Nowhere(), Fields: fact.F("name", p.Package, "type", kind, "class", s.Class, "trigger", s.Trigger).With("path", jars...)}
		if s.from.Evidence != nil {
			f.At, f.Evidence = s.from.At, s.from.Evidence
		}
		p.Derived = append(p.Derived, f)
	}
}

// systemServer is the process that Android's own services run in, as the program "android": services.jar and what else is on
// its class path. That is stated by init where the image has the line; else the names that such jars have are gone by. From
// Android 12 on the line is made when the phone starts, from files that are not read.
// Sources: system/core/rootdir/init.environ.rc.in, packages/modules/common/sdk (systemserverclasspath-fragment).
func (fw *Firmware) systemServer(code []*jar) *App {
	stated := map[string]bool{}
	for i := range fw.Record.Units {
		for _, f := range fw.Record.Units[i].Facts {
			if f.Kind == "class-path" && f.Fields.Get("name") == "SYSTEMSERVERCLASSPATH" {
				for p := range strings.SplitSeq(f.Fields.Get("value"), ":") {
					stated[trimPackage(canonical(path.Clean(p), "").Device)] = true
				}
			}
		}
	}
	var jars []*jar
	server, policy := false, false
	for _, j := range code {
		base, dir := path.Base(j.stem), path.Base(path.Dir(j.stem))
		if dir != "framework" && dir != "javalib" {
			continue
		}
		byName := base == "services" || strings.HasPrefix(base, "service-") || strings.HasSuffix(base, "-service") || strings.HasSuffix(base, "-services")
		begins := fw.defines(j.units, serverClass)
		rules := fw.defines(j.units, policyClass)
		if !begins && !rules && !stated[j.stem] && (len(stated) > 0 || !byName) {
			continue
		}
		server, policy = server || begins, policy || rules
		if begins { // where the program is said to be
			jars = slices.Insert(jars, 0, j)
		} else {
			jars = append(jars, j)
		}
	}
	if !server && !policy {
		return nil
	}
	p := fw.newProgram("android", jars...)
	p.SharedUID = "android.uid.system"
	fw.loadServices(p, code)
	if server {
		p.start(Start{Class: serverClass, Trigger: "persistent"})
	}
	if policy {
		for _, c := range []string{policyClass, "com.android.internal.policy.impl.MiuiPhoneWindowManager"} {
			if fw.defines(p.Units, c) {
				p.start(Start{Class: c, Trigger: "persistent", Object: true})
			}
		}
	}
	return p
}

// loadServices adds the jars whose path stands in a class of a program that calls a class loader or starts services by name.
func (fw *Firmware) loadServices(p *App, code []*jar) {
	files := map[string][]int{}
	for _, j := range code {
		if !slices.Contains(p.Units, j.units[0]) {
			files[j.stem+".jar"] = j.units
		}
	}
	classes := fw.loading(p)
	classes[descriptorOf(serverClass)] = true
	for _, device := range fw.named(p, classes, files) {
		p.Units = append(p.Units, files[device]...)
	}
}

func descriptorOf(class string) string { return "L" + strings.ReplaceAll(class, ".", "/") }

// defines reports whether units define a class.
func (fw *Firmware) defines(units []int, class string) bool {
	return slices.ContainsFunc(units, func(i int) bool {
		return slices.ContainsFunc(fw.Record.Units[i].Tables, func(t *fact.Table) bool { return t.Kind == "class" && contains(t.Values, class) })
	})
}
