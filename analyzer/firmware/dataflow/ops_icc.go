package dataflow

import (
	"slices"
	"strconv"
	"strings"
)

func dotted(class string) string {
	return strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(class, "L"), ";"), "/", ".")
}

// opIntent is a constructor of Intent or ComponentName: class tokens name the component, texts the action or the class.
func opIntent(f *frame, c *call) (value, bool) {
	a := f.a
	recv := c.at(0)
	texts := 0
	if c.r.class == "Landroid/content/Intent;" && !slices.Contains(c.r.params, c.r.class) {
		a.store(f.s, recv, actionField, a.t.num(0)) // none, unless one follows
	}
	for i, p := range c.r.params {
		v := c.at(i + 1)
		switch p {
		case "Ljava/lang/Class;":
			a.store(f.s, recv, classField, v)
		case "Landroid/content/Intent;", "Landroid/os/Bundle;", "Landroid/content/ComponentName;":
			f.copyAll(v, recv)
			for _, k := range []string{classField, actionField, addressField, packageField} {
				if old := a.load(f.s, v, k); old != nothing {
					a.store(f.s, recv, k, old)
				}
			}
		case "Landroid/net/Uri;":
			a.store(f.s, recv, addressField, f.uri(v))
		case "Ljava/lang/String;":
			if i == 0 && len(c.r.params) == 2 && c.Text == "component" {
				a.store(f.s, recv, packageField, f.text(v))
			}
			if texts++; texts == 1 && c.Text != "component" && c.Text != "class" {
				a.store(f.s, recv, actionField, f.text(v))
			} else {
				a.store(f.s, recv, classField, f.classText(f.text(v)))
			}
		}
	}
	return recv, false
}

// classText makes class tokens of names where they are known.
func (f *frame) classText(v value) value {
	a := f.a
	var out []atom
	for _, at := range a.t.atomsOf(v) {
		if n := a.t.node(at); n.kind == kStr {
			s := n.s
			if strings.HasPrefix(s, ".") {
				s = a.app.Package + s
			}
			at = a.t.atom(node{kind: kClass, s: className(s)})
		}
		out = append(out, at)
	}
	return a.t.make(out)
}

// opComponent sets the component of an intent.
func opComponent(f *frame, c *call) (value, bool) {
	a := f.a
	for i, p := range c.r.params {
		v := c.at(i + 1)
		switch p {
		case "Ljava/lang/Class;":
			a.store(f.s, c.at(0), classField, v)
		case "Landroid/content/ComponentName;":
			a.store(f.s, c.at(0), classField, a.load(f.s, v, classField))
			if pkg := a.load(f.s, v, packageField); pkg != nothing {
				a.store(f.s, c.at(0), packageField, pkg)
			}
		case "Ljava/lang/String;":
			if i == len(c.r.params)-1 {
				a.store(f.s, c.at(0), classField, f.classText(f.text(v)))
			} else {
				a.store(f.s, c.at(0), packageField, f.text(v))
			}
		}
	}
	return c.at(0), false
}

// opAction sets a text of an intent: text names the field.
func opAction(f *frame, c *call) (value, bool) {
	field := actionField
	if c.Text != "" {
		field = c.Text
	}
	v := f.text(c.at(1))
	if field == addressField {
		v = f.uri(c.at(1))
	}
	if strings.HasPrefix(c.r.name, "add") {
		f.a.add(f.s, c.at(0), field, v)
	} else {
		f.a.store(f.s, c.at(0), field, v)
	}
	switch {
	case len(c.r.params) == 2 && field == addressField: // setDataAndType
		f.a.store(f.s, c.at(0), typeField, f.text(c.at(2)))
	case field == addressField: // either takes the other away (android.content.Intent)
		f.a.store(f.s, c.at(0), typeField, nothing)
	case field == typeField:
		f.a.store(f.s, c.at(0), addressField, nothing)
	}
	return c.at(0), false
}

// opStart starts a component with an intent: text is the kind.
func opStart(f *frame, c *call) (value, bool) {
	if c.Text == "send" { // a pending intent
		for _, at := range f.a.t.atomsOf(c.at(0)) {
			one := f.a.t.one(at)
			f.start(c, f.a.load(f.s, one, wrappedField), "pending")
		}
		return nothing, false
	}
	switch c.r.name {
	case "startActivityForResult":
		f.start(c, c.arg(0), c.Text, c.at(0), c.at(2))
		return f.a.any(), false
	case "startActivities":
		f.startAll(c)
		return f.a.any(), false
	case "sendOrderedBroadcast": // the last to hear it is given with it
		for i, p := range c.r.params {
			if p == "Landroid/content/BroadcastReceiver;" {
				f.callbacks(c.r, c.at(0), c.at(i+1), c.site)
			}
		}
	}
	if i := slices.Index(c.r.params, "Ljava/lang/String;"); i > 0 && c.Text == "receiver" { // the permission to have
		f.start(c, c.arg(0), c.Text, f.text(c.at(i+1)))
		return f.a.any(), false
	}
	f.start(c, c.arg(0), c.Text)
	return f.a.any(), false
}

// startAll starts each of the intents of an array: each is a start of its own.
func (f *frame) startAll(c *call) {
	for i, at := range f.a.t.atomsOf(f.a.load(f.s, c.arg(0), "[*]")) {
		one, ref := *c, *c.r
		if i > 0 {
			ref.name += "#" + strconv.Itoa(i)
		}
		one.r = &ref
		f.start(&one, f.a.t.one(at), c.Text)
	}
}

func (f *frame) start(c *call, intent value, kind string, more ...value) {
	call := *c.Call
	call.Text = kind
	f.sends(intent)
	f.record(event{kind: evStart, call: &call, ref: c.r, args: append([]value{intent}, more...), to: f.named(intent), payload: f.a.reach(f.s, intent), conds: f.gates[f.block], site: c.site})
}

// named is the component that an intent of the caller's was just made to name: another way through the method may have
// named another, and afterwards it is not to be told which start was for whom.
func (f *frame) named(intent value) value {
	at, one := f.a.t.single(intent)
	if !one || f.a.t.node(at).kind != kParam {
		return nothing
	}
	class := f.a.load(f.s, intent, classField)
	for _, at := range f.a.t.atomsOf(class) {
		if f.a.t.node(at).kind != kClass {
			return nothing
		}
	}
	return class
}

// opSetResult gives the intent back to whoever started the activity.
func opSetResult(f *frame, c *call) (value, bool) {
	if len(c.r.params) > 1 {
		f.start(c, c.at(2), "result", c.at(0))
	}
	return nothing, false
}

// opTaskCancel is AsyncTask.cancel: the task is told instead of that it is done, with what it came to, if it came so far.
func opTaskCancel(f *frame, c *call) (value, bool) {
	f.record(event{kind: evAsync, ref: &methodRef{class: "task", name: "onCancelled", proto: resultField}, args: []value{c.at(0)}, conds: f.gates[f.block], site: c.site})
	return f.a.any(), false
}

// opSetField and opGetField keep a parameter in a named field.
func opSetField(f *frame, c *call) (value, bool) {
	f.a.store(f.s, c.at(0), c.Text, c.arg(0))
	return c.at(0), false
}

func opGetField(f *frame, c *call) (value, bool) {
	if c.Text == resultField {
		return f.future(c.at(0), 0), false
	}
	return f.a.load(f.s, c.at(0), c.Text), false
}

// viewPlace begins the name of the place that stands for a view of a number.
const viewPlace = "view:"

// opView is the one object of a view, by its number.
func opView(f *frame, c *call) (value, bool) {
	id := "?"
	if n, ok := f.a.t.number(c.at(1)); ok {
		id = intText(n)
		if class := f.a.app.Views[uint32(n)]; class != "" && f.a.followsViews() && f.a.isInflated(class) {
			return f.a.t.of(node{kind: kHome, s: class}), false
		}
	}
	return f.a.t.of(node{kind: kStore, s: viewPlace + id}), false
}

// application is the one application object.
func (a *analysis) application() atom {
	class := a.app.Application
	if class == "" {
		class = "Landroid/app/Application;"
	}
	return a.t.atom(node{kind: kHome, s: class})
}

// opHome is an object there is one of: the application, the activities a fragment may be in.
func opHome(f *frame, c *call) (value, bool) {
	a := f.a
	var out []atom
	switch c.Text {
	case "application":
		out = append(out, a.application())
	case "activity":
		for _, comp := range a.app.Components {
			if comp.Kind == "activity" {
				out = append(out, a.t.atom(node{kind: kHome, s: comp.Class}))
			}
		}
		if len(out) > 6 {
			return a.any(), false
		}
	}
	slices.Sort(out)
	return a.t.make(out), false
}

// opOwnIntent is getIntent of an activity.
func opOwnIntent(f *frame, c *call) (value, bool) {
	a := f.a
	out := nothing
	for _, at := range a.t.atomsOf(c.at(0)) {
		n := a.t.node(at)
		switch n.kind {
		case kHome, kObj:
			out = a.t.join(out, a.t.of(node{kind: kStore, s: "intent:" + n.s}))
		default:
			if a.t.symbolic(a.t.one(at)) {
				return nothing, true
			}
		}
	}
	return out, false
}

// opResource is a string of the resource table by its number, in all configurations.
func opResource(f *frame, c *call) (value, bool) {
	a := f.a
	v := c.at(1)
	if a.t.symbolic(v) {
		return nothing, true
	}
	out := nothing
	for _, at := range a.t.atomsOf(v) {
		if n := a.t.node(at); n.kind == kInt && a.app.Strings != nil {
			for _, s := range a.app.Strings(uint32(n.n)) {
				out = a.t.join(out, a.t.str(s))
			}
		}
	}
	f.namesIn(out)
	if out == nothing {
		return a.any(), false
	}
	if len(c.r.params) > 1 {
		return a.t.join(out, a.derive(a.reach(f.s, c.at(2)), 0)), false
	}
	return out, false
}
