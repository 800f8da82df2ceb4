package analyzer

import (
	"fmt"
	"strings"

	"romscan/analyzer/fact"
	"romscan/signatures"
)

// Topics are the lists that can be printed.
func Topics() []string { return []string{"formats", "analyzers", "facts", "signatures", "outputs"} }

// Table returns one of the lists as rows, the first being the heading: what `romscan list` prints and the
// README shows.
func Table(topic string, pack *signatures.Pack) ([][]string, error) {
	var rows [][]string
	switch topic {
	case "formats":
		rows = append(rows, []string{"format", "what it is", "not read"})
		for _, f := range Formats() {
			rows = append(rows, []string{f.Name, f.Doc, strings.Join(f.Limits, "; ")})
		}
	case "analyzers":
		rows = append(rows, []string{"analyzer", "version", "emits", "what it reads"})
		list, err := Analyzers()
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			var kinds []string
			for _, k := range a.Emits {
				kinds = append(kinds, string(k))
			}
			rows = append(rows, []string{a.Name, fmt.Sprint(a.Version), strings.Join(kinds, " "), a.Doc})
		}
	case "facts":
		rows = append(rows, []string{"fact", "fields", "what it is"})
		for _, k := range fact.Kinds() {
			var fields []string
			for _, f := range k.Fields {
				fields = append(fields, f.Name)
			}
			rows = append(rows, []string{string(k.Kind), strings.Join(fields, " "), k.Doc})
		}
	case "signatures":
		rows = append(rows, []string{"id", "severity", "scope", "title"})
		for _, s := range pack.Signatures {
			rows = append(rows, []string{s.ID, s.Severity, s.Scope, s.Title})
		}
	case "outputs":
		rows = append(rows, []string{"output", "what it is"})
		for _, w := range Writers() {
			rows = append(rows, []string{w.Name, w.Doc})
		}
	default:
		return nil, fmt.Errorf("no list %q; there are %s", topic, strings.Join(Topics(), ", "))
	}
	return rows, nil
}

// Markdown prints rows as a Markdown table.
func Markdown(rows [][]string) string {
	var b strings.Builder
	for i, r := range rows {
		cells := make([]string, len(r))
		for j, c := range r {
			cells[j] = strings.ReplaceAll(c, "|", "\\|")
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|" + strings.Repeat(" --- |", len(r)) + "\n")
		}
	}
	return b.String()
}
