package dataflow

import (
	"slices"
	"strings"
)

// Export is personal data that the app hands out to whoever may read it.
type Export struct {
	Channel    string // what Data is of the flows that begin with it in other apps
	Data       string // as of a flow; see [IsChannel] of what other apps hand out
	Transforms []string
	Source     Site
	Exact      bool
	World      bool // a file or preference that every app may read
	Guard      string
	Gates      []Gate
	Activation []string // why it is handed out
}

// providerData is how the data of a flow is called that comes from another app's provider.
const providerData = "provider:"

// share splits what was found between apps: what this one hands out, and what it sends of others'.
func (r *Result) share() {
	a := r.a
	own := map[string]bool{}
	for _, list := range a.app.Authorities {
		for _, authority := range list {
			own[authority] = true
		}
	}
	for _, b := range a.stores() {
		name := a.t.node(b).s
		if authority, ok := strings.CutPrefix(name, providerData); ok {
			if own[authority] {
				r.exportAll(name, slot{b, "[*]"}, a.contents(b, "[*]"), allReasons)
			}
			continue
		}
		r.exportStore(b, name)
	}
	for i := range a.starts {
		r.exportStart(&a.starts[i])
	}
	r.Listens = append(append(r.Listens, a.binders...), a.synced()...)
	for _, d := range a.dynamic {
		if !d.local {
			r.Listens = append(r.Listens, a.listener(&d))
		}
	}
	r.exportWrites()
	r.Imports = nil
	r.Flows = slices.DeleteFunc(r.Flows, func(f Flow) bool {
		if IsChannel(f.Data) {
			f.Direct = r.direct(&f)
			r.Imports = append(r.Imports, f)
			return true
		}
		return false
	})
}

const allReasons = label(1<<labels - 1)

// exportStore notes what the app keeps where others can read it.
func (r *Result) exportStore(b atom, name string) {
	a := r.a
	kind, rest, _ := strings.Cut(name, ":")
	ch := ""
	switch kind {
	case "settings", "prop":
		ch = a.channel(b)
	case "call":
		ch = name
	case "replied":
		ch = "reply:" + rest
	case "file":
		if ch = a.channel(b); ch == "" && rest != wildcard && !strings.Contains(rest, "{}") {
			ch = "file:/data/data/" + a.app.Package + "/files/" + rest
		}
	case "pref":
		if ch = a.channel(b); ch == "" && rest != wildcard {
			ch = "pref:" + a.app.Package + "/" + rest
		}
	}
	if ch == "" {
		return
	}
	from := len(r.Exports)
	for _, field := range a.cellsOf[b] {
		if !strings.HasPrefix(field, "[") {
			continue
		}
		to, key := ch, strings.Trim(field, "[]")
		if key == "?" {
			if kind == "settings" || kind == "prop" {
				continue // any of hundreds
			}
			key = wildcard
		}
		if kind != "file" && kind != "replied" {
			to += ":" + key
		}
		for _, w := range a.cellLog[slot{b, field}] {
			why := allReasons
			if w.by != nil {
				why = r.reach.why[w.by]
			}
			r.exportAll(to, slot{b, field}, a.expand(w.v), why)
		}
	}
	for i := from; i < len(r.Exports); i++ {
		r.Exports[i].World = a.worldly[name] || strings.HasPrefix(ch, "file:/sdcard/")
		r.Exports[i].Exact = r.Exports[i].Exact && !strings.HasSuffix(r.Exports[i].Channel, ":"+wildcard)
	}
}

// exportAll notes all personal data in a value as given away on a channel, for a set of reasons.
func (r *Result) exportAll(ch string, k slot, held value, why label) {
	for _, x := range r.exports(k, held, why) {
		x.Channel = ch
		if !slices.ContainsFunc(r.Exports, func(o Export) bool { return o.same(&x) }) {
			r.Exports = append(r.Exports, x)
		}
	}
}

func (x *Export) same(o *Export) bool {
	return x.Channel == o.Channel && x.Data == o.Data && x.Source == o.Source && x.Guard == o.Guard && slices.Equal(x.Transforms, o.Transforms)
}

// shut reports whether nothing ever lets one of the gates through.
func shut(gates []Gate) bool { return slices.ContainsFunc(gates, func(g Gate) bool { return g.Never }) }

// exports lists the personal data in a value and what stands before reading it, and what may be others' data and what stands
// before writing it there; an intent is no place.
func (r *Result) exports(k slot, held value, why label) (out []Export) {
	a := r.a
	if why == 0 {
		return nil // never written
	}
	a.asks(held, lostData, lostThing)
	for n := range a.data(held) {
		if n.kind != kSource {
			continue
		}
		g, gates := r.reach.sourceGuard(uint32(n.n), why)
		if IsChannel(a.types[n.a]) && k != (slot{}) {
			g, gates = r.reach.handedOn(k, n, why)
		}
		if shut(gates) {
			continue
		}
		out = append(out, Export{Data: a.types[n.a], Transforms: transforms(n.b), Source: a.sites[n.n], Exact: n.b&asInexact == 0, Guard: g.String(), Gates: gates, Activation: why.names()})
	}
	return out
}

// handedOn judges what stands before an app puts what it has from another into a place: the least of all writes of it there.
func (r *reachability) handedOn(k slot, data *node, why label) (guard, []Gate) {
	a := r.a
	least, gates, found := guardUnknown, []Gate{{Guard: guardUnknown.String(), Reads: "what hands it on", Default: "unknown"}}, false
	for i := range a.kept[k] {
		w := &a.kept[k][i]
		carries := false
		for n := range a.data(a.expand(w.v)) {
			carries = carries || n.kind == kSource && n.a == data.a
		}
		if !carries {
			continue
		}
		if g, list := r.guardOf(&w.settledEvent, why); !found || g < least {
			least, gates, found = g, list, true
		}
	}
	return least, gates
}
