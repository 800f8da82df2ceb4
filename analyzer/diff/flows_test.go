package diff

import (
	"strings"
	"testing"

	"romscan/analyzer/fact"
	"romscan/analyzer/finding"
	"romscan/signatures"
)

// flow makes a flow of the IMEI to a server; pairs change its fields.
func flow(pairs ...string) fact.Fact {
	f := fact.F("from", "device.imei", "sink", "network", "to", "http://a.example/reg", "host", "a.example", "transport", "http",
		"transform", "plain", "guard", "none", "activation", "boot", "automatic", "yes", "disabled", "no", "exact", "yes", "sink_call", "LHttp;->post()V")
	for i := 0; i < len(pairs); i += 2 {
		f = f.With(pairs[i], strings.Fields(strings.ReplaceAll(pairs[i+1], ",", " "))...)
	}
	return fact.Fact{Kind: "flow", Fields: f, At: fact.Place{Offset: -1, Member: "La/Http;->send()V"}}
}

// flowSide is an image with one app; code says whether its code is there, cut whether its flows are all known.
func flowSide(pack *signatures.Pack, followed, code, cut bool, flows ...fact.Fact) Side {
	f := file{name: "system/app/A.apk", sum: byte(len(flows)), facts: pkg("a", flows...)}
	if code {
		f.facts = append(f.facts, fact.Fact{Kind: "dex", Fields: fact.F("version", "035")})
	}
	if cut {
		f.gap = "flows through this app may be missing"
	}
	s := side(base, f)
	s.Firmware.Record.Flows = followed
	for i := range s.Firmware.Record.Units {
		for j := range s.Firmware.Record.Units[i].Gaps {
			s.Firmware.Record.Units[i].Gaps[j].By = "flow"
		}
	}
	s.Findings = finding.Match(s.Firmware, pack)
	return s
}

// endpoint is a host that is named in a file.
func endpoint(host string) fact.Fact {
	return fact.Fact{Kind: "endpoint", Fields: fact.F("host", host), At: fact.Place{Offset: -1}}
}

// flowPack is the signatures of identifiers that flow, without the one that tells the same flows again.
func flowPack(t *testing.T) *signatures.Pack {
	t.Helper()
	all, err := signatures.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	out := &signatures.Pack{}
	for _, id := range []string{"ROM2001", "ROM2002", "ROM2003", "ROM2004", "ROM2005", "ROM2007"} {
		out.Signatures = append(out.Signatures, all.Lookup(id))
	}
	return out
}

func TestFlowStates(t *testing.T) {
	pack := flowPack(t)
	https := []string{"to", "https://a.example/reg", "transport", "https"}
	with := func(list []string, more ...string) fact.Fact {
		return flow(append(append([]string{}, list...), more...)...)
	}
	full := func(flows ...fact.Fact) Side { return flowSide(pack, true, true, false, flows...) }
	for _, c := range []struct {
		name          string
		before, after Side
		want          []string // state and reason
	}{
		{"the same", full(flow()), full(flow()), []string{"still-there "}},
		{"another of the same flows comes first", full(flow(), flow("to", "http://a.example/b")), full(flow("to", "http://a.example/b"), flow()), []string{"still-there "}},
		{"gate appeared", full(flow()), full(flow("guard", "opt-in", "gate", "pref:up", "gate_default", "off")),
			[]string{"fixed now ROM2005; gate appeared: opt-in (pref:up, default off)"}},
		{"gate appeared, but other ways may be missing", full(flow()), flowSide(pack, true, true, true, flow("guard", "opt-in", "gate", "pref:up", "gate_default", "off")),
			[]string{"changed was ROM2001; severity critical → info; gate appeared: opt-in (pref:up, default off)"}},
		{"gate vanished", full(flow("guard", "opt-in", "gate", "pref:up", "gate_default", "off")), full(flow()),
			[]string{"changed was ROM2005; severity info → critical; gate vanished: opt-in (pref:up, default off) stood before it"}},
		{"switched on by more", full(flow("guard", "opt-in", "gate", "pref:up", "gate_default", "off", "gate_set_by", "user")),
			full(flow("guard", "opt-in", "gate", "pref:up", "gate_default", "off", "gate_set_by", "user,other-app")),
			[]string{"changed gate now also switched on by other-app"}},
		{"default turned", full(flow("guard", "opt-in", "gate", "pref:up", "gate_default", "off")), full(flow("guard", "opt-out", "gate", "pref:up", "gate_default", "on")),
			[]string{"changed was ROM2005; severity info → medium; gate: opt-in (pref:up, default off) → opt-out (pref:up, default on)"}},
		{"a field was renamed", full(flow("guard", "unknown", "gate", "La/b;->c:Z")), full(flow("guard", "unknown", "gate", "La/d;->e:Z")), []string{"still-there "}},
		{"TLS now", full(flow()), full(with(https)), []string{"changed was ROM2001; severity critical → high; transport: http → https"}},
		{"started by more", full(flow()), full(flow("activation", "boot,push")), []string{"changed now also started by push"}},
		{"the user starts it now", full(with(https)), full(with(https, "activation", "user", "automatic", "no")),
			[]string{"changed was ROM2002; severity high → info; no longer starts by itself; now also started by user; no longer started by boot"}},
		{"endpoint moved", full(flow()), full(flow("to", "http://b.example/reg", "host", "b.example")), []string{"changed endpoint moved: a.example/reg → b.example/reg"}},
		{"data gained", full(flow()), full(flow(), flow("from", "device.imsi")), []string{"still-there ", "new data gained: device.imsi goes where device.imei went before"}},
		{"data lost", full(flow(), flow("from", "device.imsi")), full(flow()), []string{"fixed data lost: device.imsi no longer goes there, device.imei still does", "still-there "}},
		{"gone", full(flow()), full(flow("from", "operator.name", "to", "http://c.example/", "host", "c.example")), []string{"fixed gone: nothing that was followed in the app goes to a.example any more"}},
		{"gone, but the flows are cut", full(flow()), flowSide(pack, true, true, true, endpoint("a.example")), []string{"cannot-tell gone: nothing that was followed in the app goes to a.example any more; the flows of a are not all known in in"}},
		{"gone, but the code is missing", full(flow()), flowSide(pack, true, false, false), []string{"cannot-tell gone: nothing that was followed in the app goes to a.example any more; the code of a is not in in"}},
		{"gone, but nothing was followed", full(flow()), flowSide(pack, false, true, false), []string{"cannot-tell gone: nothing that was followed in the app goes to a.example any more; no data was followed through code in in"}},
		{"gone and named nowhere", full(flow()), flowSide(pack, true, true, true, endpoint("b.example")), []string{"fixed gone: a.example is not named in a any more"}},
		{"gone, but the domain is named", full(flow("host", "x.a.example")), flowSide(pack, true, true, true, endpoint("a.example")),
			[]string{"cannot-tell gone: nothing that was followed in the app goes to x.a.example any more; the flows of a are not all known in in"}},
		{"gone, but it goes to a computed address", full(flow()), flowSide(pack, true, true, true, flow("to", "http://{}/x", "host", "{}", "sink_call", "LX;->y()V")),
			[]string{"new nothing that was followed in the app went to {} before", "cannot-tell gone: nothing that was followed in the app goes to a.example any more; the flows of a are not all known in in"}},
		{"gone, but another app's data", full(flow("origin", "b")), flowSide(pack, true, true, true),
			[]string{"cannot-tell gone: nothing that was followed in the app goes to a.example any more; the flows of a are not all known in in"}},
		{"new where the old flows are cut", flowSide(pack, true, true, true, endpoint("a.example")), full(flow()), []string{"cannot-tell nothing that was followed in the app went to a.example before; the flows of a are not all known in in"}},
		{"new and named nowhere before", flowSide(pack, true, true, true), full(flow()), []string{"new a.example was not named in a before"}},
		{"cut on both sides but seen", flowSide(pack, true, true, true, flow()), flowSide(pack, true, true, true, with(https)), []string{"changed was ROM2001; severity critical → high; transport: http → https"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, f := range Compare(c.before, c.after).Findings {
				got = append(got, string(f.State)+" "+f.Reason)
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// TestCutFlowsDecideNothingElse: that flows of an app are not all known does not touch what its manifest says.
func TestCutFlowsDecideNothingElse(t *testing.T) {
	before := side(base, file{name: "system/app/A.apk", sum: 1, facts: pkg("a", permission("P"))})
	after := side(base, file{name: "system/app/A.apk", sum: 2, facts: pkg("a"), gap: "flows may be missing"})
	after.Firmware.Record.Units[1].Gaps[0].By = "flow"
	if d := Compare(before, after); len(d.Findings) != 1 || d.Findings[0].State != Fixed {
		t.Errorf("%+v", d.Findings)
	}
}
