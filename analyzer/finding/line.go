package finding

import (
	"fmt"
	"slices"
	"strings"

	"romscan/analyzer/fact"
)

// Line tells a fact in one line: its kind, and its fields in the order kinds.go lists them. Two facts that
// read alike are the same to a comparison, so nothing that a rebuild changes may stand in it.
func Line(f fact.Fact) string {
	var b strings.Builder
	b.WriteString(string(f.Kind))
	for _, info := range fact.Lookup(f.Kind).Fields {
		v := f.Fields.All(info.Name)
		if len(v) == 0 || slices.Contains(quiet, info.Name) || slices.Contains(quietIn[f.Kind], info.Name) {
			continue
		}
		shown := fact.ShortMethod(strings.Join(v[:min(len(v), 3)], " "))
		if len(v) > 3 {
			shown += fmt.Sprintf(" (+%d)", len(v)-3)
		}
		if b.Len() == len(f.Kind) {
			fmt.Fprintf(&b, " %s", shown)
		} else {
			fmt.Fprintf(&b, " %s=%s", info.Name, shown)
		}
	}
	return b.String()
}

// quiet fields say little to a reader and are left to the listing.
var quiet = []string{"noisy", "source", "uses", "explicit", "direct_boot", "serial", "not_before", "not_after", "algorithm", "version_code", "version_name"}

// quietIn are fields that repeat others of their kind.
var quietIn = map[fact.Kind][]string{
	"endpoint":  {"type", "scheme", "host", "port", "url_path", "domain"},
	"component": {"category", "process", "guarded", "stock"},
	"autostart": {"type", "action"},
	"file":      {"sha256", "size", "executable", "setuid"},
	"package":   {"label", "application", "min_sdk", "target_sdk", "allow_backup", "has_code"},
}
