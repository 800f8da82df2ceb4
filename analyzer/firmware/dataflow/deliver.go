package dataflow

import (
	"slices"
	"strings"
)

// resultLink says that an activity is told the result of another.
type resultLink struct{ asker, asked string }

// place is where what one activity answers another is kept.
func (l resultLink) place() string { return "result:" + l.asker + ":" + l.asked }

// awaits has an activity told, by the number it asked with, what the one that it asked answers.
func (a *analysis) awaits(p *pendingStart, l resultLink) {
	if len(p.args) > 2 {
		a.tellResult(l.asker, p.args[2], l.place())
	}
}

// tellResult has an activity told, for a request of a number, the answer that is kept in a place.
func (a *analysis) tellResult(class string, number value, place string) {
	for _, m := range a.lifecycle(class) {
		if m.Name != "onActivityResult" || len(m.params) != 3 {
			continue
		}
		args := append([]value{a.t.one(a.at(class, phaseOf("activity", m.Name)))}, a.given(m, class)...)
		args[1], args[3] = number, a.t.of(node{kind: kStore, s: "intent:" + place})
		a.addRoot(m, args)
	}
}

// giveBack hands a result to the activities that asked for it; of one that somebody gives who cannot be told, to all.
func (a *analysis) giveBack(p *pendingStart) {
	for i := range a.starts {
		if &a.starts[i] == p {
			a.results = append(a.results, i)
		}
	}
	for _, l := range a.askers {
		a.giveTo(p, l)
	}
}

func (a *analysis) giveTo(p *pendingStart, l resultLink) {
	known := false
	if len(p.args) > 1 {
		for _, at := range a.t.atomsOf(a.expand(p.args[1])) {
			if n := a.t.node(at); n.kind == kHome && a.kindOf(n.s) == "activity" {
				if known = true; n.s == l.asked {
					known = false
					break
				}
			}
		}
	}
	if !known {
		a.deliver(p, l.place())
		a.enter(p, l.asker, "onActivityResult", nil)
	}
}

// leaves turns a start that reaches no component of the app into a sink.
func (a *analysis) leaves(p *pendingStart) {
	if p.call.Sink == "" {
		return
	}
	e := p.settledEvent
	e.kind, e.to = evSink, a.t.join(p.action, p.address)
	a.settled = append(a.settled, e)
}

// deliver puts what an intent carries where the component finds it.
func (a *analysis) deliver(p *pendingStart, to string) {
	base := a.t.atom(node{kind: kStore, s: "intent:" + to})
	for _, at := range a.t.atomsOf(a.expand(p.args[0])) {
		if at == base {
			continue
		}
		for _, field := range a.cellsOf[at] {
			if strings.HasPrefix(field, "[") || field == addressField || field == actionField || field == clipField {
				a.writeCell(slot{base, field}, a.cells[slot{at, field}], p.in)
			}
		}
		if n := a.t.node(at); n.kind == kStore && strings.HasPrefix(n.s, "intent:") {
			a.writeCell(slot{base, "[?]"}, a.t.of(node{kind: kCell, a: uint32(at), s: "[*]"}), p.in)
		}
	}
}

// fillable reports whether who holds a pending intent may add an action to it. The alarm manager does not.
func (a *analysis) fillable(p *pendingStart) bool {
	if p.ref == nil || p.call.Transport == onSchedule || p.call.Text != "pending" && p.ref.class != "Landroid/app/PendingIntent;" {
		return false
	}
	return !slices.ContainsFunc(a.spellings(p.action), func(s string) bool { return s != "" })
}

// filledPlace begins the name of a place that stands for the intent a, to which its holder may have added what it has not:
// an action, and extras under other keys (android.content.Intent#fillIn).
const filledPlace = "filled:"

// filled is an intent to which others may add; nothing where it is not known.
func (a *analysis) filled(v value) value {
	var out []atom
	for _, at := range a.t.atomsOf(v) {
		n := a.t.node(at)
		if n.kind != kHome || n.b == 0 || n.s != "Landroid/content/Intent;" {
			return nothing
		}
		out = append(out, a.t.atom(node{kind: kStore, a: uint32(at), s: filledPlace}))
	}
	return a.t.make(out)
}
