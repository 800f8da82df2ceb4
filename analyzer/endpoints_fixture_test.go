package analyzer

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"romscan/analyzer/fact"
)

// endpointCases reads fixtures/endpoints: apps built as the cases of flows are, whose leading comment says
//
//	// endpoint: VALUE used=referenced recovered=annotation at=->method   a fact there has to be; used= stands for none
//	// plain: VALUE …                                                      the same of a scan that follows no flows
//	// never: VALUE                                                        no endpoint may have this value, and no connection may lead to it
//	// to: ADDRESS                                                         a connection has to be opened to it
//	// unopened: ADDRESS                                                   no connection may lead to it, though the text is there
func endpointCases(t *testing.T) (out []*flowCase) {
	t.Helper()
	names, _ := filepath.Glob(fixtures + "/endpoints/*.java")
	shared := sha256.New()
	for _, dir := range []string{"build", "stubs", "lib"} {
		_ = filepath.WalkDir(filepath.Join(flowCases, dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				data, _ := os.ReadFile(path)
				fmt.Fprintf(shared, "%s %d\n%s", path, len(data), data)
			}
			return err
		})
	}
	add := func(name, text string) {
		app, err := parseFlowApp(name, text)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "endpoints 1 %x %s", shared.Sum(nil), text))
		out = append(out, &flowCase{category: "endpoint", name: app.name, apps: []*flowApp{app}, key: fmt.Sprintf("%x", sum[:12])})
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		add(strings.TrimSuffix(filepath.Base(name), ".java"), string(data))
	}
	add("Many", manyWrites())
	if len(out) == 0 {
		t.Fatal("no cases")
	}
	return out
}

// TestEndpointCases scans every case with and without flows.
func TestEndpointCases(t *testing.T) {
	cases := endpointCases(t)
	cache := buildFlowCases(t, cases)
	for _, c := range cases {
		for directive, flows := range map[string]bool{"endpoint": true, "plain": false} {
			var facts []fact.Fact
			var to []string
			for _, u := range readWith(t, c.path(cache), Options{Jobs: 1, Flows: flows}).Units {
				for _, f := range u.Facts {
					switch f.Kind {
					case "endpoint":
						facts = append(facts, f)
					case "connection":
						to = append(to, f.Fields.Get("to"))
					}
				}
			}
			for _, line := range c.all(directive) {
				words := strings.Fields(line)
				if !slices.ContainsFunc(facts, func(f fact.Fact) bool { return meets(f, words) }) {
					t.Errorf("%s, flows %v: no endpoint %s", c.name, flows, line)
					for _, f := range facts {
						t.Logf("    %v %s", f.Fields, f.At.Member)
					}
				}
			}
			if flows {
				compareConnections(t, c, to)
			}
			for _, never := range c.all("never") {
				if i := slices.IndexFunc(facts, func(f fact.Fact) bool { return f.Fields.Get("value") == never }); i >= 0 {
					t.Errorf("%s, flows %v: endpoint %s at %s", c.name, flows, never, facts[i].At.Member)
				}
			}
		}
	}
}

// compareConnections holds the addresses that connections are opened to against a case.
func compareConnections(t *testing.T, c *flowCase, to []string) {
	t.Helper()
	for _, want := range c.all("to") {
		if !slices.Contains(to, want) {
			t.Errorf("%s: no connection to %s, but %q", c.name, want, to)
		}
	}
	for _, never := range append(c.all("never"), c.all("unopened")...) {
		if slices.Contains(to, never) {
			t.Errorf("%s: a connection to %s, which is never opened", c.name, never)
		}
	}
}

// meets compares a fact with the words of a line.
func meets(f fact.Fact, words []string) bool {
	for _, w := range words[1:] {
		k, v, _ := strings.Cut(w, "=")
		if k == "at" && !strings.Contains(f.At.Member, v) || k != "at" && f.Fields.Get(k) != v {
			return false
		}
	}
	return f.Fields.Get("value") == words[0]
}

// TestUsedIsRecorded: what is written has one of the words the table of kinds knows.
func TestUsedIsRecorded(t *testing.T) {
	words := fact.Lookup("endpoint").Field("used").Values
	for _, u := range read(t, fixtures+"/cloud-messaging/before.zip", 2).Units {
		for _, f := range u.Facts {
			if f.Kind != "endpoint" {
				continue
			}
			used := f.Fields.Get("used")
			if f.Fields.Get("source") == "dex" && !slices.Contains(words, used) || used != "" && !slices.Contains(words, used) {
				t.Errorf("%s: used=%q", f.Fields.Get("value"), used)
			}
		}
	}
}
