package diff

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"romscan/analyzer/fact"
	"romscan/analyzer/finding"
	"romscan/analyzer/firmware"
	"romscan/analyzer/image"
	"romscan/signatures"
)

type file struct {
	name  string
	sum   byte
	facts []fact.Fact
	gap   string
}

func pkg(name string, more ...fact.Fact) []fact.Fact {
	return append([]fact.Fact{{Kind: "package", Fields: fact.F("name", name)}}, more...)
}

func permission(name string) fact.Fact {
	return fact.Fact{Kind: "permission", Fields: fact.F("name", name)}
}

var bad = &signatures.Signature{ID: "ROM9001", Severity: "high", Scope: "app", Message: "{app} asks", Steps: []string{"p"}, Fingerprint: []string{"app", "p.name"},
	Match: signatures.Match{
		All:  []signatures.Clause{{As: "p", Fact: "permission", With: []signatures.Condition{{Field: "name", Values: []signatures.Pattern{{Text: "P"}}}}}},
		None: []signatures.Clause{{Fact: "feature", With: []signatures.Condition{{Field: "name", Values: []signatures.Pattern{{Text: "opt-in"}}}}}},
	}}

func side(files ...file) Side {
	r := &fact.Record{Header: fact.Header{Input: "in", Filesystems: []string{"otazip"}, Complete: true}}
	for _, f := range files {
		p := image.Path{{Name: "in"}, {Container: "otazip", Name: f.name, Offset: -1}}
		u := fact.Unit{File: fact.FileInfo{Path: p, Mode: 0o644, Size: 1, SHA256: fact.Digest{f.sum}}, Facts: f.facts}
		if f.gap != "" {
			u.Gaps = []image.Gap{{At: p, Reason: image.Malformed, Detail: f.gap}}
		}
		r.Units = append(r.Units, u)
	}
	fw := firmware.Assemble(r)
	return Side{fw, finding.Match(fw, &signatures.Pack{Signatures: []*signatures.Signature{bad}})}
}

var base = file{name: "system/build.prop", sum: 9}

func TestFindingStates(t *testing.T) {
	was := file{name: "system/app/A.apk", sum: 1, facts: pkg("a", permission("P"))}
	for _, c := range []struct {
		name          string
		before, after Side
		state         State
		reason        string
	}{
		{"still there", side(base, was), side(base, was), StillThere, ""},
		{"moved", side(base, was), side(base, file{name: "system/priv-app/A.apk", sum: 1, facts: was.facts}), StillThere, "moved from /system/app/A.apk"},
		{"permission dropped", side(base, was), side(base, file{name: was.name, sum: 2, facts: pkg("a", permission("Q"))}), Fixed, "gone: permission name=P"},
		{"guard appeared", side(base, was), side(base, file{name: was.name, sum: 2, facts: pkg("a", permission("P"), fact.Fact{Kind: "feature", Fields: fact.F("name", "opt-in")})}), Fixed, "appeared: feature opt-in"},
		{"app removed", side(base, was), side(base), Fixed, "the app is gone"},
		{"app not read", side(base, was), side(base, file{name: was.name, sum: 2, facts: pkg("a"), gap: "broken"}), CannotTell, "system/app/A.apk was not fully read in in: broken"},
		{"partition not there", side(base, was), side(file{name: "vendor/build.prop", sum: 9}), CannotTell, "partition system was not read in in"},
		{"new", side(base), side(base, was), New, "the app is new"},
		{"new where the old was not read", side(base, file{name: was.name, sum: 2, facts: pkg("a"), gap: "broken"}), side(base, was), CannotTell, "system/app/A.apk was not fully read in in: broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := Compare(c.before, c.after)
			if len(d.Findings) != 1 || d.Findings[0].State != c.state || d.Findings[0].Reason != c.reason {
				t.Errorf("got %+v, want %s %q", d.Findings, c.state, c.reason)
			}
		})
	}
}

func TestFilesAndPackages(t *testing.T) {
	component := func(exported string) fact.Fact {
		return fact.Fact{Kind: "component", Fields: fact.F("type", "service", "name", "a.S", "exported", exported)}
	}
	endpoint := fact.Fact{Kind: "endpoint", Fields: fact.F("value", "http://x.example/", "noisy", "no")}
	before := side(base,
		file{name: "system/app/A.apk", sum: 1, facts: pkg("a", permission("X"), component("yes"))},
		file{name: "system/app/Moved.apk", sum: 3, facts: pkg("moved")},
		file{name: "system/app/Gone.apk", sum: 4, facts: pkg("gone")})
	after := side(base,
		file{name: "system/app/A.apk", sum: 2, facts: pkg("a", component("no"), endpoint)},
		file{name: "system/priv-app/Moved.apk", sum: 3, facts: pkg("moved")},
		file{name: "system/app/New.apk", sum: 5, facts: pkg("new")})
	d := Compare(before, after)
	want := Files{Added: []string{"/system/app/New.apk"}, Removed: []string{"/system/app/Gone.apk"}, Changed: []string{"/system/app/A.apk"},
		Moved: []Move{{"/system/app/Moved.apk", "/system/priv-app/Moved.apk"}}, Same: 1}
	if diff := cmp.Diff(want, d.Files); diff != "" {
		t.Error(diff)
	}
	states := map[string]string{}
	for _, p := range d.Packages {
		states[p.Name] = p.State
	}
	if diff := cmp.Diff(map[string]string{"a": "changed", "moved": "moved", "gone": "removed", "new": "added"}, states); diff != "" {
		t.Error(diff)
	}
	a := d.Packages[0]
	if diff := cmp.Diff([]Change{{Lost: []string{"X"}}, {Gained: []string{"service a.S"}, Lost: []string{"service a.S exported"}}, {Gained: []string{"http://x.example/"}}},
		[]Change{a.Permissions, a.Components, a.Endpoints}); diff != "" {
		t.Error(diff)
	}
}
