package finding

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
	"romscan/analyzer/image"
	"romscan/signatures"
)

func TestBuiltinSignatures(t *testing.T) {
	pack, err := signatures.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range RunTests(pack) {
		if r.Skipped == "" && !r.OK && !r.Test.Todo {
			t.Errorf("%s %s:%d %q: %d hits, want %d", r.Signature.ID, r.Test.Pos.File, r.Test.Pos.Line, r.Test.Name, r.Got, r.Test.Hits)
		}
	}
	for _, s := range pack.Signatures {
		for _, c := range Idle(pack, s) {
			t.Errorf("%s %s: no test notices when clause %s is dropped", s.ID, s.File, c)
		}
	}
}

// sig builds a signature around a match, with the parts every file needs.
func sig(id, scope, match, rest string) string {
	return "id: " + id + "\nname: Probe" + id + "\nversion: 1\nstatus: test\nseverity: low\nprecision: high\ntitle: t\nsummary: s\nwhy: w\nfix: f\n" +
		"references: [{title: r}]\nscope: " + scope + "\nmatch:\n" + match + rest +
		"tests:\n  - { name: hit, facts: [{fact: permission, name: P}], hits: 1 }\n  - { name: miss, facts: [{fact: permission, name: Q}], hits: 0 }\n"
}

func load(t *testing.T, texts ...string) *signatures.Pack {
	t.Helper()
	m := fstest.MapFS{}
	for i, s := range texts {
		m[strings.Repeat("s", i+1)+".yaml"] = &fstest.MapFile{Data: []byte(s)}
	}
	p, err := signatures.Load(m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// record holds two apps: one asks for P twice over and names a host, the other asks for Q.
func record(prefix string) *fact.Record {
	mk := func(name, pkg string, facts ...fact.Fact) fact.Unit {
		p := image.Path{{Name: "in"}, {Container: "otazip", Name: prefix + name, Offset: -1}}
		facts = append([]fact.Fact{{Kind: "package", Fields: fact.F("name", pkg)}}, facts...)
		for i := range facts {
			facts[i].At.Path = p
		}
		return fact.Unit{File: fact.FileInfo{Path: p}, Facts: facts}
	}
	f := func(k fact.Kind, pairs ...string) fact.Fact { return fact.Fact{Kind: k, Fields: fact.F(pairs...)} }
	one := mk("A.apk", "a", f("permission", "name", "P"), f("endpoint", "host", "x.b.example", "value", "http://x.b.example/"),
		f("endpoint", "host", "c.example", "value", "http://c.example/"))
	one.Tables = []*fact.Table{{Kind: "string", Column: "value", Common: fact.F("source", "dex"), Path: one.File.Path, Values: []string{"alpha", "alphabet", "beta"}}}
	return &fact.Record{Header: fact.Header{Filesystems: []string{"otazip"}}, Units: []fact.Unit{one, mk("B.apk", "b", f("permission", "name", "Q"))}}
}

func TestMatch(t *testing.T) {
	tail := "message: \"{app}\"\nsteps: [x]\nfingerprint: [app]\n"
	for _, c := range []struct {
		name, match, rest string
		want              []string // messages
	}{
		{"scalar", "  all: [{as: x, fact: permission, with: {name: P}}]\n", tail, []string{"a"}},
		{"list is any of", "  all: [{as: x, fact: permission, with: {name: [P, Q]}}]\n", tail, []string{"a", "b"}},
		{"regular expression", "  all: [{as: x, fact: permission, with: {name: \"~^[PQ]$\"}}]\n", tail, []string{"a", "b"}},
		{"all must meet in one app", "  all: [{as: x, fact: permission, with: {name: P}}, {fact: permission, with: {name: Q}}]\n", tail, nil},
		{"none", "  all: [{as: x, fact: permission}]\n  none: [{fact: endpoint}]\n", tail, []string{"b"}},
		{"any", "  any: [{as: x, fact: endpoint, with: {host: c.example}}, {as: x, fact: permission, with: {name: Q}}]\n", tail, []string{"a", "b"}},
		{"domain and below", "  all: [{as: x, fact: endpoint, with: {under: b.example}}]\n", "message: \"{x.host}\"\nsteps: [x]\nfingerprint: [app]\n", []string{"x.b.example"}},
		{"prefix in a table", "  all: [{as: x, fact: string, with: {prefix: alpha}}]\n", "message: \"{x.value}\"\nsteps: [x]\nfingerprint: [app, x.value]\n", []string{"alpha", "alphabet"}},
		{"contains in a table", "  all: [{as: x, fact: string, with: {contains: et}}]\n", "message: \"{x.value}\"\nsteps: [x]\nfingerprint: [app, x.value]\n", []string{"alphabet", "beta"}},
		{"value in a table", "  all: [{as: x, fact: string, with: {value: beta, source: dex}}]\n", "message: \"{x}\"\nsteps: [x]\nfingerprint: [app]\n", []string{"beta"}},
		{"common field of a table", "  all: [{as: x, fact: string, with: {value: beta, source: native}}]\n", tail, nil},
		{"where the file lies", "  all: [{as: x, fact: permission, with: {dir: /system/app/, partition: system}}]\n", tail, []string{"a", "b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			fw := firmware.Assemble(record("system/app/"))
			var got []string
			for _, f := range Match(fw, load(t, sig("ROM9001", "app", c.match, c.rest))) {
				got = append(got, f.Message)
				if len(f.Steps) == 0 || len(f.Fingerprint) != 32 {
					t.Errorf("finding without steps or fingerprint: %+v", f)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestClearestFirst: of flows that make one finding the one with the most of its address known is told, in whatever order they come.
func TestClearestFirst(t *testing.T) {
	pack := load(t, sig("ROM9001", "app", "  all: [{as: x, fact: flow, with: {sink: network}}]\n", "message: \"{x.to}\"\nsteps: [x]\nfingerprint: [app, x.host]\n"))
	for _, c := range []struct {
		to   []string
		want string
	}{
		{[]string{"http://a.example/dev/{}", "http://a.example/dev/{}/start"}, "http://a.example/dev/{}/start"},
		{[]string{"http://a.example{}/b", "http://a.example/dev/{}/b"}, "http://a.example/dev/{}/b"},
		{[]string{"http://a.example/one", "http://a.example/two/and/more"}, "http://a.example/one"},
		{[]string{"http://a.example/one?{}", "http://a.example/two/and/more?{}"}, "http://a.example/one?{}"},
	} {
		for _, back := range []bool{false, true} {
			if back && c.want != c.to[0] {
				slices.Reverse(c.to)
			}
			rec := record("system/app/")
			for _, to := range c.to {
				f := fact.Fact{Kind: "flow", Fields: fact.F("from", "device.imei", "sink", "network", "host", "a.example", "to", to)}
				f.At.Path = rec.Units[0].File.Path
				rec.Units[0].Facts = append(rec.Units[0].Facts, f)
			}
			got := Match(firmware.Assemble(rec), pack)
			if len(got) != 1 || got[0].Message != c.want || got[0].Steps[0].Fact.Fields.Get("to") != c.want || got[0].More != len(c.to)-1 {
				t.Errorf("%q: %+v", c.to, got)
			}
		}
	}
}

// TestPlainestFirst: of flows that differ in what is done to the data alone, that is told in which least is.
func TestPlainestFirst(t *testing.T) {
	pack := load(t, sig("ROM9001", "app", "  all: [{as: x, fact: flow, with: {sink: network}}]\n", "message: \"{x.transform} {x.to}\"\nsteps: [x]\nfingerprint: [app, x.host]\n"))
	type form struct{ transform, to, guard string }
	for _, c := range []struct {
		forms []form
		want  string
	}{
		{[]form{{"hashed encoded", "http://a.example/b", "none"}, {"plain", "http://a.example/b", "none"}}, "plain http://a.example/b"},
		{[]form{{"encrypted", "http://a.example/b", "none"}, {"hashed encoded", "http://a.example/b", "none"}, {"hashed encrypted", "http://a.example/b", "none"}}, "hashed, encoded http://a.example/b"},
		{[]form{{"hashed", "http://a.example/b", "none"}, {"encoded compressed", "http://a.example/b", "none"}}, "encoded, compressed http://a.example/b"},
		{[]form{{"hashed", "http://a.example/b", "none"}, {"plain", "http://a.example/c", "none"}}, "hashed http://a.example/b"},   // elsewhere
		{[]form{{"hashed", "http://a.example/b", "none"}, {"plain", "http://a.example/b", "opt-in"}}, "hashed http://a.example/b"}, // behind more
		{[]form{{"plain", "http://a.example/{}", "none"}, {"hashed", "http://a.example/b", "none"}, {"encoded", "http://a.example/b", "none"}}, "encoded http://a.example/b"},
	} {
		rec := record("system/app/")
		for _, o := range c.forms {
			f := fact.Fact{Kind: "flow", Fields: fact.F("from", "device.imei", "sink", "network", "host", "a.example", "to", o.to, "guard", o.guard).With("transform", strings.Fields(o.transform)...)}
			f.At.Path = rec.Units[0].File.Path
			rec.Units[0].Facts = append(rec.Units[0].Facts, f)
		}
		got := Match(firmware.Assemble(rec), pack)
		if len(got) != 1 || got[0].Message != c.want || got[0].More != len(c.forms)-1 {
			t.Errorf("%v: %+v", c.forms, got)
		}
	}
}

// TestFingerprintSurvivesMove: another path, the same finding.
func TestFingerprintSurvivesMove(t *testing.T) {
	pack := load(t, sig("ROM9001", "app", "  all: [{as: x, fact: permission, with: {name: P}}]\n", "message: m\nsteps: [x]\nfingerprint: [app, x.name]\n"))
	a := Match(firmware.Assemble(record("system/app/")), pack)
	b := Match(firmware.Assemble(record("system/priv-app/")), pack)
	if len(a) != 1 || len(b) != 1 || a[0].Fingerprint != b[0].Fingerprint || a[0].Device == b[0].Device {
		t.Errorf("%+v\n%+v", a, b)
	}
}

// TestUse: a signature builds on another's hit and takes over its steps.
func TestUse(t *testing.T) {
	base := sig("ROM9001", "app", "  all: [{as: x, fact: permission, with: {name: [P, Q]}}]\n", "message: m\nsteps: [x]\nfingerprint: [app]\n")
	top := sig("ROM9002", "app", "  all: [{as: y, use: ROM9001}, {fact: endpoint}]\n", "message: \"{app}\"\nsteps: [y]\nfingerprint: [app]\n")
	var got []string
	for _, f := range Match(firmware.Assemble(record("system/app/")), load(t, base, top)) {
		if f.Signature.ID == "ROM9002" {
			got = append(got, f.Message+" "+f.Steps[0].As)
		}
	}
	if diff := cmp.Diff([]string{"a x"}, got); diff != "" {
		t.Error(diff)
	}
}
