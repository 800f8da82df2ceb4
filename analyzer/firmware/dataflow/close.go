package dataflow

import "strings"

// takenBack is a receiver that code unregisters.
type takenBack struct {
	who value
	by  *Method
}

// opUnregister takes back a receiver that was registered elsewhere; see [frame.takeBack] for one registered in the same
// stretch of code.
func opUnregister(f *frame, c *call) (value, bool) {
	f.record(event{kind: evStart, call: &Call{Text: "unregister"}, ref: c.r, args: []value{c.at(1)}, conds: f.gates[f.block], site: c.site})
	return nothing, false
}

// settleUnregister notes who is unregistered, and by what.
func (a *analysis) settleUnregister(f *frame, e *event) {
	for _, at := range a.t.atomsOf(e.args[0]) {
		a.takenBack = append(a.takenBack, takenBack{a.share(f.s, a.t.one(at)), f.m})
	}
}

// closings are the methods of an activity that the platform calls when the user leaves it.
var closings = map[string]bool{"onPause": true, "onStop": true, "onDestroy": true, "finish": true}

// closed lists the receivers that are unregistered when an activity is left: they hear of what happens only while the user
// has it open, whatever context they were registered with.
func (a *analysis) closed() map[atom]bool {
	if len(a.takenBack) == 0 {
		return nil
	}
	from := map[*Method][]*Method{}
	for i := range a.edgeList {
		e := &a.edgeList[i]
		from[e.to] = append(from[e.to], e.from)
	}
	out := map[atom]bool{}
	for _, t := range a.takenBack {
		if !a.closes(t.by, from) {
			continue
		}
		for _, at := range a.t.atomsOf(a.expand(t.who)) {
			for _, h := range a.alike(a.plain(at)) {
				out[h] = true
			}
		}
	}
	return out
}

// closes reports whether the end of an activity leads to a method.
func (a *analysis) closes(m *Method, from map[*Method][]*Method) bool {
	seen, todo := map[*Method]bool{m: true}, []*Method{m}
	for len(todo) > 0 {
		m, todo = todo[len(todo)-1], todo[:len(todo)-1]
		if c := a.app.component(a.entries[m]); c != nil && c.Kind == "activity" && closings[m.Name] && strings.HasPrefix(m.Proto, "()") {
			return true
		}
		for _, caller := range from[m] {
			if !seen[caller] {
				seen[caller] = true
				todo = append(todo, caller)
			}
		}
	}
	return false
}

// whileHeard leaves out what a receiver adds to the reasons of a call once it was taken back.
func (a *analysis) whileHeard() {
	closed := a.closed()
	for i := range a.edgeList {
		if e := &a.edgeList[i]; e.heard != 0 && closed[a.plain(e.heard)] {
			e.adds = 0
		}
	}
}
