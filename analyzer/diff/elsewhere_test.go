package diff

import (
	"testing"

	"romscan/analyzer/fact"
	"romscan/analyzer/finding"
)

// TestOtherApps: what an app no longer sends, or sends now, is looked for in the other apps of the other image.
func TestOtherApps(t *testing.T) {
	pack := flowPack(t)
	apps := func(flows map[string][]fact.Fact, cut ...string) Side {
		files := []file{base}
		for sum, name := range []string{"a", "b"} {
			if list, ok := flows[name]; ok {
				f := file{name: "system/app/" + name + ".apk", sum: byte(sum), facts: pkg(name, append(list, fact.Fact{Kind: "dex", Fields: fact.F("version", "035")})...)}
				if len(cut) > 0 && cut[0] == name {
					f.gap = "flows through this app may be missing"
				}
				files = append(files, f)
			}
		}
		s := side(files...)
		s.Firmware.Record.Flows = true
		for i := range s.Firmware.Record.Units {
			for j := range s.Firmware.Record.Units[i].Gaps {
				s.Firmware.Record.Units[i].Gaps[j].By = "flow"
			}
		}
		s.Findings = finding.Match(s.Firmware, pack)
		return s
	}
	one := func(pairs ...string) []fact.Fact { return []fact.Fact{flow(append(pairs, "domain", "example")...)} }
	type in = map[string][]fact.Fact
	for _, c := range []struct {
		name          string
		before, after Side
		want          []string
	}{
		{"another app took it over", apps(in{"a": one(), "b": nil}), apps(in{"a": nil, "b": one()}), []string{"changed now sent by b, no longer by a"}},
		{"a new app took it over", apps(in{"a": one()}), apps(in{"b": one("guard", "unknown")}), []string{"changed now sent by b, no longer by a; was ROM2001; severity critical → low; gate appeared: not decided"}},
		{"it did so before", apps(in{"a": one(), "b": one()}), apps(in{"a": nil, "b": one()}),
			[]string{"fixed gone: nothing that was followed in the app goes to a.example any more; device.imei goes to a.example from b", "still-there "}},
		{"to another host", apps(in{"a": one()}), apps(in{"b": one("to", "http://c.example/", "host", "c.example")}),
			[]string{"fixed the app is gone; device.imei goes to other hosts of example from b", "new the app is new; device.imei went to other hosts of example from a"}},
		{"other data", apps(in{"a": one()}), apps(in{"b": one("from", "device.imsi")}), []string{"fixed the app is gone", "new the app is new"}},
		{"a flow that is not sure", apps(in{"a": one("exact", "no"), "b": nil}), apps(in{"a": nil, "b": one()}), []string{"new nothing that was followed in the app went to a.example before"}},
		{"the old app does not name it any more", apps(in{"a": one(), "b": nil}), apps(in{"a": nil, "b": one()}, "a"), []string{"changed now sent by b, no longer by a"}},
		{"the old app may still", apps(in{"a": one(), "b": nil}), apps(in{"a": {endpoint("a.example")}, "b": one()}, "a"),
			[]string{"new nothing that was followed in the app went to a.example before; device.imei went to a.example from a",
				"cannot-tell gone: nothing that was followed in the app goes to a.example any more; device.imei goes to a.example from b; the flows of a are not all known in in"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, f := range Compare(c.before, c.after).Findings {
				got = append(got, string(f.State)+" "+f.Reason)
			}
			if len(got) != len(c.want) {
				t.Fatalf("got %q, want %q", got, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("got %q, want %q", got[i], c.want[i])
				}
			}
		})
	}
}
