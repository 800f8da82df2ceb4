package analyzer

import (
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
	"romscan/analyzer/firmware/dataflow"
)

// An app that sends another a broadcast starts what waits there for it, and so does one that starts a service of another: the
// reasons for which that is done are reasons of what is done then, behind what stands before the sending and behind what stands before the deed.

// entrance is a way in by which other apps start something, and what stands between.
type entrance struct {
	Door   door
	Judged gated
	Asked  []asked
}

// door names a way into an app; see [dataflow.Door].
type door struct{ Class, Action string }

// started is one reason for which what lies behind a door is started by others, and what stands before that.
type started struct {
	why    string
	judged gated
	how    string // lines that show the calls of the other apps
}

// maxRelays bounds the apps that hand a start on to the next.
const maxRelays = 4

func entering(list []dataflow.Door) (out []entrance) {
	for _, d := range list {
		out = append(out, entrance{door{d.Class, d.Action}, gatedBy(d.Guard, d.Gates), asking(d.Guard, d.Gates)})
	}
	return out
}

// handOn finds why what lies behind the doors of all apps is started, and notes on what is sent for which reasons it is besides.
func (m *meeting) handOn() {
	m.starts = make([]map[door][]started, len(m.found))
	for i := range m.found {
		m.starts[i] = map[door][]started{}
		for n := range m.found[i].Facts {
			m.open(i, m.found[i].Facts[n].Doors)
		}
		for n := range m.found[i].Taken {
			m.open(i, m.found[i].Taken[n].Doors)
		}
		for n := range m.found[i].Sent {
			m.open(i, m.found[i].Sent[n].Doors)
		}
	}
	var all []relay
	for j := range m.found {
		for n := range m.found[j].Sent {
			if to := m.doorsOf(j, &m.found[j].Sent[n]); len(to) > 0 {
				all = append(all, relay{j, n, to})
			}
		}
	}
	for range maxRelays {
		more := false
		for _, r := range all {
			for _, why := range m.reasons(r.from, &m.found[r.from].Sent[r.sent]) {
				for _, to := range r.to {
					more = m.starting(to.app, to.Door, why) || more
				}
			}
		}
		if !more {
			break
		}
	}
	for j := range m.found {
		m.found[j].Sent = slices.Clone(m.found[j].Sent)
		for n := range m.found[j].Sent {
			s := &m.found[j].Sent[n]
			s.Activation, s.Judged, _ = m.begun(j, s.Doors, s.Activation, s.Judged)
		}
	}
}

// relay is an intent that surely gets to components of other apps.
type relay struct {
	from, sent int
	to         []doorOf
}

type doorOf struct {
	app  int
	Door door
}

// open notes the doors behind which something happens.
func (m *meeting) open(i int, list []entrance) {
	for _, d := range list {
		if _, ok := m.starts[i][d.Door]; !ok {
			m.starts[i][d.Door] = nil
		}
	}
}

// doorsOf lists the doors of other apps that a broadcast of app j gets to for sure.
func (m *meeting) doorsOf(j int, s *sent) (out []doorOf) {
	if len(s.Starts) == 0 {
		return nil
	}
	if s.To.Kind == dataflow.Rows {
		return m.doorsOfRows(j, s)
	}
	if s.To.Kind == "service" && m.serving(j, s) != 1 {
		return nil
	}
	for i := range m.found {
		if len(m.starts[i]) == 0 || m.apps[i].Package == m.apps[j].Package {
			continue
		}
		list := m.manifest(i).Components
		if s.To.Kind != "receiver" && s.To.Kind != "service" {
			list = m.found[i].Listens
		}
		for n := range list {
			c := &list[n]
			if !m.surely(i, j, s, c) {
				continue
			}
			for _, d := range m.behind(i, s, c) {
				if _, ok := m.starts[i][d]; ok && !slices.Contains(out, doorOf{i, d}) {
					out = append(out, doorOf{i, d})
				}
			}
		}
	}
	return out
}

// serving counts the services of all apps that an intent of app j may get to. Of several the system takes one, or it is not known which
// of them is named.
func (m *meeting) serving(j int, s *sent) (n int) {
	for i := range m.found {
		for _, c := range m.manifest(i).Components {
			c.Exported = c.Exported || i == j
			if reached, _ := s.To.Reaches(m.apps[i].Package, &c); reached {
				n++
			}
		}
	}
	return n
}

// behind lists the doors of a component that an intent is for.
func (m *meeting) behind(i int, s *sent, c *dataflow.Component) (out []door) {
	var told []string
	for _, x := range m.found[i].Apart {
		if x.Class == c.Class {
			told = x.Actions
		}
	}
	if len(s.To.Actions) == 0 {
		return []door{{c.Class, ""}}
	}
	for _, action := range s.To.Actions {
		switch {
		case len(s.To.Classes) == 0 && !slices.Contains(c.Actions, action):
		case firmware.TriggerOf(action) != "": // why that is sent is known, whoever sends it
		case slices.Contains(told, action):
			out = append(out, door{c.Class, action})
		default:
			out = append(out, door{c.Class, ""})
		}
	}
	return out
}

// surely reports whether nothing is left open of whether a component of app i gets an intent of app j.
func (m *meeting) surely(i, j int, s *sent, c *dataflow.Component) bool {
	reached, exact := s.To.Reaches(m.apps[i].Package, c)
	if !reached || !exact || strings.Contains(c.Permission, "{}") || !m.holds(j, c.Permission) {
		return false
	}
	return !slices.ContainsFunc(s.To.Permission, func(p string) bool { return strings.Contains(p, "{}") || !m.holds(i, p) })
}

// reasons lists why app j sends an intent: by itself, and because others start what sends it.
func (m *meeting) reasons(j int, s *sent) (out []started) {
	how := strings.Replace(s.Start, "starts another app", m.apps[j].Package+" starts it", 1)
	for _, why := range s.Starts {
		if why != "other-app" && why != "unknown" && !s.Judged.Off {
			out = append(out, started{why, s.Judged, how})
		}
	}
	for n := range s.Doors {
		d := &s.Doors[n]
		for _, x := range m.starts[j][d.Door] {
			if x.judged = m.judged(j, d).stronger(x.judged); !x.judged.Off {
				out = append(out, started{x.why, x.judged, x.how + "\n" + how})
			}
		}
	}
	return out
}

// judged is what stands behind a door, by what all apps do.
func (m *meeting) judged(i int, d *entrance) gated {
	if len(d.Asked) == 0 {
		return d.Judged
	}
	all := gated{Guard: "none", Off: d.Judged.Off}
	for n := range d.Asked {
		g, ok := m.verdict(i, &d.Asked[n])
		if !ok {
			g = "unknown"
		}
		all = all.stronger(gated{Guard: g, Gate: d.Asked[n].Reads, Default: d.Asked[n].Default})
	}
	return all
}

// starting notes a reason for which others come through a door; it reports whether that is new. Of each reason the weakest
// guard counts.
func (m *meeting) starting(i int, d door, why started) bool {
	list := m.starts[i][d]
	n := slices.IndexFunc(list, func(s started) bool { return s.why == why.why })
	switch {
	case n < 0:
		m.starts[i][d] = append(list, why)
	case dataflow.Stronger(list[n].judged.Guard, why.judged.Guard):
		list[n] = why
	default:
		return false
	}
	return true
}

// begun joins the reasons for which app i does something with those for which others start it, and what stands before that
// with what stands before it then: as for one app, what needs no user decides where there is such. The lines show the start
// that decided.
func (m *meeting) begun(i int, doors []entrance, why []string, judged gated) ([]string, gated, string) {
	was := automatic(why)
	var best *started
	why = slices.Clone(why)
	for n := range doors {
		for _, x := range m.starts[i][doors[n].Door] {
			if x.judged = m.judged(i, &doors[n]).stronger(x.judged); x.judged.Off {
				continue
			}
			if !slices.Contains(why, x.why) {
				why = append(why, x.why)
			}
			if automatic([]string{x.why}) && (best == nil || dataflow.Stronger(best.judged.Guard, x.judged.Guard)) {
				best = &x
			}
		}
	}
	dataflow.SortReasons(why)
	if best == nil || was && !dataflow.Stronger(judged.Guard, best.judged.Guard) {
		return why, judged, ""
	}
	if best.judged.Guard != judged.Guard {
		judged = best.judged
	}
	return why, judged, best.how
}

// startedFact is a flow of app i with the reasons that other apps give it.
func (m *meeting) startedFact(i int, p *placed, f fact.Fact) fact.Fact {
	if len(p.Doors) == 0 || f.Fields.Get("disabled") == "yes" {
		return f
	}
	own := gated{f.Fields.Get("guard"), f.Fields.Get("gate"), f.Fields.Get("gate_default"), f.Fields.All("gate_set_by"), false}
	why, judged, how := m.begun(i, p.Doors, f.Fields.All("activation"), own)
	if len(why) == len(f.Fields.All("activation")) && how == "" {
		return f
	}
	f.Fields = f.Fields.With("activation", why...).With("automatic", yesNo(automatic(why)))
	if judged.Guard != own.Guard {
		f.Fields = judged.in(f.Fields)
	}
	if how != "" {
		ev := *f.Evidence
		lines := strings.Split(ev.Text, "\n")
		lines = slices.Insert(lines, min(2, len(lines)), how)
		ev.Text, ev.Mark = strings.Join(lines, "\n"), ev.Mark+strings.Count(how, "\n")+1
		f.Evidence = &ev
	}
	return f
}
