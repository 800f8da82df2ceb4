package sarif

import (
	"fmt"
	"strings"

	"romscan/analyzer/report"
)

func describe(id, name, text string) rule {
	m := &message{Text: text}
	return rule{ID: id, Name: name, ShortDescription: m, FullDescription: m, Help: m}
}

// relate ties a rule to a weakness, once.
func (b *builder) relate(ruleIndex int, t ruleReference) {
	r := &b.rules[ruleIndex]
	for _, have := range r.Relationships {
		if have.Target.ID == t.ID {
			return
		}
	}
	r.Relationships = append(r.Relationships, relationship{Target: t, Kinds: []string{"superset"}})
}

func number(cwe string) int {
	n := 0
	fmt.Sscanf(cwe, "CWE-%d", &n)
	return n
}

// category names the product, then the build: services that replace an upload by everything up to the last
// slash close what the next build fixes.
func category(r *report.Report) string {
	id := r.Image.Identity
	product := id.Product
	if product == "" {
		product = id.Device
	}
	if product == "" {
		product = "image"
	}
	build := id.Incremental
	if build == "" {
		build = r.Image.Name
	}
	clean := func(s string) string { return strings.NewReplacer("/", "_", " ", "_").Replace(s) }
	return clean(product) + "/" + clean(build)
}

// gaps turns Gaps into notifications; a consumer shows them beside the results.
func (b *builder) gaps(r *report.Report) []notification {
	const most = 500
	var out []notification
	for i, g := range r.Gaps {
		if i == most {
			out = append(out, notification{Descriptor: ruleReference{ID: gapID}, Level: "warning",
				Message: message{Text: fmt.Sprintf("and %d more gaps, all in the JSON report", len(r.Gaps)-most)}})
			break
		}
		out = append(out, notification{Descriptor: ruleReference{ID: gapID}, Level: "warning",
			Message:    message{Text: fmt.Sprintf("%s: %s (%s): %s", g.Path, g.Reason, g.By, g.Detail)},
			Properties: map[string]any{"reason": string(g.Reason), "by": g.By, "offset": g.Offset}})
	}
	return out
}
