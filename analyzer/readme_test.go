package analyzer

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
	"romscan/analyzer/report"
	"romscan/analyzer/report/text"
)

var outputMark = regexp.MustCompile("(?s)<!-- output: (\\w+) -->\n(.*?)<!-- end -->")

// TestReadmeOutput: what the README shows is what the program prints. With ROMSCAN_UPDATE=1 it is written.
func TestReadmeOutput(t *testing.T) {
	const name = "../README.md"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	pack := builtin(t)
	before := Judge(readFlows(t, fixtures+"/cloud-messaging/before.zip"), pack)
	after := Judge(readFlows(t, fixtures+"/cloud-messaging/after.zip"), pack)
	shown := map[string]string{}
	var b bytes.Buffer
	if err := text.Writer().Write(&b, before.Report("0.1.0"), report.Style{}); err != nil {
		t.Fatal(err)
	}
	shown["scan"] = cut(b.String(), "CRITICAL ROM2001")
	b.Reset()
	if err := text.Writer().WriteDiff(&b, Compare(before, after, "0.1.0"), report.Style{}); err != nil {
		t.Fatal(err)
	}
	shown["diff"] = cut(b.String(), "PACKAGES")
	out, err := exec.Command(romscan(t), "verify", fixtures+"/cloud-messaging/before.zip").Output()
	if err != nil {
		t.Fatal(err)
	}
	shown["verify"] = string(out)
	want := outputMark.ReplaceAllStringFunc(string(data), func(block string) string {
		topic := outputMark.FindStringSubmatch(block)[1]
		return "<!-- output: " + topic + " -->\n```\n" + shown[topic] + "```\n<!-- end -->"
	})
	if want == string(data) {
		return
	}
	if os.Getenv("ROMSCAN_UPDATE") != "" {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Error("the README's output is not what the program prints; ROMSCAN_UPDATE=1 go test ./analyzer -run Readme")
}

// cut keeps the head of the output up to the table of partitions, and from the first line that begins with mark.
func cut(s, mark string) string {
	i := strings.Index(s, mark)
	if i < 0 {
		return s
	}
	if head := strings.Index(s, "\n\nHIGH"); mark == "CRITICAL ROM2001" {
		if m := strings.Index(s, "\n\nMEDIUM"); m >= 0 && m < head {
			head = m
		}
		return s[:head] + "\n\n…\n\n" + s[i:]
	}
	return s[i:]
}

// readFlows reads an image as the command line does: with flows.
func readFlows(t *testing.T, name string) *fact.Record {
	t.Helper()
	root, done, err := OpenInput(name)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	rec, err := Read(context.Background(), root, Options{Jobs: 2, Limits: image.DefaultLimits(), Flows: true, Tool: "romscan 0.1.0"})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}
