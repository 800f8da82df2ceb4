package dataflow

import (
	"slices"
	"strings"
)

// A channel is a place that one app writes and another reads. Data that came over one is called by its name until it is
// known what the other app put there:
//
//	provider:AUTHORITY            rows of a content provider
//	settings:TABLE:KEY            a system setting
//	property:KEY                  a system property
//	file:PATH                     a file by its full path
//	pref:PACKAGE/FILE:KEY         a preference, read through the context of its package
//	call:INTERFACE:CODE           what a method of a bound service is given
//	reply:INTERFACE:CODE          what it answers
//	answer:ACTIVITY#REQUEST:KEY   an extra of what an activity of another app answers the one that asked it
//	intent:COMPONENT:KEY          an extra of an intent that an exported component gets; @N for one registered by code
//
// KEY is * where it could not be told.

// IsChannel reports whether what a flow begins with is not data itself but what another app may have put somewhere.
func IsChannel(data string) bool { return strings.Contains(data, ":") }

// wildcard is the key of all that lies in a place.
const wildcard = "*"

// channel returns the name under which other apps write to a place, as far as it does not depend on the field; "" where
// only this app does.
func (a *analysis) channel(base atom) string {
	if ch, ok := a.channels[base]; ok {
		return ch
	}
	ch := ""
	n := a.t.node(base)
	kind, rest, _ := strings.Cut(n.s, ":")
	switch kind {
	case "settings":
		ch = n.s
	case "prop":
		ch = "property"
	case "file":
		if strings.HasPrefix(rest, "/") && !strings.Contains(rest, "{}") {
			ch = "file:" + canonicalPath(rest)
		}
	case "pref":
		if other, ok := strings.CutPrefix(rest, "@"); ok {
			ch = "pref:" + other
		}
	case "reply":
		ch = n.s
	case "called":
		ch = "call:" + rest
	case "intent":
		if a.heard(rest) {
			ch = n.s
		} else if strings.HasPrefix(rest, othersAnswer) {
			ch = rest
		}
	}
	if strings.HasPrefix(rest, "@") && kind == "intent" {
		return ch // more may be registered yet
	}
	if a.channels == nil {
		a.channels = map[atom]string{}
	}
	a.channels[base] = ch
	return ch
}

// heard reports whether other apps can address what gets its intents at a place.
func (a *analysis) heard(place string) bool {
	if strings.HasPrefix(place, "@") {
		return slices.ContainsFunc(a.dynamic, func(d dynamicReceiver) bool { return d.store == place && !d.local })
	}
	return slices.ContainsFunc(a.app.Components, func(c Component) bool {
		return c.Class == place && c.Enabled && c.Exported && c.Kind != "provider"
	})
}

// foreign is what other apps may have put in a field of a place: known when all apps were seen.
func (a *analysis) foreign(base atom, field string) value {
	if a.t.node(base).kind != kStore {
		return nothing
	}
	ch := a.channel(base)
	if ch == "" {
		return nothing
	}
	kind, _, _ := strings.Cut(ch, ":")
	key := ""
	switch {
	case field == "[?]":
		return nothing // asked for besides the key that is meant
	case field == "[*]":
		key = wildcard
	case field == addressField && (kind == "intent" || kind == Answer):
		key = "$data"
	case strings.HasPrefix(field, "["):
		key = strings.Trim(field, "[]")
	default:
		return nothing
	}
	var bits uint32
	switch {
	case kind == "property" && strings.HasPrefix(key, "ro."):
		return nothing // set once, when the device starts
	case kind == "file", kind == "call":
		return a.t.of(node{kind: kSource, a: a.dataType(ch), s: "channel"})
	case key != wildcard:
	case kind == "settings", kind == "property":
		return nothing // a setting that cannot be told: it may be any
	default:
		bits = asInexact
	}
	return a.t.of(node{kind: kSource, a: a.dataType(ch + ":" + key), b: bits, s: "channel"})
}

// canonicalPath spells a path the one way for all names of the card.
func canonicalPath(p string) string {
	for _, card := range [...]string{"/mnt/sdcard/", "/storage/sdcard0/", "/storage/emulated/0/", "/storage/emulated/legacy/", "/data/media/0/"} {
		if rest, ok := strings.CutPrefix(p, card); ok {
			return "/sdcard/" + rest
		}
	}
	if rest, ok := strings.CutPrefix(p, "/data/user/0/"); ok {
		return "/data/data/" + rest
	}
	return p
}

// worldReadable is the bit of a mode that lets every app read a file or preference.
const worldReadable = 1

// ofPackage spells the name of a place that belongs to the package whose context it is opened with, and notes whether it
// is opened for everybody.
func (f *frame) ofPackage(c *call, name string) string {
	a := f.a
	if c.Text != "pref" && c.Text != "file" || len(c.Args) == 0 {
		return name
	}
	if mode, ok := a.t.number(c.at(c.Args[0] + 1)); ok && mode&worldReadable != 0 && len(c.r.params) > c.Args[0] {
		if a.worldly == nil {
			a.worldly = map[string]bool{}
		}
		a.worldly[c.Text+":"+name] = true
	}
	at, one := a.t.single(c.at(0))
	if !one || a.t.node(at).kind != kObj {
		return name
	}
	pkg, ok := a.t.text(a.load(f.s, c.at(0), packageField))
	switch {
	case !ok || pkg == a.app.Package:
		return name
	case c.Text == "file":
		return "/data/data/" + pkg + "/files/" + name
	}
	return "@" + pkg + "/" + name
}

// opPackageContext is the context of a package, given by its name.
func opPackageContext(f *frame, c *call) (value, bool) {
	v := f.object("Landroid/content/Context;")
	f.a.store(f.s, v, packageField, f.text(c.at(1)))
	return v, false
}

// local is a value without what other apps may have put somewhere.
func (a *analysis) local(v value) value {
	var out []atom
	list := a.t.atomsOf(v)
	for _, at := range list {
		if n := a.t.node(at); n.kind != kSource || n.s == "" {
			out = append(out, at)
		}
	}
	if len(out) == len(list) {
		return v
	}
	return a.t.make(out)
}

// strangers is what local leaves out.
func (a *analysis) strangers(v value) []atom {
	var out []atom
	for _, at := range a.t.atomsOf(v) {
		if n := a.t.node(at); n.kind == kSource && n.s != "" {
			out = append(out, at)
		}
	}
	return out
}
