package manifest

import (
	"slices"
	"strconv"
	"strings"

	"romscan/analyzer/fact"
)

// evidence lines: an element with all inside, or the head of a file.
const (
	maxElementLines = 60
	maxHeadLines    = 40
)

// writer emits the facts of one manifest.
type writer struct {
	p    *fact.Pass
	text *text
	pkg  string
	app  *element // the first application element, which is the one Android reads; may be nil

	target  int    // target SDK, for defaults that depend on it
	process string // of the application
	perm    string // of the application
}

func (w *writer) emit(kind fact.Kind, e *element, f fact.Fields) {
	w.emitLines(kind, e, f, e.first, e.last, maxElementLines)
}

func (w *writer) emitLines(kind fact.Kind, e *element, f fact.Fields, first, last, limit int) {
	w.p.Emit(kind, f, fact.Place{Offset: -1, Member: e.path(), Line: e.first}, &fact.Evidence{
		Name: manifestName, Language: "xml", Line: first, Text: w.text.between(first, last, limit),
	})
}

// sdk reads an SDK version: a number, or the code name of one in development, which is above all numbers.
func sdk(s string) int {
	if s == "" {
		return 0
	}
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	return 10000
}

func (w *writer) manifest(root *element) {
	w.pkg = root.bare("package")
	w.app = root.child("application")
	minSDK, targetSDK := "", ""
	for u := range root.named("uses-sdk") {
		if v := u.value("minSdkVersion"); v != "" {
			minSDK = v
		}
		if v := u.value("targetSdkVersion"); v != "" {
			targetSDK = v
		}
	}
	// PackageParser: a manifest that names no target targets its minimum, and that is 1 unless named.
	w.target = sdk(targetSDK)
	if w.target == 0 {
		w.target = max(sdk(minSDK), 1)
	}
	w.process = w.pkg
	if w.app != nil {
		w.process = w.processName(w.app.value("process"), w.pkg)
		w.perm = w.app.value("permission")
	}
	w.packageFact(root, minSDK, targetSDK)
	for e := range root.named("uses-permission", "uses-permission-sdk-23", "uses-permission-sdk-m") {
		if n := e.value("name"); n != "" {
			w.emit("permission", e, fact.F("name", n, "max_sdk", e.value("maxSdkVersion")))
		}
	}
	for e := range root.named("permission") {
		f := fact.F("name", e.value("name"), "group", e.value("permissionGroup"))
		w.emit("permission-declared", e, f.With("protection", protection(e.value("protectionLevel"))...))
	}
	for e := range root.named("uses-feature") {
		if n := e.value("name"); n != "" {
			w.emit("feature", e, fact.F("name", n, "required", yesNo(e, "required", true)))
		}
	}
	for e := range root.named("meta-data") { // outside application: ignored by Android, shown all the same
		w.metaData(e, "")
	}
	if w.app != nil {
		w.application()
	}
}

// named yields the children of these names.
func (e *element) named(names ...string) func(func(*element) bool) {
	return func(yield func(*element) bool) { e.children(yield, names...) }
}

func (w *writer) packageFact(root *element, minSDK, targetSDK string) {
	app := w.app
	if app == nil {
		app = &element{}
	}
	label, ok := app.get("label")
	if !ok {
		label = app.value("name")
	}
	f := fact.F(
		"name", w.pkg, "version_code", versionCode(root), "version_name", root.value("versionName"),
		"shared_uid", root.value("sharedUserId"), "min_sdk", minSDK, "target_sdk", targetSDK,
		"persistent", yesNo(app, "persistent", false), "direct_boot", yesNo(app, "directBootAware", false),
		"debuggable", yesNo(app, "debuggable", false), "network_config", app.value("networkSecurityConfig"),
		"allow_backup", yesNo(app, "allowBackup", true), "has_code", yesNo(app, "hasCode", true),
		"process", w.process, "application", w.className(app.value("name")), "label", label,
	)
	if _, ok := app.get("usesCleartextTraffic"); ok {
		f = f.With("cleartext", yesNo(app, "usesCleartextTraffic", true))
	}
	if o := root.child("overlay"); o != nil {
		f = f.With("overlay_target", o.value("targetPackage"))
	}
	last := root.head
	if w.app != nil && w.app.head-root.first < maxHeadLines {
		last = w.app.head
	}
	w.emitLines("package", root, f, root.first, last, maxHeadLines)
}

// versionCode joins versionCodeMajor (since Android 9) and versionCode.
func versionCode(root *element) string {
	v := root.value("versionCode")
	major, err := strconv.ParseInt(root.value("versionCodeMajor"), 0, 32)
	if err != nil || major == 0 {
		return v
	}
	minor, _ := strconv.ParseInt(v, 0, 64)
	return strconv.FormatInt(major<<32|minor&0xffffffff, 10)
}

// yesNo reads a boolean attribute. A reference that did not resolve counts as the default.
func yesNo(e *element, name string, otherwise bool) string {
	v, _ := e.get(name)
	b := otherwise
	switch strings.ToLower(v) {
	case "true", "1", "-1", "0xffffffff":
		b = true
	case "false", "0", "0x0":
		b = false
	}
	if b {
		return "yes"
	}
	return "no"
}

// className completes a class name as PackageParser.buildClassName does.
func (w *writer) className(s string) string {
	switch {
	case s == "":
		return ""
	case s[0] == '.':
		return w.pkg + s
	case !strings.Contains(s, "."):
		return w.pkg + "." + s
	}
	return s
}

// processName completes a process name as PackageParser.buildProcessName does: one after a colon is private.
func (w *writer) processName(s, otherwise string) string {
	switch {
	case s == "":
		return otherwise
	case s[0] == ':':
		return w.pkg + s
	}
	return s
}

// protections are the flags of android:protectionLevel above its base (attrs_manifest.xml).
var protections = []string{
	4: "privileged", 5: "development", 6: "appop", 7: "pre23", 8: "installer", 9: "verifier", 10: "preinstalled",
	11: "setup", 12: "instant", 13: "runtime", 14: "oem", 15: "vendorPrivileged", 16: "textClassifier",
	17: "wellbeing", 18: "documenter", 19: "configurator", 20: "incidentReportApprover", 21: "appPredictor",
	22: "module", 23: "companion", 24: "retailDemo", 25: "recents", 26: "role", 27: "knownSigner",
}

var bases = []string{"normal", "dangerous", "signature", "signature", "internal"}

// protection spells a protection level out. Base 3 is signatureOrSystem, which became signature|privileged.
func protection(s string) []string {
	if s == "" {
		return []string{"normal"}
	}
	n, err := strconv.ParseUint(s, 0, 32)
	if err != nil {
		return strings.Split(s, "|") // a manifest in plain text
	}
	base := n & 0xf
	out := []string{"unknown"}
	if base < uint64(len(bases)) {
		out = []string{bases[base]}
	}
	if base == 3 {
		n |= 0x10
	}
	for bit, name := range protections {
		if name != "" && n&(1<<bit) != 0 {
			out = append(out, name)
		}
	}
	return slices.Clip(out)
}
