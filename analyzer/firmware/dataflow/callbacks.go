package dataflow

import (
	"strings"
)

// lifeNames are methods the platform calls that do not begin with "on".
var lifeNames = map[string]bool{
	"run": true, "call": true, "handleMessage": true, "doInBackground": true, "handle": true, "accept": true, "apply": true, "get": false,
	"query": true, "insert": true, "bulkInsert": true, "update": true, "delete": true, "getType": true, "openFile": true, "openAssetFile": true,
	"doWork": true, "onReceive": true, "checkClientTrusted": false, "invoke": true, "shouldOverrideUrlLoading": true, "write": true,
	"beforeTextChanged": true, "afterTextChanged": true, "surfaceCreated": true, "surfaceChanged": true, "surfaceDestroyed": true,
	"success": true, "failure": true, "completed": true, "failed": true, "getView": true, "uncaughtException": true, "binderDied": true,
	"intercept": true, "publish": true, "close": false, "execute": true, "postProcess": true, "attachBaseContext": true, "queueIdle": true, "dump": true,
}

// callable reports whether the platform may call a method of an object it was given.
func callable(m *Method) bool {
	if m.Static() || m.Code == 0 || strings.HasPrefix(m.Name, "<") || m.Access&2 != 0 {
		return false
	}
	if strings.HasPrefix(m.Name, "on") && len(m.Name) > 2 {
		return true
	}
	return lifeNames[m.Name]
}

// provides are the methods of a provider that are called by whoever asks it, be it handed out as a listener or not
// (android.content.ContentProvider).
var provides = map[string]bool{
	"onCreate": true, "query": true, "insert": true, "bulkInsert": true, "update": true, "delete": true, "getType": true, "openFile": true, "openAssetFile": true,
}

// callbacksOf schedules the methods of an object that the platform may call.
func (a *analysis) callbacksOf(f *frame, e *event, at atom) {
	n := a.t.node(at)
	for c, depth := a.u.class(n.s), 0; c != nil && depth < maxChain; c, depth = a.u.class(c.Super), depth+1 {
		a.u.load(c)
		for _, m := range c.order {
			if !callable(m) || a.u.find(n.s, m.Name+m.Proto) != m || provides[m.Name] && a.u.is(n.s, "Landroid/content/ContentProvider;") {
				continue
			}
			step := *e
			component := ""
			if m.Name == "onServiceConnected" {
				component = a.own(a.share(f.s, a.t.one(at)))
			}
			if a.followsViews() && a.fragment(n.s) && component == "" {
				component = n.s
			}
			given := a.given(m, component)
			if len(e.args) > 1 {
				a.told(m, given, e.args[1])
			}
			step.args = append(step.args[:1:1], given...)
			a.later(f, &step, m, at, nil)
		}
	}
}

// given makes what the platform passes to a method: data where the vocabulary says so, the intent of a component.
func (a *analysis) given(m *Method, component string) []value {
	var out []value
	line := a.lookup(m.Class.Name, m.Name, m.Proto)
	for i, p := range m.params {
		v := a.any()
		switch {
		case line != nil && line.Source != "" && line.Param == i+1:
			v = a.t.of(node{kind: kSource, a: a.dataType(line.Source), n: int64(a.site(m, 0))})
		case p == "Landroid/content/Intent;" && m.Name == "onActivityResult":
			v = a.t.of(node{kind: kStore, s: "intent:result:" + component})
		case p == "I" && i == 0 && m.Name == "onActivityResult" && component != "":
			v = a.cell("request:" + component)
		case p == "Landroid/content/Intent;" && component != "":
			v = a.t.of(node{kind: kStore, s: "intent:" + component})
		case p == uriType && component != "" && provides[m.Name]:
			v = a.t.of(node{kind: kStore, s: rowsPlace + component})
		case p == "Landroid/os/Bundle;" && component != "":
			v = a.t.of(node{kind: kStore, s: "bundle:" + component})
		case p == "Landroid/content/SharedPreferences;":
			v = a.t.of(node{kind: kStore, s: "pref:*"})
		case p == "Landroid/view/View;":
			v = a.t.of(node{kind: kStore, s: "view:?"})
		case p == "Landroid/os/IBinder;":
			if component != "" && !strings.HasPrefix(component, "@") {
				component = a.own(a.t.of(node{kind: kHome, s: component}))
			}
			v = a.cell("binder:" + component)
		case p == "Landroid/content/Context;":
			v = a.t.one(a.application())
		case p == "Ljava/lang/Throwable;" && m.Name == "uncaughtException":
			v = a.cell("uncaught")
		}
		out = append(out, v)
	}
	return out
}

// cell is all that a place outside the heap holds.
func (a *analysis) cell(place string) value {
	return a.t.of(node{kind: kCell, a: uint32(a.t.atom(node{kind: kStore, s: place})), s: "[*]"})
}

// callbacks notes that an object given to the platform may be called back. A component is given to most calls as the
// context they need: what calls its methods is the platform, by its life, unless the call asks for a listener.
func (f *frame) callbacks(r *methodRef, to, v value, site uint32) {
	f.calledBackWith(r, to, v, site)
}

// mayCallBack reports whether a parameter of a platform method is of a type that classes of the program implement.
func (a *analysis) mayCallBack(r *methodRef) bool {
	for _, p := range r.params {
		if !strings.HasPrefix(p, "L") || plainTypes[p] || a.u.class(p) != nil {
			continue
		}
		if len(a.u.implementing(p)) > 0 {
			return true
		}
		for _, end := range [...]string{"Listener;", "Callback;", "Callbacks;", "Observer;", "Handler;", "Watcher;", "Connection;"} {
			if strings.HasSuffix(p, end) {
				return true
			}
		}
	}
	return false
}

// plainTypes are implemented by many classes and call nothing back.
var plainTypes = map[string]bool{
	"Ljava/lang/Object;": true, "Ljava/lang/String;": true, "Ljava/lang/CharSequence;": true, "Ljava/lang/Comparable;": true,
	"Ljava/io/Serializable;": true, "Landroid/os/Parcelable;": true, "Landroid/content/Context;": true, "Ljava/lang/Throwable;": true,
	"Ljava/lang/Exception;": true, "Landroid/app/Activity;": true, "Ljava/util/Collection;": true, "Ljava/util/List;": true, "Ljava/util/Map;": true,
	"Landroid/view/View;": true, "Landroid/content/Intent;": true, "Landroid/os/Bundle;": true, "Ljava/lang/Number;": true,
}
