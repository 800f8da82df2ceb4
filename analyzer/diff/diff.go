// Package diff compares two images of one device: what did the update fix, leave, add?
//
// In: two assembled firmwares with their findings. Out: a [Diff]: findings fixed, still there, new, changed
// or impossible to compare; packages, files, permissions, components and endpoints gained and lost.
//
//	d := diff.Compare(diff.Side{oldFW, oldFindings}, diff.Side{newFW, newFindings})
//
// Limit: "fixed" means the facts are gone from what was read; where the new side was not read, the answer is
// cannot tell.
package diff

import (
	"romscan/analyzer/finding"
	"romscan/analyzer/firmware"
)

// State is what became of a finding.
type State string

// The states.
const (
	Fixed      State = "fixed"
	StillThere State = "still-there"
	New        State = "new"
	Changed    State = "changed"
	CannotTell State = "cannot-tell"
)

// Side is one of the two images.
type Side struct {
	Firmware *firmware.Firmware
	Findings []finding.Finding
}

// Diff is the comparison. All lists are sorted.
type Diff struct {
	Findings []Finding `json:"-"`
	Packages []Package `json:"packages"`
	Files    Files     `json:"files"`
}

// Finding is one finding with its state; Old or New may be nil.
type Finding struct {
	State    State
	Reason   string // why it counts as fixed, changed or undecided
	Old, New *finding.Finding
}

// Package is one package that is not the same on both sides.
type Package struct {
	Name        string `json:"name"`
	State       string `json:"state"` // added, removed, changed, moved
	OldPath     string `json:"oldPath,omitempty"`
	NewPath     string `json:"newPath,omitempty"`
	OldVersion  string `json:"oldVersion,omitempty"`
	NewVersion  string `json:"newVersion,omitempty"`
	Signer      string `json:"signer,omitempty"` // "changed" where the certificate is another
	Permissions Change `json:"permissions"`
	Components  Change `json:"components"`
	Endpoints   Change `json:"endpoints"`
}

// Change is a set difference.
type Change struct {
	Gained []string `json:"gained,omitempty"`
	Lost   []string `json:"lost,omitempty"`
}

// Empty reports whether nothing changed.
func (c Change) Empty() bool { return len(c.Gained)+len(c.Lost) == 0 }

// Files are the device files that differ.
type Files struct {
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
	Changed []string `json:"changed"`
	Moved   []Move   `json:"moved"`
	Same    int      `json:"same"`
}

// Move is a file with the same content under another path.
type Move struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// Compare compares two sides. It is a pure function; order and counts do not depend on anything else.
func Compare(before, after Side) *Diff {
	d := &Diff{}
	d.Files = files(before.Firmware, after.Firmware)
	d.Packages = packages(before.Firmware, after.Firmware)
	d.Findings = findings(before, after)
	return d
}
