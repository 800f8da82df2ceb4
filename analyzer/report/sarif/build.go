package sarif

import (
	"fmt"
	"net/url"
	"sort"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/report"
)

const (
	gapID       = "ROMN001"
	undecidedID = "ROMN002"
	cweGUID     = "25f72d7e-8a92-459d-ad67-64853f788765" // the taxonomy's own, as its published SARIF file gives it
)

// builder collects what results refer to by index.
type builder struct {
	input     string
	artifacts []artifact
	byURI     map[string]int
	rules     []rule
	ruleIndex map[string]int
	cwes      map[int]bool
	results   []result
	undecided []notification
}

func newBuilder(r *report.Report) *builder {
	b := &builder{input: r.Image.Name, byURI: map[string]int{}, ruleIndex: map[string]int{}, cwes: map[int]bool{}}
	a := artifact{Location: artifactLocation{URI: uri(r.Image.Name)}, Roles: []string{"analysisTarget"}}
	if r.Image.SHA256 != "" {
		size := r.Image.Size
		a.Length, a.Hashes = &size, map[string]string{"sha-256": r.Image.SHA256}
	} else {
		a.Roles = append(a.Roles, "directory")
	}
	b.add(a)
	for i := range r.Findings {
		b.cite(&r.Findings[i])
	}
	return b
}

// uri escapes a path; it stays relative whatever hostile names hold.
func uri(path string) string {
	parts := strings.Split(strings.TrimLeft(path, "/"), "/")
	out := parts[:0]
	for _, p := range parts {
		if p == "" {
			continue
		}
		if p == "." || p == ".." {
			p = strings.Repeat("_", len(p))
		}
		out = append(out, strings.ReplaceAll(url.PathEscape(p), ":", "%3A"))
	}
	return strings.Join(out, "/")
}

func (b *builder) add(a artifact) int {
	if i, ok := b.byURI[a.Location.URI]; ok {
		return i
	}
	b.byURI[a.Location.URI] = len(b.artifacts)
	b.artifacts = append(b.artifacts, a)
	return len(b.artifacts) - 1
}

// file adds the artifacts of a path inside the image, outermost first. A file with an offset of its own in
// its container is nested; one without (compressed, scattered) stands alone and says where it lies, because
// a nested artifact without offset needs a URI that begins with a slash (3.24.2), which validators refuse.
func (b *builder) file(p image.Path) int {
	index := 0
	for n := 1; n < len(p); n++ {
		a := artifact{Location: artifactLocation{URI: uri(strings.ReplaceAll(p[:n+1].String(), image.Separator, "/"))}}
		if p[n].Offset >= 0 {
			parent, off := index, p[n].Offset
			a.ParentIndex, a.Offset = &parent, &off
		} else {
			a.Description = &message{Text: "Inside " + p[:n].String() + ", " + p[n].Container + ": " + p[n].Name}
		}
		index = b.add(a)
	}
	return index
}

// rule adds a signature and returns its index.
func (b *builder) rule(f *report.Finding) int {
	if i, ok := b.ruleIndex[f.ID]; ok {
		return i
	}
	sev := severities[f.Severity]
	text := f.Summary + "\n\nWhy it matters: " + f.Why + "\n\nFix: " + f.Fix
	md := "**" + f.Title + "**\n\n" + f.Summary + "\n\n**Why it matters.** " + f.Why + "\n\n**Fix.** " + f.Fix
	r := rule{
		ID: f.ID, Name: f.Name, ShortDescription: &message{Text: f.Title}, FullDescription: &message{Text: limit(f.Summary, 1000)},
		DefaultConfiguration: &configuration{Level: sev.level},
		Properties:           map[string]any{"precision": f.Confidence, "security-severity": sev.security, "problem.severity": problem(sev.level)},
	}
	tags := f.Tags
	if len(f.References) > 0 {
		md += "\n\n**References**\n"
		for _, ref := range f.References {
			if ref.URL != "" {
				md += "\n- [" + ref.Title + "](" + ref.URL + ")"
				if r.HelpURI == "" {
					r.HelpURI = ref.URL
				}
			} else {
				md += "\n- " + ref.Title
			}
		}
	}
	if tags = append(append([]string{}, tags...), "security"); len(tags) > 10 {
		tags = tags[:10]
	}
	r.Properties["tags"] = tags
	r.Help = &message{Text: text, Markdown: md}
	b.ruleIndex[f.ID] = len(b.rules)
	b.rules = append(b.rules, r)
	return len(b.rules) - 1
}

func problem(level string) string {
	return map[string]string{"error": "error", "warning": "warning", "note": "recommendation"}[level]
}

func limit(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

func (b *builder) cite(f *report.Finding) {
	for _, n := range f.CWE {
		b.cwes[n] = true
	}
}

// weaknesses returns the CWE numbers used, sorted: the taxonomy's taxa.
func (b *builder) weaknesses() []int {
	out := make([]int, 0, len(b.cwes))
	for n := range b.cwes {
		out = append(out, n)
	}
	sort.Ints(out)
	return out
}

// finish puts the run together.
func (b *builder) finish(r *report.Report) *log {
	cwes := b.weaknesses()
	no := false
	var taxa []rule
	at := map[int]int{}
	for i, n := range cwes {
		at[n] = i
		taxa = append(taxa, rule{ID: fmt.Sprintf("CWE-%d", n), HelpURI: fmt.Sprintf("https://cwe.mitre.org/data/definitions/%d.html", n)})
	}
	ref := &componentReference{Name: "CWE", Index: 0, GUID: cweGUID}
	for i := range b.results {
		for j := range b.results[i].Taxa {
			t := &b.results[i].Taxa[j]
			t.Index, t.ToolComponent = at[number(t.ID)], ref
			b.relate(b.results[i].RuleIndex, *t)
		}
	}
	driver := component{
		Name: "romscan", Version: r.Tool.Version, SemanticVersion: r.Tool.Version, Organization: "romscan",
		ShortDescription: &message{Text: "Finds what the preinstalled software of Android firmware collects."},
		Rules:            append([]rule{}, b.rules...),
		Notifications: []rule{
			describe(gapID, "NotReadable", "Part of the image was not read or not decided."),
			describe(undecidedID, "CannotTell", "A finding cannot be compared because one side was not read."),
		},
	}
	out := run{
		Tool: tool{driver}, ColumnKind: "unicodeCodePoints", Results: b.results,
		AutomationDetails: automation{ID: "romscan/" + category(r), GUID: guid("run", r.Image.SHA256, r.Image.Name)},
		Invocations:       []invocation{{ExecutionSuccessful: r.Complete, Notifications: append(b.gaps(r), b.undecided...)}},
		Artifacts:         b.artifacts,
	}
	if out.Results == nil {
		out.Results = []result{}
	}
	if len(taxa) > 0 {
		out.Tool.Driver.SupportedTaxonomies = []componentReference{*ref}
		out.Taxonomies = []component{{Name: "CWE", GUID: cweGUID, Organization: "MITRE", InformationURI: "https://cwe.mitre.org/",
			ShortDescription: &message{Text: "Common Weakness Enumeration"}, Taxa: taxa, IsComprehensive: &no}}
	}
	return &log{Schema: schemaURI, Version: "2.1.0", Runs: []run{out}}
}
