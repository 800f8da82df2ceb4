package dataflow

import (
	"strings"

	"romscan/analyzer/fact/dex"
)

// Code that runs without being an app has no manifest. What starts it is told in the same words, as components of kinds
// of their own: "main" is a class with a method that a process begins with, "object" one that the platform makes and calls
// as it likes. In the system's own process, code starts services by their class, and registers binders that every app may
// call. Sources: frameworks/base SystemServer, SystemServiceManager, ServiceManager; cmds/app_process.

// systemBinders stands for the component whose binders are those that the code registers with the service manager.
const systemBinders = "$binders"

// SystemBinders is the component that stands for the binders which code registers for every app.
func SystemBinders() Component {
	return Component{Kind: "service", Class: systemBinders, Enabled: true, Exported: true}
}

// public is an access flag of methods.
const public = 1

// mainNames are the static methods that a process begins with; init2 is what the system server's native half calls back
// up to Android 4.3.
var mainNames = map[string]bool{"main([Ljava/lang/String;)V": true, "init2()V": true}

// ownPlatform reports whether a class of the platform's packages may be one of the system server's own: Android has its
// policy, and makers theirs, in such packages.
func ownPlatform(name string) bool {
	return strings.HasPrefix(name, "Lcom/android/internal/") || strings.HasPrefix(name, "Landroid/")
}

// defines reports whether a class that the program's files have is the program's: not where Android's own packages are the
// platform's.
func (u *universe) defines(name string) bool {
	return !platformClass(name) || u.system && ownPlatform(name)
}

// enterProgram schedules what begins a program that is no app; it reports whether kind is of those.
func (a *analysis) enterProgram(kind, class string) bool {
	if kind != "main" && kind != "object" {
		return false
	}
	c := a.u.class(class)
	if c == nil {
		return true
	}
	a.touch(class)
	a.u.load(c)
	for _, m := range c.order {
		switch {
		case kind == "main" && (!m.Static() || !mainNames[m.Name+m.Proto]), m.Code == 0:
			continue
		case kind == "object" && (m.Access&public == 0 || strings.HasPrefix(m.Name, "<clinit")):
			continue
		}
		var args []value
		if !m.Static() {
			args = append(args, a.t.of(node{kind: kHome, s: class}))
		}
		a.addRoot(m, append(args, a.given(m, "")...))
		a.entries[m] = class
	}
	if m := a.u.find(class, "main([Ljava/lang/String;)V"); kind == "main" && m != nil && m.Class != c {
		a.addRoot(m, a.given(m, ""))
		a.entries[m] = class
	}
	return true
}

// programLabel is why what begins a program runs: what starts it, else the user, who calls it from a shell.
func programLabel(c *Component) (label, bool) {
	if c.Kind != "main" && c.Kind != "object" {
		return 0, false
	}
	out := label(0)
	for _, t := range c.Triggers {
		if t == "unknown" {
			out |= byUnknown
		}
		out |= triggerLabels[t]
	}
	if out == 0 {
		out = byUser
	}
	return out, true
}

// opAddService is ServiceManager.addService: the binder is every app's to call.
func opAddService(f *frame, c *call) (value, bool) {
	f.record(event{kind: evStart, call: &Call{Text: "add-service"}, ref: c.r, args: []value{c.at(2)}, conds: f.gates[f.block], site: c.site})
	return f.a.any(), false
}

// opSystemService is SystemServiceManager.startService: it makes an object of a class, by the class or by its name, and
// calls it when the system gets ahead.
func opSystemService(f *frame, c *call) (value, bool) {
	a := f.a
	v := c.at(1)
	if a.t.symbolic(v) {
		return nothing, true
	}
	var classes []string
	for _, at := range a.t.atomsOf(v) {
		switch n := a.t.node(at); n.kind {
		case kClass:
			classes = append(classes, n.s)
		case kObj, kHome: // startService(SystemService)
			f.systemService(a.t.one(at), c)
		default:
			for _, s := range a.spellings(f.text(a.t.one(at))) {
				classes = append(classes, className(s))
			}
		}
	}
	out := nothing
	for _, class := range classes {
		cl := a.u.class(class)
		if cl == nil {
			continue
		}
		made := f.object(class)
		a.u.load(cl)
		for _, m := range cl.order {
			if m.Name == "<init>" {
				f.apply(m, append([]value{made}, a.given(m, "")...), c.site)
			}
		}
		f.systemService(made, c)
		out = a.t.join(out, made)
	}
	if out == nothing {
		return a.any(), false
	}
	return out, false
}

func (f *frame) systemService(made value, c *call) {
	f.record(event{kind: evStart, call: &Call{Text: "system-service"}, ref: c.r, args: []value{made}, conds: f.gates[f.block], site: c.site})
}

// settleSystem schedules what comes of a service that was started or a binder that was registered; false where the event is
// about neither.
func (a *analysis) settleSystem(f *frame, e *event) bool {
	switch e.call.Text {
	case "add-service":
		to := a.t.atom(node{kind: kStore, s: "binder:" + systemBinders})
		a.writeCell(slot{to, "[?]"}, a.share(f.s, e.args[0]), f.m)
	case "system-service":
		for _, at := range a.t.atomsOf(e.args[0]) {
			if n := a.t.node(at); (n.kind == kObj || n.kind == kHome) && a.u.class(n.s) != nil {
				a.callbacksOf(f, e, at)
			}
		}
	default:
		return false
	}
	return true
}

// offer lets every app call a registered binder; it reports whether there was something new to call. Where the code that
// takes the numbers of its methods apart is the program's, that is entered, by enterBinders where the interface has a name;
// where it is the platform's, all public methods are, of which some may be none of the interface.
func (a *analysis) offer(at atom) bool {
	class := a.t.node(at).s
	before := len(a.roots)
	_, named := a.t.text(a.contents(at, tokenField))
	for c, n := a.u.class(class), 0; c != nil && n < maxChain; c, n = a.u.class(c.Super), n+1 {
		a.u.load(c)
		if c.methods[onTransact] != nil && c.Access&dex.AccAbstract != 0 {
			break // the AIDL compiler's
		}
		for _, m := range c.order {
			if m.Static() || m.Code == 0 || strings.HasPrefix(m.Name, "<") || a.u.find(class, m.Name+m.Proto) != m {
				continue
			}
			if raw := m.Name+m.Proto == onTransact; raw && named || !raw && m.Access&public == 0 {
				continue
			}
			a.addRoot(m, append([]value{a.t.one(at)}, a.given(m, "")...))
			if _, known := a.entries[m]; !known {
				a.entries[m] = systemBinders
			}
		}
	}
	return len(a.roots) > before
}
