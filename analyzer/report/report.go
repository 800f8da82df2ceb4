// Package report turns a scan or a diff into what a person or a machine reads.
//
// In: a [firmware.Firmware] and its findings, or two of them compared. Out: a [Report], the one shape all
// writers start from; its JSON form is documented by the schema that `romscan schema` prints.
//
//	rep := report.Build(fw, findings, pack)
//	err := json.Writer().Write(os.Stdout, rep)
//
// Limit: a report leaves out raw facts; `romscan facts` and a saved scan have them.
package report

import (
	"io"

	"romscan/analyzer/diff"
	"romscan/analyzer/fact"
	"romscan/analyzer/firmware"
	"romscan/analyzer/image"
)

// SchemaVersion is the version of the JSON report; fields are only added within one major version.
const SchemaVersion = "1.0"

// Writer is one output format.
type Writer struct {
	Name  string // as in -f Name
	Doc   string
	Refs  []string
	Write func(w io.Writer, r *Report, opt Style) error
	// WriteDiff writes a comparison.
	WriteDiff func(w io.Writer, d *Diff, opt Style) error
}

// Style is what a terminal allows; machine formats ignore it.
type Style struct {
	Color bool
	Width int // columns; 0 means 80
	// WithFixed also writes fixed findings where a format leaves them out.
	WithFixed bool
}

// Report is one scan.
type Report struct {
	SchemaVersion string              `json:"schemaVersion"`
	Tool          Tool                `json:"tool"`
	Image         Image               `json:"image"`
	Coverage      []Coverage          `json:"coverage"`
	Gaps          []Gap               `json:"gaps"`
	Findings      []Finding           `json:"findings"`
	Apps          []App               `json:"apps"`
	Endpoints     []Endpoint          `json:"endpoints"`
	Counts        Counts              `json:"counts"`
	Complete      bool                `json:"complete"` // false: the scan was interrupted
	Partitions    []firmware.Identity `json:"partitions,omitempty"`
}

// Tool says what made the report.
type Tool struct {
	Name       string   `json:"name"`
	Version    string   `json:"version"`
	Pack       string   `json:"pack"`
	PackDigest string   `json:"packDigest"`
	Signatures int      `json:"signatures"`
	Analyzers  []string `json:"analyzers"`
}

// Image says what was scanned.
type Image struct {
	Name     string            `json:"name"`
	SHA256   string            `json:"sha256,omitempty"`
	Size     int64             `json:"size"`
	Identity firmware.Identity `json:"identity"`
}

// Coverage is one partition: how far it was read.
type Coverage struct {
	Partition string `json:"partition"`
	State     string `json:"state"`            // read, partial, unread
	Format    string `json:"format,omitempty"` // as opened: "sparse,ext4"
	Image     string `json:"image,omitempty"`  // path of the container
	Files     int    `json:"files"`
	Bytes     int64  `json:"bytes"`
	Apps      int    `json:"apps"`
	Gaps      int    `json:"gaps"`
	Reason    string `json:"reason,omitempty"` // why it is not read
	// Verified is yes where all of it equals a checksum it comes with, partly where some of it does, no where nothing
	// could be compared, mismatch where anything differs; unset where nothing was asked to be compared.
	Verified string `json:"verified,omitempty"`
}

// Gap is something that was not read or decided.
type Gap struct {
	Path      string       `json:"path"`
	Device    string       `json:"device,omitempty"`
	Partition string       `json:"partition,omitempty"`
	Offset    int64        `json:"offset"`
	Reason    image.Reason `json:"reason"`
	By        string       `json:"by"`
	Detail    string       `json:"detail"`
}

// Finding is one verdict.
type Finding struct {
	ID          string            `json:"id"`
	Version     int               `json:"version"`
	Name        string            `json:"name"`
	Title       string            `json:"title"`
	Severity    string            `json:"severity"`
	Confidence  string            `json:"confidence"` // the signature's precision
	Message     string            `json:"message"`
	Why         string            `json:"why"`
	Fix         string            `json:"fix"`
	App         string            `json:"app,omitempty"`
	Partition   string            `json:"partition,omitempty"`
	Device      string            `json:"device,omitempty"` // path on the device
	Path        string            `json:"path,omitempty"`   // path in the image
	Fingerprint string            `json:"fingerprint"`
	Identity    map[string]string `json:"identity"`
	Steps       []Step            `json:"steps"`
	More        int               `json:"more,omitempty"`
	CWE         []int             `json:"cwe,omitempty"`
	Tags        []string          `json:"tags,omitempty"`
	References  []Reference       `json:"references,omitempty"`
	Summary     string            `json:"summary"`
}

// Reference is where more can be read.
type Reference struct {
	Title string `json:"title"`
	URL   string `json:"url,omitempty"`
	Date  string `json:"date,omitempty"`
}

// Step is one piece of the evidence.
type Step struct {
	As       string         `json:"as"`
	Kind     string         `json:"fact"`
	Text     string         `json:"text"`
	Fields   fact.Fields    `json:"fields"`
	Path     string         `json:"path"`             // in the image
	Device   string         `json:"device,omitempty"` // on the device
	Member   string         `json:"member,omitempty"` // method, element or section
	Offset   int64          `json:"offset"`           // bytes into the file at Path, -1 where unknown
	Line     int            `json:"line,omitempty"`
	Unit     *int           `json:"unit,omitempty"` // 16-bit code-unit address inside the method
	Listing  *fact.Evidence `json:"listing,omitempty"`
	Segments image.Path     `json:"segments,omitempty"`
}

// App is one preloaded app.
type App struct {
	Package     string       `json:"package"`
	Device      string       `json:"device"`
	Partition   string       `json:"partition"`
	VersionCode string       `json:"versionCode,omitempty"`
	VersionName string       `json:"versionName,omitempty"`
	SharedUID   string       `json:"sharedUid,omitempty"`
	Privileged  bool         `json:"privileged"`
	Platform    string       `json:"platformSigned"`
	AOSPKey     string       `json:"aospKey,omitempty"`
	Signer      string       `json:"signer,omitempty"`
	SHA256      string       `json:"sha256,omitempty"`
	Permissions []Permission `json:"permissions"`
	Exported    int          `json:"exported"` // components others can call
	Autostart   []string     `json:"autostart"`
	Hosts       []string     `json:"hosts"` // of endpoints that are no noise
	Findings    []string     `json:"findings"`
}

// Permission is one permission with what the image grants.
type Permission struct {
	Name  string `json:"name"`
	State string `json:"state"`
}

// Endpoint is one host with who names it.
type Endpoint struct {
	Host    string   `json:"host"`
	Domain  string   `json:"domain,omitempty"`
	Owner   string   `json:"owner,omitempty"`
	Country string   `json:"country,omitempty"`
	Noise   string   `json:"noise,omitempty"`
	Schemes []string `json:"schemes"`
	Apps    []string `json:"apps"`
	Values  int      `json:"values"` // distinct endpoints with this host
	// Used is the most that uses one of them: connection (one is opened to it), referenced (code that may run has it), dead (only code
	// that nothing calls); "" where it stands in no code.
	Used string `json:"used,omitempty"`
}

// Counts are the totals.
type Counts struct {
	Files      int            `json:"files"`
	Apps       int            `json:"apps"`
	Facts      int            `json:"facts"`
	Gaps       int            `json:"gaps"`
	Findings   int            `json:"findings"`
	BySeverity map[string]int `json:"bySeverity"`
	DEX        int            `json:"dex"`
	NoCode     int            `json:"appsWithoutCode"`
	// Verification counts vdex files without code whose code is not in the image.
	Verification int `json:"vdexWithoutCode,omitempty"`
}

// Diff is two scans compared.
type Diff struct {
	SchemaVersion string  `json:"schemaVersion"`
	Old           *Report `json:"-"`
	New           *Report `json:"-"`
	OldImage      Image   `json:"old"`
	NewImage      Image   `json:"new"`
	Tool          Tool    `json:"tool"`
	*diff.Diff
	Findings []DiffFinding `json:"findings"`
}

// DiffFinding is a finding with what became of it.
type DiffFinding struct {
	State   diff.State `json:"state"`
	Reason  string     `json:"reason"`
	Finding Finding    `json:"finding"`
	Before  *Finding   `json:"before,omitempty"` // of a changed finding
}
