package dataflow

import (
	"strings"
)

// unseen reports whether a method is of a class that is neither Android's nor anywhere in the image, as where a library is
// missing: what it answers may be a choice.
func (a *analysis) unseen(method string) bool {
	class, _ := classAndName(method)
	return strings.HasPrefix(class, "L") && BootClass(class) && a.u.class(class) == nil
}

// cell judges a condition on something that is stored.
func (r *reachability) cell(at atom, c cond, compared bool) (guard, Gate) {
	a := r.a
	n := *a.t.node(at)
	n.a = uint32(a.plain(atom(n.a)))
	base := a.t.node(atom(n.a))
	gate := Gate{Reads: strings.TrimSpace(base.s + " " + n.s), Default: "unknown"}
	if strings.HasPrefix(base.s, answerPlace) { // its name has numbers of this run
		gate.Reads = "what a call answers"
	}
	key := strings.Trim(n.s, "[]")
	if strings.HasPrefix(n.s, caseField) || n.s == ordinalField {
		gate.Reads = "which constant of an enumeration"
	}
	if r.excluded(at, base, &n, c) {
		gate.Never = true
		return guardUnknown, gate
	}
	if base.kind == kStore {
		switch {
		case base.s == "permission":
			return guardPermission, gate
		case base.s == "jprop": // of the virtual machine: no image sets it
			return guardBuild, gate
		case strings.HasPrefix(base.s, propPlace):
			return r.property(&n, c, compared, gate)
		case n.s == "exists" && !compared && r.nobodyMakes(atom(n.a), c):
			gate.Off, gate.Default = true, "off"
			return guardBuild, gate
		case strings.HasPrefix(base.s, "db:") && !compared:
			return r.column(slot{atom(n.a), n.s}, c, gate)
		case transient(base.s):
			return guardNone, gate
		case strings.HasPrefix(base.s, "settings:") && setUp[key]:
			return guardNone, gate
		}
	} else if base.kind != kHome || a.u.class(base.s) == nil {
		return guardNone, gate // fields of the platform's objects are no choices
	}
	onByDefault, known := r.byDefault(&n, key, c)
	if compared {
		onByDefault, known = false, false
	}
	if known {
		gate.Default = map[bool]string{true: "on", false: "off"}[onByDefault]
	}
	by := r.writers(slot{atom(n.a), n.s}, c, compared)
	if by.auto && by.alone == guardOptIn && !onByDefault {
		if !by.user && by.gate.Reads != "" {
			return by.alone, by.gate
		}
		by.user, by.auto = true, false // what writes it without the user does so only where the user agreed
	}
	gate.SetBy = r.setters(slot{atom(n.a), n.s}, c, compared)
	_, screen := a.app.Settings[key]
	screen = screen && base.kind == kStore
	if base.kind == kHome {
		return r.field(slot{atom(n.a), n.s}, c, gate)
	}
	answered := false
	if onByDefault && (by.user || by.off) && !compared {
		if offs, alone := r.offByAnswer(slot{atom(n.a), n.s}, c); offs {
			by.user, by.off, answered = false, false, !alone
		}
	}
	by.user = by.user || screen
	switch {
	case onByDefault && (by.user || by.off || a.writeable[base.s]):
		return guardOptOut, gate
	case onByDefault && strings.HasPrefix(base.s, "settings:"):
		return guardOptOut, gate // others can write it
	case answered:
		gate.refused = true
		return guardUnknown, gate
	case onByDefault:
		return guardNone, gate
	case by.auto && by.alone != guardNone:
		if by.gate.Reads != "" {
			gate = by.gate
		}
		return by.alone, gate
	case by.auto:
		return guardNone, gate
	case by.remote:
		return guardRemote, gate
	case by.user && !compared && r.shown(slot{atom(n.a), n.s}, c):
		return guardNotice, gate // whatever the user does then
	case by.user && (known || compared) && !by.unsure:
		return guardOptIn, gate
	case by.user:
		return guardUnknown, gate
	case by.carried && known:
		return guardOptIn, by.gate
	case by.others || by.off:
		return guardNotice, gate
	}
	if !compared {
		gate.Asks = r.asks(slot{atom(n.a), n.s}, c)
	}
	return guardUnknown, gate
}

// setUp are settings that say that the phone was set up: every phone in use was, and nobody is asked anything by it
// (android.provider.Settings.Global#DEVICE_PROVISIONED, Settings.Secure#USER_SETUP_COMPLETE).
var setUp = map[string]bool{"device_provisioned": true, "user_setup_complete": true}

// platformParam reports whether a chain of fields begins at a parameter of a platform's type: an intent, a message.
func (r *reachability) platformParam(at atom, c cond) bool {
	a := r.a
	for range 2 * maxDepth {
		n := a.t.node(at)
		if n.kind == kParam {
			m := a.sites[c.site].Method
			if m == nil {
				return false
			}
			i := int(n.a)
			if !m.Static() {
				i--
			}
			return i >= 0 && i < len(m.params) && platformClass(m.params[i]) && m.params[i] != "Landroid/content/SharedPreferences;"
		}
		if n.kind != kLoad && n.kind != kDerived && n.kind != kAllOf {
			return false
		}
		at = atom(n.a)
	}
	return false
}

// rootOf returns the name of the place that a chain of fields begins at.
func (a *analysis) rootOf(at atom) string {
	for range 2 * maxDepth {
		n := a.t.node(at)
		if n.kind != kLoad && n.kind != kCell && n.kind != kDerived && n.kind != kAllOf {
			return n.s
		}
		at = atom(n.a)
	}
	return ""
}

// transient reports whether a place holds what came with one event, a view or a row: no choice that stays.
func transient(s string) bool {
	if boundPlace(s) {
		return true
	}
	for _, p := range [...]string{"intent:", rowsPlace, "bundle:", "view:", "db:", "provider:", "binder", "request:"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
