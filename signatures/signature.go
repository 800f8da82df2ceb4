// Package signatures holds the database of known data-collection behaviours and loads it.
//
// In: YAML files, one behaviour each, embedded or from a directory. Out: [Signature] values that package
// finding matches against facts. The loader is strict: a key, kind, field or value it does not know is an
// error with file, line and column, so a typo never silently matches nothing.
//
//	pack, err := signatures.Builtin()
//	for _, s := range pack.Signatures { fmt.Println(s.ID, s.Title) }
//
// Limit: a signature says which facts must meet; it computes nothing.
package signatures

import "regexp"

// Signature is one behaviour.
type Signature struct {
	ID          string // ROM1001: never reused
	Name        string // CamelCase, unlike ID
	Version     int    // raised when the meaning changes
	Status      string // draft, test, stable, deprecated
	Severity    string // critical, high, medium, low, info
	Precision   string // very-high, high, medium, low: how often a hit is true
	Title       string
	Summary     string
	Why         string
	Fix         string
	CWE         []int
	Tags        []string
	References  []Reference
	Scope       string // file, app, image
	Match       Match
	Message     string   // with {app} and {name.field} filled in
	Steps       []string // names of clauses, in the order of the evidence
	Fingerprint []string // app, partition or name.field: what stays the same when files move
	Tests       []Test
	File        string // where it was loaded from, relative to its pack
}

// Reference is where a behaviour or a fact of it is written down.
type Reference struct{ Title, URL, Date string }

// Match is the condition: every clause of All holds, no clause of None does, and one of Any where there are.
type Match struct{ All, Any, None []Clause }

// Clause asks for a fact, or for another signature's hit in the same scope.
type Clause struct {
	As   string // name for message, steps and fingerprint
	Fact string // kind
	With []Condition
	Use  string // ID of another signature instead of a fact
	Pos  Pos
}

// Condition says which values one field may have.
type Condition struct {
	Field  string
	Values []Pattern // any of
}

// Pattern is a literal value, or a regular expression where the YAML says ~…
type Pattern struct {
	Text string
	Re   *regexp.Regexp
}

// Test states how many findings given facts make.
type Test struct {
	Name   string
	Facts  []TestFact
	Hits   int
	Todo   bool   // may fail; counted
	Pair   string // a before/after pair of images in fixtures, instead of facts
	Before int
	After  int
	Pos    Pos
}

// TestFact is a fact written down in a test. App, Path and Partition may be left out.
type TestFact struct {
	Kind   string
	Fields map[string][]string
}

// Pos is a place in a YAML file, 1-based.
type Pos struct {
	File      string
	Line, Col int
}

// Severities are the levels, worst first.
func Severities() []string { return []string{"critical", "high", "medium", "low", "info"} }

// SeverityRank returns 0 for critical to 4 for info, 5 for anything else.
func SeverityRank(s string) int {
	for i, v := range Severities() {
		if v == s {
			return i
		}
	}
	return len(Severities())
}
