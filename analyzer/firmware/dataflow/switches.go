package dataflow

import (
	"cmp"
	"slices"
	"strings"
)

// Switch is code that switches a setting of the app or of the system on.
type Switch struct {
	Reads      string // the setting, as a gate spells it: "pref:main [enabled]"
	Role       string // opt-in, opt-out or unknown: what it is for flows of the app; other where none stands behind it
	Default    string // on, off, unknown
	Lets       []string
	Site       Site   // the instruction that writes it
	Calls      []Site // from the method in which what is written is decided down to it
	Activation []string
	Guard      string
	Gates      []Gate
	Off        bool // by the properties of this image it never runs
	Way        []Site
}

// maxSwitches bounds the writes of settings that are told of one app.
const maxSwitches = 512

// switches lists what switches settings on: every constant yes that is written, and of what stands before a flow, every
// write that may let the flow through.
func (r *Result) switches() []Switch {
	var out []Switch
	a := r.a
	asked := r.asked()
	for _, k := range sortedSlots(a) {
		base := a.t.node(k.base)
		if base.kind != kStore || !strings.HasPrefix(base.s, "pref:") && !strings.HasPrefix(base.s, "settings:") {
			continue
		}
		name := strings.TrimSpace(base.s + " " + k.field)
		of := asked[name]
		for i := range a.kept[k] {
			w := &a.kept[k][i]
			calls := a.placesOf(nil, a.chains.list(w.chain))
			site := a.sites[w.site]
			sets := false
			if of != nil {
				sets = slices.ContainsFunc(of.SetBy, func(s Setter) bool { return s.Site == site || len(calls) > 0 && s.Site == calls[0] })
			}
			if !sets && (w.chosen || !a.saysYes(w.v)) || site.Method == nil {
				continue
			}
			why, where := r.reach.whyOf(&w.settledEvent)
			if why == 0 {
				continue
			}
			g, gates := r.reach.guardOf(&w.settledEvent, why)
			s := Switch{Reads: name, Role: "other", Default: "unknown", Site: site, Calls: calls, Activation: why.names(), Guard: g.String(), Gates: gates, Way: r.reach.way(why, where)}
			if of != nil {
				s.Role, s.Default, s.Lets = of.role(), of.Default, of.lets
			}
			never := false
			for _, g := range gates {
				s.Off, never = s.Off || g.Off, never || g.Never
			}
			if never {
				continue
			}
			if out = joined(out, s); len(out) > maxSwitches {
				a.cut("writes of settings")
				return out[:maxSwitches]
			}
		}
	}
	return out
}

// standing is a setting that stands before flows, and the data of these.
type standing struct {
	Gate
	lets []string
}

// role says what the setting is for the flows behind it.
func (q *standing) role() string {
	switch q.Guard {
	case "opt-in", "opt-out":
		return q.Guard
	}
	return "unknown"
}

// asked lists the settings that stand before flows.
func (r *Result) asked() map[string]*standing {
	out := map[string]*standing{}
	for i := range r.Flows {
		for _, g := range r.Flows[i].Gates {
			q := out[g.Reads]
			if q == nil {
				q = &standing{Gate: g}
				out[g.Reads] = q
			}
			if !slices.Contains(q.lets, r.Flows[i].Data) {
				q.lets = append(q.lets, r.Flows[i].Data)
			}
			if Stronger(g.Guard, q.Guard) {
				q.Gate = g
			}
		}
	}
	for _, q := range out {
		slices.Sort(q.lets)
	}
	return out
}

// saysYes reports whether a value is true, or the number that says so, and nothing else.
func (a *analysis) saysYes(v value) bool {
	v = a.expand(v)
	if s, ok := a.t.text(v); ok {
		return s == "true" || s == "1"
	}
	list, ok := a.numbers(v)
	return ok && !slices.ContainsFunc(list, func(n int64) bool { return n != 1 })
}

// joined adds a switch, or its reasons to the one of the same instructions behind the same guard.
func joined(list []Switch, s Switch) []Switch {
	at := func(s *Switch) Site {
		if len(s.Calls) > 0 {
			return s.Calls[0]
		}
		return s.Site
	}
	i := slices.IndexFunc(list, func(o Switch) bool {
		return o.Reads == s.Reads && o.Guard == s.Guard && o.Off == s.Off && at(&o) == at(&s)
	})
	if i < 0 {
		return append(list, s)
	}
	for _, name := range s.Activation {
		if !slices.Contains(list[i].Activation, name) {
			list[i].Activation = append(list[i].Activation, name)
		}
	}
	slices.SortFunc(list[i].Activation, func(x, y string) int {
		return cmp.Compare(slices.Index(labelNames[:], x), slices.Index(labelNames[:], y))
	})
	return list
}

// sortedSlots lists the settings that are written, by name.
func sortedSlots(a *analysis) []slot {
	out := make([]slot, 0, len(a.kept))
	for k := range a.kept {
		out = append(out, k)
	}
	slices.SortFunc(out, func(x, y slot) int {
		return cmp.Or(strings.Compare(a.t.node(x.base).s, a.t.node(y.base).s), strings.Compare(x.field, y.field), cmp.Compare(x.base, y.base))
	})
	return out
}
