// Package finding matches facts against signatures: one engine, a pure function.
//
// In: a [firmware.Firmware] and a [signatures.Pack]. Out: Findings, each with the facts that make it, in the
// order the signature tells its story, and a fingerprint that survives moves and rebuilds.
//
//	findings := finding.Match(fw, pack)
//
// Limit: it combines facts that were seen; it draws no conclusion a signature does not spell out.
package finding

import (
	"romscan/analyzer/fact"
	"romscan/signatures"
)

// Finding is one verdict with its evidence.
type Finding struct {
	Signature   *signatures.Signature
	Message     string
	App         string // package name, "" for findings about the image
	Device      string // device path of the file it is about, "" for findings about the image
	Partition   string
	Steps       []Step
	Fingerprint string            // hex, 32 digits: what .romscanignore and diff go by
	Identity    map[string]string // the named fields the fingerprint is made of
	More        int               // further facts that would have told the same story: the most any step has
}

// Step is one fact of the story.
type Step struct {
	As     string
	Fact   fact.Fact
	Device string // device path of the file the fact was seen in
	Member string // path inside that file
	Text   string // the fact in one line
}

// Severity returns the signature's severity.
func (f *Finding) Severity() string { return f.Signature.Severity }
