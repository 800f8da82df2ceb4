// Package sarif writes reports as SARIF 2.1.0, in the one shape that code-scanning services, editors and
// the specification all accept: each result points at a listing carried in the log, and the bytes of the
// firmware are a related location.
//
// In: a [report.Report] or [report.Diff]. Out: one SARIF log with one run.
//
// Limit: findings that are fixed are left out of a comparison unless asked for, because most consumers do
// not read baselineState and would open them as alerts.
package sarif

import (
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"io"

	"romscan/analyzer/diff"
	"romscan/analyzer/report"
)

const schemaURI = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// Writer returns the SARIF writer.
func Writer() report.Writer {
	return report.Writer{
		Name: "sarif", Doc: "SARIF 2.1.0 for code scanning, editors and vulnerability managers.",
		Refs: []string{"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html"},
		Write: func(w io.Writer, r *report.Report, _ report.Style) error {
			b := newBuilder(r)
			for i := range r.Findings {
				b.result(&r.Findings[i], "")
			}
			return encode(w, b.finish(r))
		},
		WriteDiff: writeDiff,
	}
}

var states = map[diff.State]string{diff.StillThere: "unchanged", diff.Changed: "updated", diff.New: "new", diff.Fixed: "absent"}

func writeDiff(w io.Writer, d *report.Diff, opt report.Style) error {
	b := newBuilder(d.New)
	for i := range d.Findings {
		f := &d.Findings[i]
		switch {
		case f.State == diff.CannotTell:
			b.undecided = append(b.undecided, notification{
				Descriptor: ruleReference{ID: undecidedID, Index: 1}, Level: "warning",
				Message: message{Text: fmt.Sprintf("%s cannot be compared: %s. %s", f.Finding.ID, f.Finding.Message, f.Reason)},
			})
		case f.State != diff.Fixed || opt.WithFixed:
			b.result(&f.Finding, states[f.State])
		}
	}
	l := b.finish(d.New)
	l.Runs[0].BaselineGUID = guid("run", d.Old.Image.SHA256, d.Old.Image.Name)
	return encode(w, l)
}

func encode(w io.Writer, l *log) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(l)
}

// guid makes a name-based identifier (RFC 9562 section 5.5, version 5, in the URL name space): equal inputs
// give equal logs. SHA-1 is what that version prescribes; nothing is secured by it.
func guid(parts ...string) string {
	h := sha1.New()
	h.Write([]byte{0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8})
	for _, p := range parts {
		fmt.Fprintf(h, "%s\x00", p)
	}
	s := h.Sum(nil)
	s[6], s[8] = s[6]&0x0f|0x50, s[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", s[0:4], s[4:6], s[6:8], s[8:10], s[10:16])
}

// Severity as the three things consumers read: level, rank and security-severity, always consistent.
type severity struct {
	level    string
	rank     float64
	security string
}

var severities = map[string]severity{
	"critical": {"error", 95, "9.5"}, "high": {"error", 80, "8.2"}, "medium": {"warning", 50, "5.5"},
	"low": {"note", 20, "3.1"}, "info": {"note", 5, "0.0"},
}
