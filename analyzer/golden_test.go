package analyzer

import (
	"archive/zip"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"romscan/analyzer/image"
	"romscan/analyzer/report"
	"romscan/analyzer/report/json"
)

// TestGolden: every writer on a scan and a comparison of the fixtures. With ROMSCAN_UPDATE=1 the files under
// testdata/golden are written; read the difference before committing it.
func TestGolden(t *testing.T) {
	pack := builtin(t)
	pack.Digest = "digest of the pack" // changes with every signature
	before := Judge(read(t, fixtures+"/cloud-messaging/before.zip", 2), pack)
	after := Judge(read(t, fixtures+"/cloud-messaging/after.zip", 2), pack)
	rep, d := before.Report("0.1.0"), Compare(before, after, "0.1.0")
	rep.Tool.Signatures, d.Tool.Signatures = 1, 1
	for _, w := range Writers() {
		for _, c := range []struct {
			name  string
			write func(*bytes.Buffer) error
		}{
			{w.Name + "-scan", func(b *bytes.Buffer) error { return w.Write(b, rep, report.Style{}) }},
			{w.Name + "-diff", func(b *bytes.Buffer) error { return w.WriteDiff(b, d, report.Style{WithFixed: true}) }},
		} {
			var b bytes.Buffer
			if err := c.write(&b); err != nil {
				t.Fatal(err)
			}
			name := filepath.Join("testdata", "golden", c.name)
			if os.Getenv("ROMSCAN_UPDATE") != "" {
				if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.name, diff)
			}
		}
	}
}

// TestJSONIsWhatTheSchemaSays validates real documents against the schema that romscan schema prints.
func TestJSONIsWhatTheSchemaSays(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(json.Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("report.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	pack := builtin(t)
	before := Judge(read(t, fixtures+"/cloud-messaging/before.zip", 2), pack)
	after := Judge(read(t, fixtures+"/cloud-messaging/after.zip", 2), pack)
	var one, two bytes.Buffer
	w := json.Writer()
	if err := w.Write(&one, before.Report("0.1.0"), report.Style{}); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteDiff(&two, Compare(before, after, "0.1.0"), report.Style{}); err != nil {
		t.Fatal(err)
	}
	for _, b := range []*bytes.Buffer{&one, &two} {
		v, err := jsonschema.UnmarshalJSON(b)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Error(err)
		}
	}
}

// TestUnreadPartition: a partition image that no format recognises is a gap and a partition not read, and a
// small text beside it is neither.
func TestUnreadPartition(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string]string{"android-info.txt": "board=x\n", "vendor.img": "no format at all, long enough to be looked at"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	root := image.NewFile("f.zip", bytes.NewReader(b.Bytes()), int64(b.Len()))
	rec, err := Read(context.Background(), root, Options{Limits: image.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	rep := Judge(rec, builtin(t)).Report("test")
	if rep.Unread() != 1 || len(rep.Gaps) != 1 || rep.Gaps[0].Path != "f.zip//vendor.img" || rep.Gaps[0].Reason != image.Unsupported {
		t.Errorf("unread %d, gaps %+v", rep.Unread(), rep.Gaps)
	}
}
