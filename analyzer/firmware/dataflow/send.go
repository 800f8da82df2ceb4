package dataflow

import (
	"slices"
	"strings"
)

const packageField = "$package"

// Sent is an intent that may reach another app: who is meant, what it carries and why it is sent.
type Sent struct {
	To         Address
	Extras     []Extra
	Consts     []Write // what decides something, by the key
	Activation []string
	Guard      string
	Gates      []Gate
	Why        Why
	Site       Site
	Starts     []string // why whom it reaches is started; none where that is up to who holds a pending intent
	Doors      []Door   // by which others have it sent
	Asks       []string // which activities of the app ask with it for an answer, with the number of the request
}

// Extra is what an intent carries under a key.
type Extra struct {
	Key  string // * where it could not be told
	Data Export
}

// Address is what an intent says of who is meant. What cannot be told holds "{}".
type Address struct {
	Kind                                                     string // activity, service, receiver; pending where a pending intent may be any
	Packages, Classes, Actions, Categories, Addresses, Types []string
	Permission                                               []string // who gets a broadcast has to hold it
}

// Named reports whether it says which app is meant.
func (s *Address) Named() bool {
	return slices.ContainsFunc(s.Packages, func(p string) bool { return !strings.Contains(p, "{}") })
}

// Reaches reports whether a component of a package gets the intent; exact where nothing had to be guessed.
func (s *Address) Reaches(pkg string, c *Component) (reached, exact bool) {
	if !c.Enabled || !c.Exported || s.Kind != "pending" && s.Kind != c.Kind {
		return false, false
	}
	exact = true
	if len(s.Packages) > 0 && !slices.Contains(s.Packages, pkg) {
		if !slices.ContainsFunc(s.Packages, func(p string) bool { return strings.Contains(p, "{}") }) {
			return false, false
		}
		exact = false
	}
	if len(s.Classes) > 0 {
		return len(s.Packages) > 0 && slices.Contains(s.Classes, c.Class), exact
	}
	w := wanted{s.Actions, s.Categories, s.Addresses, s.Types}
	for _, list := range [][]string{s.Actions, s.Categories, s.Addresses, s.Types} {
		exact = exact && !slices.ContainsFunc(list, func(v string) bool { return strings.HasPrefix(v, "{}") })
	}
	return w.takenBy(c, c.Kind), exact
}

// exportStart notes a start that may lead to another app.
func (r *Result) exportStart(p *pendingStart) {
	a := r.a
	why, _ := r.reach.whyOf(&p.settledEvent)
	if p.call.Text == "result" {
		r.exportAnswer(p, why)
		return
	}
	if why == 0 || p.ref != nil && strings.Contains(p.ref.class, "LocalBroadcastManager") {
		return
	}
	to := Address{Kind: p.call.Text, Packages: a.spellings(p.pkg), Categories: a.spellings(p.category), Addresses: a.spellings(p.address), Types: a.spellings(p.mime), Actions: a.spellings(p.action)}
	for _, at := range a.t.atomsOf(a.expand(p.class)) {
		if n := a.t.node(at); n.kind == kClass {
			to.Classes = append(to.Classes, n.s)
		}
	}
	slices.Sort(to.Classes)
	if len(to.Classes) == 0 && len(a.t.atomsOf(p.class)) > 0 && len(to.Actions) == 0 {
		return // a component that cannot be told
	}
	to.Packages = slices.DeleteFunc(to.Packages, func(s string) bool { return s == a.app.Package })
	if len(to.Classes) > 0 && len(to.Packages) == 0 || len(a.spellings(p.pkg)) > 0 && len(to.Packages) == 0 {
		return // stays in this app
	}
	if to.Kind == Rows {
		to.Actions = providerMethods[p.ref.name]
	}
	if len(to.Classes)+len(to.Actions) == 0 {
		return
	}
	if len(p.args) > 1 && p.call.Text == "receiver" {
		to.Permission = a.spellings(p.args[1])
	}
	g, gates := r.reach.guardOf(&p.settledEvent, why)
	if shut(gates) {
		return
	}
	s := Sent{To: to, Activation: why.names(), Guard: g.String(), Gates: gates, Why: whyOf(why), Site: a.sites[p.site]}
	if starts := a.startsFor(p, why); starts != 0 && (to.Kind == "receiver" || to.Kind == "service" && p.call.Op != "bind" || to.Kind == askSync || to.Kind == Rows) {
		s.Starts, s.Doors = starts.names(), r.through(&p.settledEvent, guardNone, nil)
	}
	if to.Kind != Rows && to.Kind != askSync {
		s.Extras, s.Consts = r.extras(p.args[0], why)
	}
	s.Asks = a.asking(p)
	r.Sent = append(r.Sent, s)
}

// startsFor is why a component runs that is started, where that is known: a pending intent runs when its holder wants, and of
// an intent it has to be known whom it is for.
func (a *analysis) startsFor(p *pendingStart, why label) label {
	if !a.spelled(p.pkg) || !a.spelled(p.action) || p.call.Text == "receiver" && len(p.args) > 1 && !a.spelled(p.args[1]) {
		return 0
	}
	switch {
	case slices.ContainsFunc(a.t.atomsOf(a.expand(p.class)), func(at atom) bool { return a.t.node(at).kind != kClass && a.t.node(at).kind != kStr }):
		return 0
	case p.call.Transport == onSchedule:
		return why | bySchedule
	case p.call.Transport != "" || p.call.Text == "pending" || p.ref != nil && p.ref.class == "Landroid/app/PendingIntent;":
		return 0
	}
	return why
}

// spelled reports whether a text is known as a whole; null is.
func (a *analysis) spelled(v value) bool {
	return !slices.ContainsFunc(a.t.atomsOf(a.expand(v)), func(at atom) bool {
		n := a.t.node(at)
		return n.kind != kStr && (n.kind != kInt || n.n != 0)
	})
}

// extras lists the personal data that an intent carries, and what else.
func (r *Result) extras(intent value, why label) (out []Extra, consts []Write) {
	a := r.a
	for _, at := range a.t.atomsOf(a.expand(intent)) {
		n := a.t.node(at)
		if n.kind != kHome && n.kind != kStore {
			continue
		}
		var fields []string
		for _, b := range a.alike(at) {
			fields = append(fields, a.cellsOf[b]...)
		}
		slices.Sort(fields)
		for _, field := range slices.Compact(fields) {
			key := strings.Trim(field, "[]")
			switch {
			case field == "[?]":
				key = wildcard
			case field == addressField:
				key = "$data"
			case !strings.HasPrefix(field, "["):
				continue
			}
			v := a.contents(at, field)
			if n.kind == kHome && field != "[?]" {
				v = a.cellsAlike(at, field)
			}
			if field != "[?]" && field != addressField {
				consts = append(consts, a.writeOf(key, v, whyOf(why)))
			}
			for _, x := range r.exports(slot{}, v, why) {
				x.Exact = x.Exact && key != wildcard
				out = append(out, Extra{key, x})
			}
		}
	}
	return out, consts
}

// cellsAlike is what was put under one key of an object, without what may lie under any.
func (a *analysis) cellsAlike(at atom, field string) value {
	out := nothing
	for _, b := range a.alike(at) {
		out = a.t.join(out, a.expand(a.cells[slot{b, field}]))
	}
	return out
}

// listener is a receiver that code registers, as a component.
func (a *analysis) listener(d *dynamicReceiver) Component {
	return Component{Kind: "receiver", Class: d.store, Enabled: true, Exported: true, Permission: strings.Join(a.spellings(d.permission), " "),
		Filters: []Filter{{Actions: a.spellings(d.actions), Schemes: a.spellings(d.schemes), Categories: []string{wildcard}}}}
}

// direct reports whether a flow of an intent's extra ends in code that runs because the intent came, and needs no tap
// after that.
func (r *Result) direct(f *Flow) bool {
	rest, ok := strings.CutPrefix(f.Data, "intent:")
	if !ok {
		return false
	}
	class, _, _ := strings.Cut(rest, ":")
	a := r.a
	reached, ok := a.entered[class]
	if !ok {
		reached = map[*Method]bool{}
		out := map[*Method][]callEdge{}
		for _, e := range a.edgeList {
			out[e.from] = append(out[e.from], e)
		}
		var todo []*Method
		visit := func(m *Method) {
			if !reached[m] {
				reached[m] = true
				todo = append(todo, m)
			}
		}
		if strings.HasPrefix(class, "@") {
			for _, d := range a.dynamic {
				if d.store == class && a.u.find(d.class, onReceive) != nil {
					visit(a.u.find(d.class, onReceive))
				}
			}
		}
		for m, c := range a.entries {
			if c == class && !taps[m.Name] && !a.tapped(m.Name) {
				visit(m)
			}
		}
		for len(todo) > 0 {
			m := todo[0]
			todo = todo[1:]
			for _, e := range out[m] {
				if !e.async || !taps[e.to.Name] {
					visit(e.to)
				}
			}
		}
		if a.entered == nil {
			a.entered = map[string]map[*Method]bool{}
		}
		a.entered[class] = reached
	}
	return reached[f.In]
}
