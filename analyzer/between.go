package analyzer

import (
	"fmt"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
	"romscan/analyzer/firmware/dataflow"
)

// meeting is all apps of an image, and what passes between them.
type meeting struct {
	rec   *fact.Record
	apps  []*firmware.App
	found []followed
	held  []map[string]bool // permissions that an app asks for, or one that shares its user id does
	parts []*dataflow.App   // manifests, once asked for
	// starts is why others start what lies behind the doors of each app, of those behind which something happens.
	starts []map[door][]started
}

func meet(rec *fact.Record, apps []*firmware.App, found []followed) *meeting {
	m := &meeting{rec: rec, apps: apps, found: slices.Clone(found), held: make([]map[string]bool, len(apps)), parts: make([]*dataflow.App, len(apps))}
	shared := map[string]map[string]bool{}
	for i, app := range apps {
		m.held[i] = map[string]bool{}
		if app.SharedUID != "" {
			if shared[app.SharedUID] == nil {
				shared[app.SharedUID] = map[string]bool{}
			}
			m.held[i] = shared[app.SharedUID]
		}
		for _, f := range rec.Units[app.Unit].Facts {
			if f.Kind == "permission" {
				m.held[i][f.Fields.Get("name")] = true
			}
		}
	}
	m.handOn()
	m.handData()
	return m
}

// holds reports whether an app may hold a permission. The user system holds all, and so do root and the shell, as which
// programs run, near enough.
func (m *meeting) holds(i int, permission string) bool {
	return permission == "" || m.apps[i].Program || m.apps[i].SharedUID == "android.uid.system" || m.apps[i].Package == "android" || m.held[i][permission]
}

func (m *meeting) manifest(i int) *dataflow.App {
	if m.parts[i] == nil {
		m.parts[i] = manifestOf(m.rec, m.apps[i])
	}
	return m.parts[i]
}

// facts returns what was found in app i, judged by what all apps do, and what it sends of others'.
func (m *meeting) facts(i int) []placed {
	out := slices.Clone(m.found[i].Facts)
	for n := range out {
		out[n].Fact = m.startedFact(i, &out[n], m.decided(i, &out[n]))
	}
	return append(out, m.between(i)...)
}

// between makes flows from app to app: what app i takes, for each thing that any hands out there.
func (m *meeting) between(i int) []placed {
	var out []placed
	seen := map[string]bool{}
	for _, t := range m.found[i].Taken {
		if t.Fact = m.decided(i, &t); !t.Direct {
			t.Fact = m.startedFact(i, &t, t.Fact)
		}
		for j := range m.found {
			for _, f := range m.from(i, j, &t) {
				if j != i {
					f.Fields = f.Fields.With("via", t.Fact.Fields.Get("from")).With("origin", m.apps[j].Package).With("laundered", yesNo(m.laundered(i, f.Fields.Get("from"))))
				}
				if key := fmt.Sprint(f.Fields, f.At); !seen[key] {
					seen[key] = true
					out = append(out, placed{Unit: t.Unit, Fact: f})
				}
			}
		}
	}
	return out
}

// from makes the flows that what app i takes becomes by what app j hands out.
func (m *meeting) from(i, j int, t *placed) (out []fact.Fact) {
	channel := t.Fact.Fields.Get("from")
	kind, rest, _ := strings.Cut(channel, ":")
	switch kind {
	case "intent":
		return m.byIntent(i, j, t, rest)
	case dataflow.Answer:
		return m.byAnswer(i, j, t, rest)
	}
	if kind != "provider" && m.apps[i].Package == m.apps[j].Package {
		return nil
	}
	for _, g := range m.found[j].Given {
		same, exact := sameChannel(g.Channel, channel)
		if !same || !m.readable(i, j, kind, rest, &g) {
			continue
		}
		f := g.through(t.Fact, gated{})
		if why := f.Fields.All("activation"); kind == "call" && len(why) == 1 && why[0] == "other-app" {
			f.Fields = f.Fields.With("activation", g.Activation...).With("automatic", yesNo(automatic(g.Activation)))
		}
		if !exact {
			f.Fields = f.Fields.With("exact", "no")
		}
		out = append(out, f)
	}
	return out
}

// readable reports whether app i may read what app j keeps in a place.
func (m *meeting) readable(i, j int, kind, rest string, g *given) bool {
	switch kind {
	case "provider":
		for _, f := range m.rec.Units[m.apps[j].Unit].Facts {
			if f.Kind == "component" && slices.Contains(f.Fields.All("authority"), rest) {
				p := f.Fields.Get("read_permission")
				if p == "" {
					p = f.Fields.Get("permission")
				}
				return m.holds(i, p) || f.Fields.Get("grant_uri") == "yes"
			}
		}
	case "call", "reply":
		caller, of := j, i
		if kind == "reply" {
			caller, of = i, j
		}
		name, _, _ := strings.Cut(rest, ":")
		return m.binds(caller, of, name)
	case "pref", "file":
		return g.World || m.apps[i].SharedUID != "" && m.apps[i].SharedUID == m.apps[j].SharedUID
	}
	return true
}

// sameChannel reports whether two names may mean one place; exact where they surely do.
func sameChannel(a, b string) (same, exact bool) {
	if a == b {
		return true, !strings.HasSuffix(a, ":*")
	}
	x, okA := strings.CutSuffix(a, ":*")
	y, okB := strings.CutSuffix(b, ":*")
	return okA && strings.HasPrefix(b, x+":") || okB && strings.HasPrefix(a, y+":"), false
}

// byIntent makes the flows of an extra that app i gets with an intent of app j.
func (m *meeting) byIntent(i, j int, t *placed, place string) (out []fact.Fact) {
	if len(m.found[j].Sent) == 0 || m.apps[i].Package == m.apps[j].Package {
		return nil
	}
	class, key, _ := strings.Cut(place, ":")
	for n := range m.found[j].Sent {
		s := &m.found[j].Sent[n]
		reached, exact := m.reaches(i, j, s, class)
		if !reached {
			continue
		}
		for _, g := range s.Extras {
			if !s.gives(&g, key) {
				continue
			}
			g.Exact = g.Exact && exact && g.Channel == key
			f := g.through(t.Fact, s.Judged)
			why := s.Activation
			if !t.Direct { // kept, and sent later
				why = slices.DeleteFunc(slices.Clone(t.Fact.Fields.All("activation")), func(w string) bool { return w == "other-app" })
				if len(why) == 0 {
					why = s.Activation
				}
			}
			f.Fields = f.Fields.With("activation", why...).With("automatic", yesNo(automatic(why)))
			ev := *f.Evidence
			first := strings.Count(g.Listing, "\n") + 1
			lines := strings.Split(ev.Text, "\n")
			lines = slices.Insert(lines, min(first, len(lines)), s.Listing)
			ev.Text, ev.Mark = strings.Join(lines, "\n"), ev.Mark+strings.Count(s.Listing, "\n")+1
			f.Evidence = &ev
			out = append(out, f)
		}
	}
	return out
}

// reaches reports whether an intent of app j gets to a component of app i, or to a receiver that its code registers.
func (m *meeting) reaches(i, j int, s *sent, class string) (reached, exact bool) {
	for _, p := range s.To.Permission {
		if !strings.Contains(p, "{}") && !m.holds(i, p) {
			return false, false
		}
	}
	list := m.manifest(i).Components
	if strings.HasPrefix(class, "@") {
		list = m.found[i].Listens
	}
	for n := range list {
		c := &list[n]
		if c.Class != class || c.Permission != "" && !strings.Contains(c.Permission, "{}") && !m.holds(j, c.Permission) {
			continue
		}
		r, e := s.To.Reaches(m.apps[i].Package, c)
		reached, exact = reached || r, exact || r && e
	}
	return reached, exact
}

// through returns the flow that a taken one becomes when this is what is handed out, and when it is handed out behind
// something besides.
func (g given) through(t fact.Fact, before gated) fact.Fact {
	transforms := changed(t.Fields.All("transform"), g.Transforms)
	own := gated{t.Fields.Get("guard"), t.Fields.Get("gate"), t.Fields.Get("gate_default"), t.Fields.All("gate_set_by"), t.Fields.Get("disabled") == "yes"}
	all := own.stronger(before).stronger(g.Judged)
	t.Fields = t.Fields.With("from", g.Data).With("transform", transforms...).
		With("exact", yesNo(g.Exact && t.Fields.Get("exact") == "yes")).With("disabled", yesNo(all.Off))
	if all.Guard != own.Guard {
		t.Fields = all.in(t.Fields)
	}
	if g.Call == "" {
		return t
	}
	t.Fields = t.Fields.With("source_call", g.Call)
	ev := *t.Evidence
	ev.Name, ev.Text = g.Method, g.Listing+"\n"+ev.Text
	ev.Mark += strings.Count(g.Listing, "\n") + 1
	t.Evidence = &ev
	return t
}
