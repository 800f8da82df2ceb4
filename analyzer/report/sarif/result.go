package sarif

import (
	"cmp"
	"fmt"
	"strings"
	"unicode/utf8"

	"romscan/analyzer/fact"
	"romscan/analyzer/report"
)

// result adds one finding; state is its baselineState, "" outside a comparison.
func (b *builder) result(f *report.Finding, state string) {
	b.cite(f)
	sev := severities[f.Severity]
	r := result{
		RuleID: f.ID, RuleIndex: b.rule(f), Kind: "fail", Level: sev.level, Rank: sev.rank,
		Message:             message{Text: f.Message},
		PartialFingerprints: map[string]string{"primaryLocationLineHash": f.Fingerprint + ":1", "romscanFinding/v1": f.Fingerprint},
		Fingerprints:        map[string]string{"romscanFinding/v1": f.Fingerprint},
		BaselineState:       state,
		Properties:          map[string]any{"severity": f.Severity, "confidence": f.Confidence, "identity": f.Identity},
	}
	if state == "absent" {
		r.Kind, r.Level, r.Rank = "pass", "none", 0
	}
	for _, p := range [][2]string{{"app", f.App}, {"partition", f.Partition}, {"devicePath", f.Device}} {
		if p[1] != "" {
			r.Properties[p[0]] = p[1]
		}
	}
	for _, n := range f.CWE {
		r.Taxa = append(r.Taxa, ruleReference{ID: fmt.Sprintf("CWE-%d", n)})
	}
	var flow []threadFlowLocation
	var first *location
	for i := range f.Steps {
		s := &f.Steps[i]
		loc := b.listing(s)
		loc.Message = &message{Text: s.Text}
		first = cmp.Or(first, &loc)
		if trail := report.Trail(s); len(trail) > 1 {
			flow = b.trail(flow, s, trail)
		} else {
			flow = append(flow, threadFlowLocation{Location: loc, Kinds: []string{s.As}, ExecutionOrder: len(flow) + 1, Importance: "essential"})
		}
		if related, ok := b.bytes(s, len(r.RelatedLocations)); ok {
			r.RelatedLocations = append(r.RelatedLocations, related)
		}
	}
	if first != nil {
		at := *first
		at.Message = nil
		r.Locations = []location{at}
	} else {
		r.Locations = []location{{PhysicalLocation: &physicalLocation{ArtifactLocation: b.at(0), Region: &region{StartLine: 1, StartColumn: 1, EndLine: 1, EndColumn: 1}}}}
	}
	if len(flow) > 1 {
		r.CodeFlows = []codeFlow{{[]threadFlow{{flow}}}}
	}
	b.results = append(b.results, r)
}

// trail adds every instruction on the way of data, each at its line of the step's listing.
func (b *builder) trail(flow []threadFlowLocation, s *report.Step, trail []report.Mark) []threadFlowLocation {
	for _, m := range trail {
		one := *s
		listing := *s.Listing
		listing.Mark = m.Line
		one.Listing, one.Member = &listing, m.Method
		loc := b.listing(&one)
		loc.Message = &message{Text: m.What}
		importance := "important"
		if m.Role == "reads" || m.Role == "sends" {
			importance = "essential"
		}
		flow = append(flow, threadFlowLocation{Location: loc, Kinds: []string{m.Role}, ExecutionOrder: len(flow) + 1, Importance: importance})
	}
	return flow
}

// at refers to an artifact by index and URI: some consumers read only one of them.
func (b *builder) at(i int) artifactLocation {
	return artifactLocation{URI: b.artifacts[i].Location.URI, Index: &i}
}

// listing returns the location of a step in its listing, which the log carries as an artifact.
func (b *builder) listing(s *report.Step) location {
	shown := *s
	if shown.Listing == nil {
		shown.Listing = &fact.Evidence{Name: shown.Kind, Language: "text", Text: shown.Text}
	}
	lines := strings.Split(shown.Listing.Text, "\n")
	mark := min(max(shown.Listing.Mark, 0), len(lines)-1)
	a := artifact{Location: artifactLocation{URI: uri(report.EvidencePath(&shown))}, Contents: &contents{shown.Listing.Text}, Roles: []string{"attachment"}}
	if shown.Listing.Language != "text" {
		a.SourceLanguage = shown.Listing.Language
	}
	i := b.add(a)
	loc := location{PhysicalLocation: &physicalLocation{ArtifactLocation: b.at(i), Region: &region{
		StartLine: mark + 1, StartColumn: 1, EndLine: mark + 1, EndColumn: utf8.RuneCountInString(lines[mark]) + 1,
		Snippet: &contents{lines[mark]},
	}}}
	if l, ok := logical(s); ok {
		loc.LogicalLocations = []logicalLocation{l}
	}
	return loc
}

// logical names the place in the terms of the language: what survives a rebuild.
func logical(s *report.Step) (logicalLocation, bool) {
	switch {
	case strings.Contains(s.Member, ";->"):
		class, rest, _ := strings.Cut(s.Member, ";->")
		name, _, _ := strings.Cut(rest, "(")
		dotted := strings.ReplaceAll(strings.TrimPrefix(class, "L"), "/", ".")
		return logicalLocation{Name: name, FullyQualifiedName: dotted + "." + name, DecoratedName: s.Member, Kind: "function"}, true
	case strings.HasPrefix(s.Member, "/"):
		return logicalLocation{Name: s.Member[strings.LastIndex(s.Member, "/")+1:], FullyQualifiedName: s.Member, Kind: "element"}, true
	}
	return logicalLocation{}, false
}

// bytes returns where the step's bytes lie in the firmware, where that is known.
func (b *builder) bytes(s *report.Step, n int) (location, bool) {
	if len(s.Segments) < 1 {
		return location{}, false
	}
	i := b.file(s.Segments)
	id := n + 1
	p := &physicalLocation{ArtifactLocation: b.at(i)}
	if s.Offset >= 0 {
		off, one := s.Offset, int64(1)
		p.Region = &region{ByteOffset: &off, ByteLength: &one}
	}
	if s.Unit != nil && s.Offset >= 0 {
		off := s.Offset
		name := s.Segments.Name()
		p.Address = &address{OffsetFromParent: &off, Kind: "instruction", FullyQualifiedName: fmt.Sprintf("%s+0x%x", name, off)}
	}
	return location{ID: &id, PhysicalLocation: p, Message: &message{Text: "bytes in " + s.Path}}, true
}
