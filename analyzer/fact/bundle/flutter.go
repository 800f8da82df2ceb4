package bundle

import (
	"bytes"
	"slices"
	"strconv"

	"romscan/analyzer/fact"
)

func isELF(head []byte) bool { return bytes.HasPrefix(head, []byte("\x7fELF")) }

// hashLength is the length of the version hash at the start of a snapshot of Dart.
const hashLength = 32

// flutter looks for a snapshot of Dart among the strings of a native library: behind its header stand the hash of the
// Dart version it was made with and, without a gap, the features of the build (runtime/vm/snapshot.h, SnapshotHeaderReader).
// The strings of the program lie in the same section and were read with it.
func flutter(p *fact.Pass, tables []*fact.Table) {
	total := 0
	var first *fact.Site
	var hash, features string
	for _, t := range tables {
		total += len(t.Values)
		for i, v := range t.Values {
			if !isSnapshot(v) || t.Common.Get("recovered") != "plain" {
				continue
			}
			for _, s := range t.SitesOf(i) {
				if first == nil || s.Offset < first.Offset {
					first, hash, features = &s, v[:hashLength], v[hashLength:]
				}
			}
		}
	}
	if first == nil {
		return
	}
	f := fact.F("type", "flutter", "version", hash, "detail", features, "strings", strconv.Itoa(total))
	p.Emit("bundle", f, fact.Place{Offset: int64(first.Offset)}, nil)
}

// modes are the features a snapshot's list begins with.
var modes = []string{"product ", "release ", "debug "}

func isSnapshot(v string) bool {
	if len(v) <= hashLength || !slices.ContainsFunc(modes, func(m string) bool { return len(v) > hashLength+len(m) && v[hashLength:hashLength+len(m)] == m }) {
		return false
	}
	for _, c := range []byte(v[:hashLength]) {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}
