package analyzer

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"romscan/analyzer/diff"
	"romscan/analyzer/fact"
	"romscan/analyzer/finding"
	"romscan/analyzer/image"
	"romscan/analyzer/report"
	"romscan/signatures"
)

const fixtures = "../fixtures"

// read reads an image of the fixtures, but follows no data through its code.
func read(t *testing.T, name string, jobs int) *fact.Record {
	t.Helper()
	return readWith(t, name, Options{Jobs: jobs})
}

// follow reads an image and follows data through the code of its apps.
func follow(t *testing.T, name string, jobs int) *fact.Record {
	t.Helper()
	return readWith(t, name, Options{Jobs: jobs, Flows: true})
}

func readWith(t *testing.T, name string, opt Options) *fact.Record {
	t.Helper()
	opt.Limits, opt.Tool = image.DefaultLimits(), "romscan test"
	root, done, err := OpenInput(name)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	rec, err := Read(context.Background(), root, opt)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func builtin(t *testing.T) *signatures.Pack {
	t.Helper()
	p, err := signatures.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPairs runs the tests of signatures that need whole images.
func TestPairs(t *testing.T) {
	pack := builtin(t)
	scans := map[string]*Scan{}
	scan := func(name string) *Scan {
		if scans[name] == nil {
			scans[name] = Judge(follow(t, filepath.Join(fixtures, name), 2), pack)
		}
		return scans[name]
	}
	ran := 0
	for _, s := range pack.Signatures {
		for _, test := range s.Tests {
			if test.Pair == "" {
				continue
			}
			ran++
			for _, side := range []struct {
				when string
				want int
			}{{"before", test.Before}, {"after", test.After}} {
				if got := hits(scan(test.Pair+"/"+side.when+".zip").Findings, s.ID); got != side.want {
					t.Errorf("%s %s %s: %d hits, want %d", s.ID, test.Pair, side.when, got, side.want)
				}
			}
		}
	}
	if ran == 0 {
		t.Error("no signature is tested on a pair of images")
	}
}

func hits(list []finding.Finding, id string) int {
	n := 0
	for _, f := range list {
		if f.Signature.ID == id {
			n++
		}
	}
	return n
}

// TestFixtureFacts: what a reader of the fixtures' sources expects to be seen in the built image.
func TestFixtureFacts(t *testing.T) {
	fw := Judge(read(t, fixtures+"/cloud-messaging/before.zip", 2), builtin(t)).Firmware
	if got := fw.Identity.Fingerprint; got != "Northpeak/peak1/peak1:4.3/JSS15J/45:user/release-keys" {
		t.Errorf("fingerprint %q", got)
	}
	type seen struct{ platform, state string }
	got := map[string]seen{}
	var endpoints []string
	for _, a := range fw.Apps {
		s := seen{platform: a.Platform}
		for _, f := range a.Derived {
			if f.Kind == "permission" && f.Fields.Get("name") == "android.permission.INSTALL_PACKAGES" {
				s.state = f.Fields.Get("state")
			}
		}
		got[a.Package] = s
		for _, u := range a.Units {
			for _, f := range fw.Record.Units[u].Facts {
				if f.Kind == "endpoint" && f.Fields.Get("recovered") == "char-array" {
					endpoints = append(endpoints, f.Fields.Get("value"))
				}
			}
		}
	}
	want := map[string]seen{"android": {"yes", ""}, "com.northpeak.updater": {"yes", "signature"}, "com.northpeak.cloudmsg": {"no", ""}, "com.northpeak.notes": {"no", ""}}
	for name, w := range want {
		if got[name] != w {
			t.Errorf("%s: %+v, want %+v", name, got[name], w)
		}
	}
	if len(endpoints) != 1 || endpoints[0] != "http://bigdata.northpeak.example/upload" {
		t.Errorf("endpoints out of arrays: %q", endpoints)
	}
}

// TestDeterministic: the same bytes whatever the number of workers, and from a saved scan.
func TestDeterministic(t *testing.T) {
	pack := builtin(t)
	var want [][]byte
	for i, jobs := range []int{1, 8} {
		rec := read(t, fixtures+"/cloud-messaging/before.zip", jobs)
		if i == 1 {
			var saved bytes.Buffer
			if err := Save(&saved, rec); err != nil {
				t.Fatal(err)
			}
			r := bytes.NewReader(saved.Bytes())
			if !IsSaved(r) {
				t.Fatal("a saved scan is not recognised")
			}
			var err error
			if rec, err = Load(r, int64(saved.Len())); err != nil {
				t.Fatal(err)
			}
		}
		rep := Judge(rec, pack).Report("test")
		for n, w := range Writers() {
			var b bytes.Buffer
			if err := w.Write(&b, rep, report.Style{}); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				want = append(want, b.Bytes())
			} else if !bytes.Equal(want[n], b.Bytes()) {
				t.Errorf("%s differs between 1 worker and 8 workers read back from a saved scan", w.Name)
			}
		}
	}
}

// TestCompareFixtures: the update of the fixtures fixes the finding and moves an app.
func TestCompareFixtures(t *testing.T) {
	pack := builtin(t)
	before := Judge(read(t, fixtures+"/cloud-messaging/before.zip", 2), pack)
	after := Judge(read(t, fixtures+"/cloud-messaging/after.zip", 2), pack)
	d := Compare(before, after, "test")
	states := map[string]diff.State{}
	for _, f := range d.Findings {
		states[f.Finding.ID+" "+f.Finding.App] = f.State
	}
	if got := states["ROM1101 com.northpeak.cloudmsg"]; got != diff.Fixed {
		t.Errorf("cloud messaging is %q, want fixed", got)
	}
	for _, p := range d.Packages {
		if p.Name == "com.northpeak.notes" && p.State != "moved" {
			t.Errorf("notes is %s, want moved", p.State)
		}
	}
	if same := Compare(before, before, "test"); len(same.Packages) != 0 || len(same.Diff.Files.Changed) != 0 {
		t.Errorf("an image differs from itself: %+v", same.Packages)
	}
}

// TestTruncatedInput: whatever is cut off, something is said and nothing is lost silently.
func TestTruncatedInput(t *testing.T) {
	whole, err := os.ReadFile(fixtures + "/cloud-messaging/before.zip")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 30, 1000, len(whole) / 2, len(whole) - 30} {
		root := image.NewFile("cut.zip", bytes.NewReader(whole[:n]), int64(n))
		rec, err := Read(context.Background(), root, Options{Limits: image.DefaultLimits(), Jobs: 2})
		if err != nil {
			t.Fatal(err)
		}
		rep := Judge(rec, builtin(t)).Report("test")
		if n >= 1000 && len(rep.Gaps) == 0 {
			t.Errorf("%d of %d bytes: no gap", n, len(whole))
		}
	}
}
