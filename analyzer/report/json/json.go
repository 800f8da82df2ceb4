// Package json writes reports as JSON, in the shape its embedded JSON Schema documents.
//
// In: a [report.Report] or [report.Diff]. Out: one indented JSON document. Fields are only added within a
// schema version, and equal inputs give equal bytes.
package json

import (
	_ "embed"
	"encoding/json"
	"io"

	"romscan/analyzer/report"
)

// Schema is the JSON Schema (2020-12) of both documents.
//
//go:embed schema.json
var Schema []byte

// Writer returns the JSON writer.
func Writer() report.Writer {
	return report.Writer{
		Name: "json", Doc: "Everything in the report, for programs; documented by `romscan schema`.",
		Refs:      []string{"https://json-schema.org/draft/2020-12"},
		Write:     func(w io.Writer, r *report.Report, _ report.Style) error { return write(w, r) },
		WriteDiff: func(w io.Writer, d *report.Diff, _ report.Style) error { return write(w, d) },
	}
}

func write(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
