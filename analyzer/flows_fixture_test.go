package analyzer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"romscan/analyzer/fact"
	"romscan/analyzer/fact/endpoint"
	"romscan/analyzer/firmware/dataflow"
	"romscan/analyzer/image"
	"romscan/signatures"
)

// Cases in fixtures/flows state, in their leading comment, what has to be reported:
//
//	// expect: flow data=device.imei host=collector.example transport=http transform=plain activation=boot guard=none
//	// expect: none
//	// known: missed|false|wrong-… WHY      a limit that the case shows
//
// A field that is left out is not compared. Several transforms are joined by +, several activations by a comma; one
// with a question mark may be reported. sink= is the kind of call data leaves through, setby= why code runs that may switch
// the gate on, gate= what it reads, _ for a blank; - is none.
var flowFields = []string{"data", "host", "transport", "transform", "sink", "activation", "guard", "gate", "setby", "disabled", "laundered", "exact"}

// flowLine is a flow that is expected, or that was reported.
type flowLine map[string]string

func (l flowLine) String() string {
	var out []string
	for _, k := range flowFields {
		if v, ok := l[k]; ok {
			out = append(out, k+"="+v)
		}
	}
	return strings.Join(out, " ")
}

func parseFlowLines(list []string) (out []flowLine, err error) {
	for _, text := range list {
		words := strings.Fields(text)
		if len(words) == 1 && words[0] == "none" {
			continue
		}
		l := flowLine{}
		for _, w := range words[1:] {
			k, v, _ := strings.Cut(w, "=")
			if !slices.Contains(flowFields, k) || v == "" {
				return nil, fmt.Errorf("expect %q: %q", text, w)
			}
			l[k] = v
		}
		if words[0] != "flow" || l["data"] == "" {
			return nil, fmt.Errorf("expect %q", text)
		}
		out = append(out, l)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("nothing expected")
	}
	return out, nil
}

// sameActivation compares sets; what ends in a question mark may be absent. That other apps may start an exported
// component says nothing where it starts by itself.
func sameActivation(want, got string) bool {
	has := strings.Split(got, ",")
	var all []string
	for _, w := range strings.Split(want, ",") {
		name, optional := strings.CutSuffix(w, "?")
		if !optional && !slices.Contains(has, name) {
			return false
		}
		all = append(all, name)
	}
	for _, h := range has {
		if !slices.Contains(all, h) && h != "other-app" {
			return false
		}
	}
	return true
}

// judgeFlows pairs what was expected with what was reported, best match first, and names what is wrong: "ok",
// "missed", "false", "wrong-FIELD"; a case whose analysis was cut short is "cut" besides.
func judgeFlows(want, got []flowLine) (verdict string, pairs [][2]flowLine) {
	got = slices.Clone(got)
	var faults []string
	wrong := func(w, g flowLine) (out []string) {
		for _, k := range flowFields {
			v, ok := g[k]
			if _, asked := w[k]; !asked || !ok {
				continue
			}
			if w[k] != v && (k != "activation" || !sameActivation(w[k], v)) {
				out = append(out, "wrong-"+k)
			}
		}
		return out
	}
	for _, w := range want {
		best, least := -1, 99
		for i, g := range got {
			if n := len(wrong(w, g)); g["data"] == w["data"] && n < least {
				best, least = i, n
			}
		}
		if best < 0 {
			faults = append(faults, "missed")
			pairs = append(pairs, [2]flowLine{w, nil})
			continue
		}
		faults = append(faults, wrong(w, got[best])...)
		pairs = append(pairs, [2]flowLine{w, got[best]})
		got = slices.Delete(got, best, best+1)
	}
	for _, g := range got {
		faults = append(faults, "false")
		pairs = append(pairs, [2]flowLine{nil, g})
	}
	if len(faults) == 0 {
		return "ok", pairs
	}
	sort.Strings(faults)
	return strings.Join(slices.Compact(faults), ","), pairs
}

// flowsReported spells flow facts, every one once. A flow has a fact for each address it may go to.
func flowsReported(facts []fact.Fact) (out []flowLine) {
	hosts := map[string][]string{}
	lines := map[string]flowLine{}
	var order []string
	for _, f := range facts {
		to, host := f.Fields.Get("to"), f.Fields.Get("host")
		if f.Fields.Get("sink") == "process" {
			if i := strings.Index(to, "http"); i >= 0 {
				host = hostOf(to[i:])
			}
		}
		switch {
		case host != "":
		case f.Fields.Get("sink") == "sms" && to != "{}":
			host = to
		case f.Fields.Get("sink") == "native":
			host = "unknown"
		default:
			host = "computed"
		}
		l := flowLine{"data": f.Fields.Get("from"), "transform": strings.Join(f.Fields.All("transform"), "+"), "activation": strings.Join(f.Fields.All("activation"), ",")}
		for _, k := range []string{"transport", "sink", "guard", "disabled"} {
			l[k] = f.Fields.Get(k)
		}
		l["gate"], l["setby"] = "-", "-"
		if v := f.Fields.Get("gate"); v != "" {
			l["gate"] = strings.ReplaceAll(v, " ", "_")
		}
		if v := f.Fields.All("gate_set_by"); len(v) > 0 {
			l["setby"] = strings.Join(v, ",")
		}
		if v := f.Fields.Get("laundered"); v != "" {
			l["laundered"] = v
		}
		if f.Fields.Get("exact") == "no" {
			l["exact"] = "no"
		}
		k := fmt.Sprint(l.String(), f.At)
		if lines[k] == nil {
			lines[k] = l
			order = append(order, k)
		}
		hosts[k] = append(hosts[k], host)
	}
	seen := map[string]bool{}
	for _, k := range order {
		slices.Sort(hosts[k])
		l := lines[k]
		l["host"] = strings.Join(slices.Compact(hosts[k]), ",")
		if !seen[l.String()] {
			seen[l.String()] = true
			out = append(out, l)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].String() < out[j].String() })
	return out
}

// followCase follows data through all apps of a case and returns the flow facts, and where work was cut short.
func followCase(tb testing.TB, path, profile string, voc *dataflow.Vocabulary) (out []fact.Fact, gaps []image.Gap) {
	tb.Helper()
	owners, err := endpoint.LoadOwners(signatures.Owners())
	if err != nil {
		tb.Fatal(err)
	}
	r, rec, fw := readApps(tb, path)
	r.libs, r.offered = r.libraries(rec, fw, voc), offeredBy(rec, fw)
	apps := fw.Subjects()
	all := make([]followed, len(apps))
	for i, app := range apps {
		all[i], _ = r.followApp(context.Background(), rec, fw, app, voc, owners, profile)
	}
	m := meet(rec, apps, all)
	for i, found := range all {
		gaps = append(gaps, found.Gaps...)
		for _, p := range m.facts(i) {
			if p.Fact.Kind == "flow" || p.Fact.Kind == "setting" {
				out = append(out, p.Fact)
			}
		}
	}
	return out, gaps
}

const flowBaseline = "testdata/flows_baseline.txt"

// TestFlowCases measures the analysis of flows on the project's own cases. Verdicts are kept in a file, so that a case
// that gets worse, and one that gets better unnoticed, fails; ROMSCAN_UPDATE=1 writes it.
func TestFlowCases(t *testing.T) {
	cases := loadFlowCases(t)
	only := os.Getenv("ROMSCAN_CASE")
	if only != "" {
		cases = slices.DeleteFunc(cases, func(c *flowCase) bool { return !strings.Contains(c.id(), only) })
	}
	cache := buildFlowCases(t, cases)
	voc, err := signatures.API()
	if err != nil {
		t.Fatal(err)
	}
	hits := countHits(voc)
	s := &flowScore{categories: map[string]*[5]int{}, tables: map[string]map[[2]string]int{}}
	verdicts := map[string]string{}
	for _, c := range cases {
		want, err := parseFlowLines(c.all("expect"))
		if err != nil {
			t.Fatalf("%s: %v", c.id(), err)
		}
		results, gaps := followCase(t, c.path(cache), strings.Join(c.all("profile"), ""), voc)
		checkSwitches(t, c, results)
		results = slices.DeleteFunc(results, func(f fact.Fact) bool { return f.Kind != "flow" })
		got := flowsReported(results)
		told := func(l flowLine) bool { return l["exact"] == "no" }
		if !slices.ContainsFunc(want, told) { // no finding rests on those
			got = slices.DeleteFunc(got, told)
		}
		verdict, pairs := judgeFlows(want, got)
		if len(gaps) > 0 {
			t.Logf("%s: %s", c.id(), gaps[0].Detail)
			verdict = strings.TrimPrefix(verdict+",cut", "ok,")
		}
		verdicts[c.id()] = verdict
		s.add(c.category, verdict, pairs)
		known := strings.Join(c.all("known"), "; ")
		if verdict != "ok" || only != "" {
			t.Logf("%s: %s (known: %s)", c.id(), verdict, known)
			for _, p := range pairs {
				t.Logf("    want %v", p[0])
				t.Logf("    got  %v", p[1])
			}
			for _, f := range results {
				t.Logf("    flow %s -> %s %q %s gate %q default %q exact %s via %s", f.Fields.Get("source_call"), f.Fields.Get("sink_call"), f.Fields.Get("to"), f.At.Member, f.Fields.Get("gate"), f.Fields.Get("gate_default"), f.Fields.Get("exact"), f.Fields.Get("via"))
			}
		} else if known != "" {
			t.Logf("%s: ok, though known: %s", c.id(), known)
		}
	}
	t.Log("\n" + s.String())
	if only == "" {
		compareFlowBaseline(t, verdicts)
		compareUntested(t, hits)
	}
}

// compareFlowBaseline holds verdicts against the file.
func compareFlowBaseline(t *testing.T, verdicts map[string]string) {
	t.Helper()
	if os.Getenv("ROMSCAN_UPDATE") != "" {
		var lines []string
		for id, v := range verdicts {
			lines = append(lines, id+" "+v+"\n")
		}
		sort.Strings(lines)
		if err := writeFiles(map[string]string{flowBaseline: strings.Join(lines, "")}); err != nil {
			t.Fatal(err)
		}
		return
	}
	data, err := os.ReadFile(filepath.FromSlash(flowBaseline))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		id, old, _ := strings.Cut(strings.TrimSpace(line), " ")
		seen[id] = true
		switch now, ok := verdicts[id]; {
		case !ok:
			t.Errorf("%s: in the baseline, no such case", id)
		case now == old:
		case now == "ok":
			t.Logf("%s: %s no more: write the baseline anew", id, old)
		case old == "ok" || worse(old, now):
			t.Errorf("%s: was %s, is %s", id, old, now)
		default:
			t.Logf("%s: was %s, is %s", id, old, now)
		}
	}
	for id := range verdicts {
		if !seen[id] {
			t.Errorf("%s: not in the baseline", id)
		}
	}
}

// worse reports whether a verdict names a fault that the one before did not, or loses a flow.
func worse(old, now string) bool {
	before := strings.Split(old, ",")
	if slices.Contains(before, "missed") && !strings.Contains(now, "missed") {
		return false // found at last, if with the wrong details
	}
	for _, f := range strings.Split(now, ",") {
		if !slices.Contains(before, f) {
			return true
		}
	}
	return false
}

// flowScore counts verdicts.
type flowScore struct {
	categories map[string]*[5]int // expected, found, missed, false, cases that are right in everything
	tables     map[string]map[[2]string]int
}

func (s *flowScore) add(category, verdict string, pairs [][2]flowLine) {
	for _, name := range []string{category, "zz total"} {
		n := s.categories[name]
		if n == nil {
			n = new([5]int)
			s.categories[name] = n
		}
		for _, p := range pairs {
			switch {
			case p[0] == nil:
				n[3]++
			case p[1] == nil:
				n[0]++
				n[2]++
			default:
				n[0]++
				n[1]++
			}
		}
		if verdict == "ok" {
			n[4]++
		}
	}
	for _, p := range pairs {
		for _, k := range flowFields[1:] {
			w, g := p[0][k], p[1][k]
			if p[0] == nil || w == "" {
				continue
			}
			if p[1] == nil {
				g = "(missed)"
			} else if _, ok := p[1][k]; !ok {
				continue
			}
			if k == "activation" && p[1] != nil && sameActivation(w, g) {
				g = w
			}
			if s.tables[k] == nil {
				s.tables[k] = map[[2]string]int{}
			}
			s.tables[k][[2]string{w, g}]++
		}
	}
}

func (s *flowScore) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-14s %8s %6s %6s %6s %6s\n", "category", "expected", "found", "missed", "false", "exact")
	for _, name := range sortedKeys(s.categories) {
		n := s.categories[name]
		fmt.Fprintf(&b, "%-14s %8d %6d %6d %6d %6d\n", strings.TrimPrefix(name, "zz "), n[0], n[1], n[2], n[3], n[4])
	}
	for _, k := range []string{"guard", "activation", "transport", "transform", "host"} {
		t := s.tables[k]
		if len(t) == 0 {
			continue
		}
		right, all := 0, 0
		fmt.Fprintf(&b, "\n%s: expected -> reported\n", k)
		keys := make([][2]string, 0, len(t))
		for p := range t {
			keys = append(keys, p)
		}
		sort.Slice(keys, func(i, j int) bool { return keys[i][0]+" "+keys[i][1] < keys[j][0]+" "+keys[j][1] })
		for _, p := range keys {
			all += t[p]
			if p[0] == p[1] {
				right += t[p]
				if k == "host" {
					continue
				}
			}
			fmt.Fprintf(&b, "  %-24s -> %-24s %d\n", p[0], p[1], t[p])
		}
		fmt.Fprintf(&b, "  right: %d of %d\n", right, all)
	}
	return b.String()
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// hitsOf is how often cases met a line of the vocabulary, and whether it is marked as met by none.
type hitsOf struct {
	n        *int
	untested bool
}

// countHits gives every line of the vocabulary a counter.
func countHits(voc *dataflow.Vocabulary) map[string]hitsOf {
	out := map[string]hitsOf{}
	for class, byName := range voc.Calls {
		for _, list := range byName {
			for _, c := range list {
				line := class + "->" + c.Name + c.Proto
				h, known := out[line]
				if !known {
					h = hitsOf{n: new(int), untested: c.Untested}
				}
				h.untested = h.untested && c.Untested
				if c.Hits = h.n; c.Profile == "" {
					out[line] = h
				}
			}
		}
	}
	return out
}

// compareUntested holds the lines of the vocabulary against what cases met: a line is met, or marked.
func compareUntested(t *testing.T, hits map[string]hitsOf) {
	t.Helper()
	met := 0
	for _, line := range sortedKeys(hits) {
		h := hits[line]
		if *h.n > 0 {
			met++
		}
		switch {
		case *h.n == 0 && !h.untested:
			t.Errorf("%s: no case meets this line of signatures/api: write one, or mark the line untested", line)
		case *h.n > 0 && h.untested:
			t.Errorf("%s: a case meets this line of signatures/api: take the mark away", line)
		}
	}
	t.Logf("%d of %d lines of the vocabulary are met by a case", met, len(hits))
}
