package dataflow

import (
	"slices"
	"strings"
)

// label is a set of reasons for which a method runs.
type label uint32

// The reasons: the words of the fact kind flow, in their order, and two that only this package uses.
const (
	byBoot label = 1 << iota
	byTelephony
	byConnectivity
	byPackage
	byPush
	bySchedule
	byObserver
	byProcess
	bySMS
	byUser
	byOtherApp
	byUnknown
	byTap  // a user's action: among byUser
	labels = 13
)

// automatic are the reasons that need no user.
const automatic = byBoot | byTelephony | byConnectivity | byPackage | byPush | bySchedule | byObserver | byProcess | bySMS

var labelNames = [...]string{"boot", "telephony", "connectivity", "package", "push", "schedule", "observer", "process", "sms", "user", "other-app", "unknown"}

func (l label) names() []string {
	var out []string
	for i, n := range labelNames {
		if l&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return out
}

// triggerLabels translate the triggers of the fact kind autostart.
var triggerLabels = map[string]label{
	"boot-completed": byBoot, "persistent": byProcess, "telephony": byTelephony, "sms": bySMS, "connectivity": byConnectivity,
	"package": byPackage, "push": byPush, "schedule": bySchedule, "sync": bySchedule, "observer": byObserver, "process": byProcess,
	"power": byObserver, "time": bySchedule, "user-present": byObserver, "account": byObserver, "system-role": byProcess, "init": byProcess,
}

// taps are callbacks that only a user's action leads to.
var taps = map[string]bool{
	"onClick": true, "onLongClick": true, "onTouch": true, "onItemClick": true, "onItemSelected": true, "onPreferenceChange": true,
	"onPreferenceClick": true, "onPreferenceTreeClick": true, "onCheckedChanged": true, "onMenuItemClick": true, "onOptionsItemSelected": true,
	"onEditorAction": true, "onKey": true, "onKeyDown": true, "onTextChanged": true, "onProgressChanged": true, "onRatingChanged": true,
	"onContextItemSelected": true, "onListItemClick": true, "onMultiChoiceClick": true, "onStopTrackingTouch": true,
}

// reachability is why every method runs, and what all ways to it have in common.
type reachability struct {
	a     *analysis
	why   map[*Method]label
	in    map[*Method][]callEdge
	gates [labels]map[*Method]condset
	known map[cond]judged
	depth int // of fields being judged
	// What automatic reasons lead to, but not through sync adapters; and neither through those nor dispatchers.
	unsynced, direct map[*Method]bool
}

// starts returns why the platform calls a component.
func (a *analysis) startLabel(class, method string) label {
	app := label(0)
	for i := range a.app.Components {
		if c := &a.app.Components[i]; c.Enabled && c.Kind != "main" {
			for _, t := range c.Triggers {
				app |= triggerLabels[t]
			}
		}
	}
	for _, t := range a.app.Triggers {
		app |= triggerLabels[t]
	}
	if class == a.app.Application && class != "" {
		return processLabel(app)
	}
	c := a.app.component(class)
	if c == nil {
		return byUnknown
	}
	if l, ok := programLabel(c); ok {
		return l
	}
	out := label(0)
	switch c.Kind {
	case "activity":
		if taps[method] || a.tapped(method) {
			return byUser | byTap
		}
		return byUser
	case "provider":
		if method == "onCreate" || method == "<init>" {
			return processLabel(app)
		}
		if c.Exported {
			return byOtherApp
		}
		return 0
	}
	for _, t := range c.Triggers {
		out |= triggerLabels[t]
	}
	if slices.Contains(c.Actions, "android.provider.Telephony.SECRET_CODE") {
		out |= byUser | byTap
	}
	if a.u.is(class, "Landroid/app/job/JobService;") {
		out |= bySchedule
	}
	if out == 0 && c.Exported {
		out = byOtherApp
	}
	if out == 0 && a.profile == "droidbench" {
		out = byUnknown // whose labels count every component that the manifest declares
	}
	return out
}

func (a *analysis) tapped(method string) bool { return a.app.Clicks[method] }

// processLabel is why a process starts: automatically if one of its components does, else for the user.
func processLabel(app label) label {
	if app&automatic != 0 {
		return byProcess
	}
	return byUser
}

// reached follows all calls from the entries.
func (a *analysis) reached() *reachability {
	r := &reachability{a: a, why: map[*Method]label{}, in: map[*Method][]callEdge{}, known: map[cond]judged{}}
	out := map[*Method][]callEdge{}
	for _, e := range a.edgeList {
		r.in[e.to] = append(r.in[e.to], e)
		out[e.from] = append(out[e.from], e)
	}
	entry := map[*Method]label{}
	for m, class := range a.entries {
		entry[m] |= a.startLabel(class, m.Name)
	}
	var todo []*Method
	for m, l := range entry {
		r.why[m] = l
		todo = append(todo, m)
	}
	slices.SortFunc(todo, func(x, y *Method) int { return int(x.id) - int(y.id) })
	for len(todo) > 0 {
		m := todo[0]
		todo = todo[1:]
		for _, e := range out[m] {
			l := along(r.why[m], e)
			if r.why[e.to]|l != r.why[e.to] {
				r.why[e.to] |= l
				todo = append(todo, e.to)
			}
		}
	}
	for bit := range labels {
		r.gates[bit] = r.common(entry, out, label(1)<<bit)
	}
	return r
}

// along is why a callee runs, when its caller does for l. What the user does is not automatic, whoever asked to be told.
func along(l label, e callEdge) label {
	if e.async && taps[e.to.Name] {
		return byUser | byTap
	}
	if l != 0 {
		l |= e.adds
	}
	return l
}

// common finds, for one reason, the conditions that hold on every way to each method.
func (r *reachability) common(entry map[*Method]label, out map[*Method][]callEdge, bit label) map[*Method]condset {
	a := r.a
	gate := map[*Method]condset{}
	var todo []*Method
	for m, l := range entry {
		if l&bit != 0 {
			gate[m] = 0
			todo = append(todo, m)
		}
	}
	for from, list := range out { // a reason that an edge adds begins there
		for _, e := range list {
			if e.adds&bit != 0 && r.why[from] != 0 {
				if old, seen := gate[e.to]; seen {
					gate[e.to] = a.c.both(old, e.conds)
				} else {
					gate[e.to] = e.conds
				}
				todo = append(todo, e.to)
			}
		}
	}
	slices.SortFunc(todo, func(x, y *Method) int { return int(x.id) - int(y.id) })
	todo = slices.Compact(todo)
	for rounds := 0; len(todo) > 0 && rounds < 2_000_000; rounds++ {
		m := todo[0]
		todo = todo[1:]
		for _, e := range out[m] {
			g := a.c.and(gate[m], e.conds)
			if e.async && taps[e.to.Name] {
				if bit&(byUser|byTap) == 0 {
					continue
				}
				g = 0
			}
			old, seen := gate[e.to]
			if seen {
				g = a.c.both(old, g)
			}
			if !seen || g != old {
				gate[e.to] = g
				todo = append(todo, e.to)
			}
		}
	}
	return gate
}

// way returns the calls that lead from an entry to a method, for evidence: the shortest, entries first.
func (r *reachability) way(m *Method) []Site {
	type step struct {
		m    *Method
		via  uint32
		next int
	}
	queue := []step{{m, 0, -1}}
	seen := map[*Method]bool{m: true}
	for i := 0; i < len(queue) && len(queue) < 10_000; i++ {
		s := queue[i]
		if _, entry := r.a.entries[s.m]; entry {
			var out []Site
			for j := i; j >= 0; j = queue[j].next {
				if queue[j].via != 0 && r.a.sites[queue[j].via].Method != nil {
					out = append(out, r.a.sites[queue[j].via])
				}
			}
			return out
		}
		for _, e := range r.in[s.m] {
			if !seen[e.from] {
				seen[e.from] = true
				queue = append(queue, step{e.from, e.site, i})
			}
		}
	}
	return nil
}

// isPreference reports whether a place is one an app keeps its own settings in.
func isPreference(s string) bool { return strings.HasPrefix(s, "pref:") }
