package manifest

import (
	"slices"
	"strings"

	"romscan/analyzer/fact"
)

var componentTypes = map[string]string{
	"activity": "activity", "activity-alias": "alias", "service": "service", "receiver": "receiver", "provider": "provider",
}

func (w *writer) application() {
	for _, e := range w.app.inside {
		switch {
		case componentTypes[e.name] != "":
			w.component(e, componentTypes[e.name])
		case e.name == "meta-data":
			w.metaData(e, "")
		case e.name == "uses-library" && e.value("name") != "":
			w.emit("uses-library", e, fact.F("name", e.value("name"), "required", yesNo(e, "required", true)))
		}
	}
}

func (w *writer) metaData(e *element, component string) {
	v := e.value("value")
	if r, ok := e.get("resource"); ok {
		v = r
	}
	w.emit("meta-data", e, fact.F("component", component, "name", e.value("name"), "value", v))
}

// component emits a component with what PackageParser would make of it: parseActivity, parseActivityAlias,
// parseService, parseProvider.
func (w *writer) component(e *element, typ string) {
	name := w.className(e.value("name"))
	exported, explicit := w.exported(e, typ)
	f := fact.F(
		"type", typ, "name", name, "exported", exported, "explicit", explicit,
		"enabled", w.enabled(e), "process", w.componentProcess(e, typ),
		"grant_uri", w.grantURI(e, typ), "direct_boot", yesNo(e, "directBootAware", false),
	)
	if typ == "alias" {
		f = f.With("target", nonEmpty(w.className(e.value("targetActivity")))...)
	}
	f = w.permissions(f, e, typ)
	var actions, categories []string
	for filter := range e.named("intent-filter") {
		actions = append(actions, names(filter, "action")...)
		categories = append(categories, names(filter, "category")...)
	}
	f = f.With("action", unique(actions)...).With("category", unique(categories)...)
	if typ == "provider" {
		f = f.With("authority", unique(strings.Split(e.value("authorities"), ";"))...)
	}
	w.emit("component", e, f)
	for filter := range e.named("intent-filter") {
		w.filter(filter, name, typ, exported)
	}
	for m := range e.named("meta-data") {
		w.metaData(m, name)
	}
}

// exported follows the attribute, else Android's default: with an intent filter, yes; a provider is exported unless
// the app targets API 17 or later (PackageParser.parseProvider: providerExportedDefault).
func (w *writer) exported(e *element, typ string) (exported, explicit string) {
	otherwise := e.child("intent-filter") != nil
	if typ == "provider" {
		otherwise = w.target < 17
	}
	_, written := e.get("exported")
	if written {
		return yesNo(e, "exported", otherwise), "yes"
	}
	return yesNo(e, "exported", otherwise), "no"
}

func (w *writer) enabled(e *element) string {
	if yesNo(w.app, "enabled", true) == "no" {
		return "no"
	}
	return yesNo(e, "enabled", true)
}

// componentProcess is the component's own process, else the application's; an alias runs where its target does.
func (w *writer) componentProcess(e *element, typ string) string {
	if typ == "alias" {
		target := w.className(e.value("targetActivity"))
		for a := range w.app.named("activity") {
			if w.className(a.value("name")) == target {
				return w.processName(a.value("process"), w.process)
			}
		}
		return w.process
	}
	return w.processName(e.value("process"), w.process)
}

func (w *writer) grantURI(e *element, typ string) string {
	if typ != "provider" {
		return ""
	}
	if e.child("grant-uri-permission") != nil {
		return "yes"
	}
	return yesNo(e, "grantUriPermissions", false)
}

// permissions adds what a caller needs. Components take the application's permission unless they name one, or none
// by an empty string; an alias takes neither the application's nor its target's (PackageParser.parseActivityAlias).
// A provider is guarded when both reading and writing are.
func (w *writer) permissions(f fact.Fields, e *element, typ string) fact.Fields {
	inherited := w.perm
	if typ == "alias" {
		inherited = ""
	}
	own, ok := e.get("permission")
	if !ok {
		own = inherited
	}
	guarded := own != ""
	f = f.With("permission", nonEmpty(own)...)
	if typ == "provider" {
		read, ok := e.get("readPermission")
		if !ok {
			read = own
		}
		write, ok := e.get("writePermission")
		if !ok {
			write = own
		}
		guarded = read != "" && write != ""
		readable := "no"
		if f.Get("exported") == "yes" && read == "" {
			readable = "yes"
		}
		f = f.With("readable", readable).With("stock", stock(f.Get("name")))
		f = f.With("read_permission", nonEmpty(read)...).With("write_permission", nonEmpty(write)...)
	}
	if guarded {
		return f.With("guarded", "yes")
	}
	return f.With("guarded", "no")
}

func (w *writer) filter(e *element, component, typ, exported string) {
	f := fact.F("component", component, "type", typ, "priority", e.value("priority"), "exported", exported)
	f = f.With("action", unique(names(e, "action"))...).With("category", unique(names(e, "category"))...)
	var schemes, hosts, mimes []string
	for d := range e.named("data") {
		schemes = append(schemes, d.value("scheme"))
		hosts = append(hosts, d.value("host"))
		mimes = append(mimes, d.value("mimeType"))
	}
	f = f.With("scheme", unique(schemes)...).With("host", unique(hosts)...).With("mime", unique(mimes)...)
	w.emit("intent-filter", e, f)
}

func names(e *element, child string) []string {
	var out []string
	for c := range e.named(child) {
		out = append(out, c.value("name"))
	}
	return out
}

// unique keeps the first of equal values and drops empty ones.
func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
