package dataflow

import (
	"slices"
	"strings"
)

// An activity may ask one of another app for a result: what that one answers comes to onActivityResult, with the number it was
// asked with. Which app that is is known once all apps were seen. What is read of the answer is called by the activity that asked and
// the number, so that what one request brings is not taken for what another does; of all else that is done with an answer nothing
// is told here, for the activity's own run tells it.

// Answer is the kind of what an activity answers others that ask it for a result: an address that names the activity which answers.
const Answer = "answer"

// othersAnswer begins the name of the place that stands for what an activity of another app answers.
const othersAnswer = Answer + ":"

// asking lists the activities that ask for a result with a start, each with the number of the request.
func (a *analysis) asking(p *pendingStart) (out []string) {
	if p.call.Text != "activity" || len(p.args) < 3 {
		return nil
	}
	for _, n := range a.requests(p.args[2]) {
		for _, class := range a.activities(p.args[1]) {
			out = append(out, class+"#"+intText(n))
		}
	}
	return out
}

// requests are the numbers that a request may have, where they are known.
func (a *analysis) requests(v value) []int64 {
	ns, ok := a.numbers(a.expand(v))
	if !ok {
		return nil
	}
	return ns
}

// activities are the activities of the app that an object may be.
func (a *analysis) activities(v value) (out []string) {
	for _, at := range a.t.atomsOf(a.expand(v)) {
		if n := a.t.node(at); n.kind == kHome && n.b == 0 && a.kindOf(n.s) == "activity" {
			out = append(out, n.s)
		}
	}
	slices.Sort(out)
	return out
}

// awaitsOther has an activity told what one of another app answers.
func (a *analysis) awaitsOther(p *pendingStart) {
	if p.call.Text != "activity" || len(p.args) < 3 {
		return
	}
	for _, class := range a.activities(p.args[1]) {
		for _, n := range a.requests(p.args[2]) {
			a.tellResult(class, a.t.num(n), othersAnswer+class+"#"+intText(n))
		}
	}
}

// answers reports whether a run is that of an activity which is told what one of another app answers.
func (a *analysis) answers(number int32) bool {
	if number == 0 {
		return false
	}
	r := &a.roots[number-1]
	if r.m.Name != "onActivityResult" || len(r.args) != 4 {
		return false
	}
	at, one := a.t.single(r.args[3])
	return one && a.t.node(at).kind == kStore && strings.HasPrefix(a.t.node(at).s, "intent:"+othersAnswer)
}

// exportAnswer notes what an activity that others can ask answers.
func (r *Result) exportAnswer(p *pendingStart, why label) {
	a := r.a
	if why == 0 || len(p.args) < 2 {
		return
	}
	classes := slices.DeleteFunc(a.activities(p.args[1]), func(class string) bool {
		return !slices.ContainsFunc(a.app.Components, func(c Component) bool { return c.Class == class && c.Kind == "activity" && c.Enabled && c.Exported })
	})
	g, gates := r.reach.guardOf(&p.settledEvent, why)
	if len(classes) == 0 || shut(gates) {
		return
	}
	s := Sent{To: Address{Kind: Answer, Classes: classes}, Activation: why.names(), Guard: g.String(), Gates: gates, Why: whyOf(why), Site: a.sites[p.site]}
	if s.Extras, s.Consts = r.extras(p.args[0], why); len(s.Extras) > 0 {
		r.Sent = append(r.Sent, s)
	}
}
