package dataflow

import (
	"slices"
	"strconv"
	"strings"
)

// PropAsked is a question that the result depends on: whether a system property is Want, where Text, what it answers to Test about
// Want or the number N, and else which number it is. The value itself is none: one that names the build changes with every build, and
// what is found seldom does.
type PropAsked struct {
	Name, Want string
	Text       bool
	Test       string // see question; "lower" and "upper" before it: of the value in such letters
	N          int64
	Else       string // what one that is not set counts as
}

// Answer returns what properties say to a question: "yes" or "no" of a text, a number of a test, "1", "0" or, of what is no such
// number or not set, "" of a number.
func (q PropAsked) Answer(props map[string]string) string {
	v, set := props[q.Name]
	if !set && (q.Text || q.Test != "") {
		v = q.Else
	}
	switch {
	case q.Test != "":
		if !set && !onlyOfImage(q.Name) {
			return ""
		}
		return q.tested(v)
	case q.Text && v == q.Want:
		return "yes"
	case q.Text:
		return "no"
	case !set:
		return ""
	}
	switch v {
	case "1", "true", "y", "yes", "on":
		return "1"
	case "0", "false", "n", "no", "off", "":
		return "0"
	}
	return ""
}

func (q PropAsked) tested(v string) string {
	test := q.Test
	if fold, rest, ok := strings.Cut(test, " "); ok {
		test = rest
		if fold == "lower" {
			v = strings.ToLower(v)
		} else {
			v = strings.ToUpper(v)
		}
	}
	n, ok := question{name: test, of: q.Want, n: q.N}.ask(textParts{known: []string{v}})
	if !ok {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// onlyOfImage reports whether a property that the image does not set is not set later either: others than those that never change once
// they are set are set by whatever runs, and some of these by the kernel's command line or from the boot image (init, property_service).
func onlyOfImage(name string) bool {
	return strings.HasPrefix(name, "ro.") && !slices.ContainsFunc(setAtBoot[:], func(p string) bool { return strings.HasPrefix(name, p) })
}

var setAtBoot = [...]string{
	"ro.boot", "ro.kernel.", "ro.serialno", "ro.hardware", "ro.revision", "ro.baseband", "ro.carrier", "ro.crypto.", "ro.runtime.", "ro.factorytest",
	"ro.debuggable", "ro.secure", "ro.adb.secure", "ro.allow.mock.location", "ro.product.first_api_level", "ro.vendor.", "ro.odm.",
}

// key tells questions apart.
func (q PropAsked) key() string {
	k := q.Name
	if q.Test != "" {
		k += "\x00" + q.Test + "\x00" + strconv.FormatInt(q.N, 10)
	}
	if q.Text || q.Test != "" {
		k += "=" + q.Want
	}
	if q.Else != "" {
		k += "\x00" + q.Else
	}
	return k
}

// prop answers a question by the properties of this image, and notes that the result depends on it.
func (a *analysis) prop(q PropAsked) string {
	if a.asked == nil {
		a.asked = map[PropAsked]bool{}
	}
	a.asked[q] = true
	return q.Answer(a.app.Props)
}

// property judges a condition on a system property, by the properties of this image.
func (r *reachability) property(n *node, c cond, compared bool, gate Gate) (guard, Gate) {
	a := r.a
	key := strings.Trim(n.s, "[]")
	if !a.ofBuild(key) {
		return setLater(key), gate
	}
	if compared {
		return guardBuild, gate
	}
	if want, ok := a.t.text(c.y); ok && a.app.Props != nil {
		test := r.foldOf(atom(n.a))
		def, known := r.unset(n)
		switch {
		case len(a.app.Props) == 0 || !known:
		case test != "":
			return r.byAnswer(PropAsked{Name: key, Want: want, Test: test + "equals", N: -1, Else: def}, cond{c.rel, nothing, a.t.num(1), 0}, gate)
		default:
			gate.Off = (a.prop(PropAsked{Name: key, Want: want, Text: true, Else: def}) == "yes") != (c.rel == equal)
			gate.Default = map[bool]string{true: "off", false: "on"}[gate.Off]
		}
		return guardBuild, gate
	}
	if want, ok := a.t.number(c.y); ok {
		if v := a.prop(PropAsked{Name: key}); v != "" {
			on := c.rel.holds(map[string]int64{"0": 0, "1": 1}[v], want)
			gate.Off = !on
			gate.Default = map[bool]string{true: "on", false: "off"}[on]
		}
	}
	return guardBuild, gate
}

// ofBuild reports whether the build decides what a property says: where it sets it, or nothing changes it that is set.
func (a *analysis) ofBuild(name string) bool {
	return name == "?" || name == "*" || strings.HasPrefix(name, "ro.") || a.prop(PropAsked{Name: name, Test: "equals", N: -1}) != ""
}

// setLater is what a property is worth that only what runs sets: of the radio it is its state, or the operator and its country, which
// the build of an operator is told by as well (com.android.internal.telephony.TelephonyProperties). Any other may be a choice.
func setLater(name string) guard {
	switch {
	case strings.HasPrefix(name, "gsm.operator."), strings.HasPrefix(name, "gsm.sim.operator."):
		return guardBuild
	case strings.HasPrefix(name, "gsm."), strings.HasPrefix(name, "ril."):
		return guardNone
	}
	return guardUnknown
}

// platformField is what the vocabulary says of a static field, by the class it is named with or one above that is the platform's.
func (a *analysis) platformField(r *fieldRef) (string, bool) {
	class := r.class
	for c, n := a.u.class(class), 0; c != nil && n < maxChain; c, n = a.u.class(c.Super), n+1 {
		a.u.load(c)
		if _, own := c.fields[r.name+":"+r.typ]; own {
			break
		}
		class = c.Super
	}
	s, ok := a.voc.Fields[class+"->"+r.name]
	return s, ok
}
