package dataflow

import "strings"

// The platform calls the methods of a component in an order. What a method reads from a field of its own component was
// written by what can come before it: each such method is run on a view of the component that says where in its life
// it is.

// phase is a place in the life of a component, one more than its number in the tables below; 0 is any.
type phase int64

const (
	made     phase = 1
	created  phase = 3 // up to here every method runs once
	handled  phase = 4 // by a receiver, of an object of its own for every broadcast, as the one action says
	posted   phase = 7 // after the first start of an object, once (android.app.ActivityThread#performLaunchActivity)
	alive    phase = 9 // in no order
	finished phase = 14

	started   phase = 5
	stopped   phase = 12
	restarted phase = 13
)

// phasesOf are the places of the methods of activities; the same names mean the same for the others.
var phasesOf = map[string]phase{
	"<init>": made, "attachBaseContext": 2, "onCreate": created, "onStart": started, "onRestoreInstanceState": 6, "onPostCreate": posted, "onResume": 8,
	"onPause": 10, "onSaveInstanceState": 11, "onStop": stopped, "onRestart": restarted, "onDestroy": finished,
}

// unavoidable are the places that no life leaves out.
var unavoidable = [...]phase{created, 5, 8, 10, 12}

// handles are the methods of a receiver one of which is called for a broadcast (android.appwidget.AppWidgetProvider).
var handles = map[string]bool{"onUpdate": true, "onEnabled": true, "onDisabled": true, "onDeleted": true, "onAppWidgetOptionsChanged": true}

// phaseOf is the place of a method in the life of a component of a kind.
func phaseOf(kind, method string) phase {
	switch kind {
	case "activity":
		return phasesOf[method]
	case "receiver":
		if method == "onReceive" { // of an object of its own for every broadcast
			return created
		}
		if handles[method] {
			return handled
		}
	case "service", "provider", "application":
	default:
		return 0
	}
	switch method {
	case "<init>", "attachBaseContext", "onCreate", "onDestroy":
		return phasesOf[method]
	}
	return alive
}

// at returns the view of a component at a place in its life.
func (a *analysis) at(class string, p phase) atom {
	return a.t.atom(node{kind: kHome, s: class, n: int64(p)})
}

// plain returns the component that a view is of; of anything else, itself.
func (a *analysis) plain(at atom) atom {
	if n := *a.t.node(at); n.kind == kHome && n.b == 0 && n.n != 0 {
		n.n = 0
		return a.t.atom(n)
	}
	return at
}

// mustKey is a field that a method writes on every way through it.
type mustKey struct {
	view  atom
	field string
}

// surely notes the fields of its component that a root has written for sure.
func (a *analysis) surely(s *state, view atom) {
	if n := a.t.node(view); n.kind != kHome || n.n == 0 {
		return
	}
	for _, k := range a.slots(s, view) {
		initial := a.initial(view, k.field)
		if at, one := a.t.single(initial); one && !a.contains(s.at(k), at) {
			a.must[mustKey{view, k.field}] = true
		}
	}
}

func (a *analysis) contains(v value, at atom) bool {
	for _, x := range a.t.atomsOf(v) {
		if x == at {
			return true
		}
	}
	return false
}

// seen is what a method finds in a field of its component.
func (a *analysis) seen(view atom, field string) value {
	n := *a.t.node(view)
	home := a.plain(view)
	if !strings.Contains(field, ":") {
		return a.held(home, field)
	}
	out := nothing
	for _, w := range a.cellLog[slot{home, field}] {
		if a.mayPrecede(n.s, phase(n.n), field, w.by) {
			out = a.t.join(out, a.expand(w.v))
		}
	}
	return out
}

// mayPrecede reports whether what a root wrote to a field can be what a method of a component finds there.
func (a *analysis) mayPrecede(class string, p phase, field string, by *Method) bool {
	if by == nil {
		return true
	}
	kind := a.kindOf(class)
	if q := a.ownPhase(class, kind, by); q != 0 {
		switch {
		case q > p && (p <= created && q != handled || kind == "activity" && p == posted), q == finished && p != finished, q == p && kind == "receiver" && (p == created || p == handled):
			return false
		case kind == "activity":
			for _, k := range unavoidable {
				if q < k && k < p && a.must[mustKey{a.at(class, k), field}] {
					return false
				}
			}
			if (q == stopped && p > created && p < stopped || p == started && q > started && q < restarted) && a.must[mustKey{a.at(class, restarted), field}] {
				return false // a stop is followed by a restart, and of one object no other start than the first is by anything else
			}
		case q < created && p > created && a.must[mustKey{a.at(class, created), field}]:
			return false
		}
		return true
	}
	return !a.onlyAfter(class, kind, p, by)
}

// ownPhase is the place of a method that the platform calls on a component, 0 where it is none of its own.
func (a *analysis) ownPhase(class, kind string, m *Method) phase {
	if m.Name != "<init>" && a.u.find(class, m.Name+m.Proto) != m || m.Name == "<init>" && m.Class.Name != class {
		return 0
	}
	if _, entry := a.entries[m]; !entry {
		return 0
	}
	return phaseOf(kind, m.Name)
}

func (a *analysis) kindOf(class string) string {
	if class == a.app.Application {
		return "application"
	}
	if c := a.app.component(class); c != nil {
		return c.Kind
	}
	return ""
}

// callersOf lists the calls of a method that are known so far.
func (a *analysis) callersOf(m *Method) []callEdge {
	if a.callersN != len(a.edgeList) {
		a.callersN, a.callers = len(a.edgeList), map[*Method][]callEdge{}
		for _, e := range a.edgeList {
			a.callers[e.to] = append(a.callers[e.to], e)
		}
	}
	return a.callers[m]
}

// onlyAfter reports whether a root runs only because of what comes after a place in the life of a component.
func (a *analysis) onlyAfter(class, kind string, p phase, m *Method) bool {
	aside := m.Name == "run" || m.Name == "call" || m.Name == "doInBackground" // perhaps in another thread
	seen := map[*Method]bool{m: true}
	found := false
	for todo := []*Method{m}; len(todo) > 0; {
		m := todo[0]
		todo = todo[1:]
		if of, entry := a.entries[m]; entry {
			q := a.ownPhase(class, kind, m)
			switch {
			case q == finished && p < finished, q > p && p <= created:
			case q != 0 && p <= created && !aside && q <= created:
			case q == 0 && kind == "application" && p <= created && of != class && a.kindOf(of) != "provider":
			default:
				return false
			}
			found = true
			continue
		}
		for _, e := range a.callersOf(m) {
			if !seen[e.from] {
				seen[e.from] = true
				todo = append(todo, e.from)
			}
		}
	}
	return found
}
