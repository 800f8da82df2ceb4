package sarif_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"romscan/analyzer"
	"romscan/analyzer/image"
	"romscan/analyzer/report"
	"romscan/analyzer/report/sarif"
	"romscan/signatures"
)

const pair = "../../../fixtures/cloud-messaging/"

func scan(t *testing.T, name string) *analyzer.Scan {
	t.Helper()
	root, done, err := analyzer.OpenInput(name)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	rec, err := analyzer.Read(context.Background(), root, analyzer.Options{Limits: image.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	pack, err := signatures.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return analyzer.Judge(rec, pack)
}

// logs returns a scan and a comparison of the fixtures, with one gap whose names are hostile.
func logs(t *testing.T) map[string][]byte {
	t.Helper()
	before, after := scan(t, pair+"before.zip"), scan(t, pair+"after.zip")
	r := before.Report("0.1.0")
	r.Gaps = append(r.Gaps, report.Gap{Path: "a b//../x\x00:y", Offset: 7, Reason: image.Malformed, By: "zip", Detail: "d"})
	var one, two bytes.Buffer
	if err := sarif.Writer().Write(&one, r, report.Style{}); err != nil {
		t.Fatal(err)
	}
	if err := sarif.Writer().WriteDiff(&two, analyzer.Compare(before, after, "0.1.0"), report.Style{WithFixed: true}); err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"scan": one.Bytes(), "diff": two.Bytes()}
}

// TestSchema validates against the schema of the standard (OASIS, testdata/sarif-schema-2.1.0.json).
func TestSchema(t *testing.T) {
	data, err := os.ReadFile("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("sarif.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, log := range logs(t) {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(log))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		run := v.(map[string]any)["runs"].([]any)[0].(map[string]any)
		run["results"].([]any)[0].(map[string]any)["baselineState"] = "fixed"
		if schema.Validate(v) == nil {
			t.Error("the schema accepts a state that is none: it does not look")
		}
	}
}

type log struct {
	Runs []struct {
		Artifacts []struct {
			Location struct{ URI string }
			Contents *struct{ Text string }
		}
		Results []struct {
			RuleID, Kind, Level string
			Locations           []location
			RelatedLocations    []location
			CodeFlows           []struct {
				ThreadFlows []struct{ Locations []struct{ Location location } }
			}
			PartialFingerprints, Fingerprints map[string]string
		}
	}
}

type location struct {
	PhysicalLocation struct {
		ArtifactLocation struct {
			URI   string
			Index int
		}
		Region map[string]any
	}
}

// TestInvariants checks what no schema can: one location each, relative URIs, regions inside their listings,
// never lines and bytes mixed, unique fingerprints.
func TestInvariants(t *testing.T) {
	for name, data := range logs(t) {
		var l log
		if err := json.Unmarshal(data, &l); err != nil {
			t.Fatal(err)
		}
		run := l.Runs[0]
		if len(run.Results) == 0 {
			t.Fatalf("%s: no results", name)
		}
		seen := map[string]bool{}
		for _, r := range run.Results {
			if len(r.Locations) != 1 {
				t.Errorf("%s %s: %d locations", name, r.RuleID, len(r.Locations))
			}
			fp := r.Fingerprints["romscanFinding/v1"]
			if fp == "" || seen[fp] || !strings.HasPrefix(r.PartialFingerprints["primaryLocationLineHash"], fp) {
				t.Errorf("%s %s: fingerprint %q missing, repeated or not the same in all forms", name, r.RuleID, fp)
			}
			seen[fp] = true
			all := append(append([]location{}, r.Locations...), r.RelatedLocations...)
			for _, f := range r.CodeFlows {
				for _, x := range f.ThreadFlows[0].Locations {
					all = append(all, x.Location)
				}
			}
			for _, loc := range all {
				p := loc.PhysicalLocation
				uri := p.ArtifactLocation.URI
				if a := run.Artifacts[p.ArtifactLocation.Index]; a.Location.URI != uri || uri == "" || uri[0] == '/' || strings.Contains(uri, "..") || strings.ContainsAny(uri, " !:") {
					t.Errorf("%s %s: artifact %q is not what index says or not a plain relative URI", name, r.RuleID, uri)
				}
				_, lines := p.Region["startLine"]
				_, bytes := p.Region["byteOffset"]
				if lines && bytes {
					t.Errorf("%s %s: a region with lines and bytes", name, r.RuleID)
				}
				if lines {
					checkLines(t, name, p.Region, run.Artifacts[p.ArtifactLocation.Index].Contents.Text)
				}
			}
		}
	}
}

func checkLines(t *testing.T, name string, region map[string]any, text string) {
	t.Helper()
	all := strings.Split(text, "\n")
	n := int(region["startLine"].(float64))
	if n < 1 || n > len(all) {
		t.Errorf("%s: line %d of %d", name, n, len(all))
		return
	}
	if got := region["snippet"].(map[string]any)["text"]; got != all[n-1] {
		t.Errorf("%s: snippet %q, line %q", name, got, all[n-1])
	}
	if end := int(region["endColumn"].(float64)); end != utf8.RuneCountInString(all[n-1])+1 {
		t.Errorf("%s: endColumn %d of %q", name, end, all[n-1])
	}
}
