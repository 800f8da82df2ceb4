// Package props reads property files: build.prop, default.prop and those they import.
//
// In: text of name=value lines. Out: one property fact per line, in the order of the file, and one named
// "import" for each import line, with its target as value. Which file wins is decided by package firmware.
//
// Limit: values are taken as written; ${…} is expanded only in import lines, as init does.
package props

import (
	"bytes"
	"strings"

	"romscan/analyzer/fact"
)

// maxSize bounds a property file; real ones stay below 100 KB.
const maxSize = 4 << 20

// Analyzer returns the analyzer of property files.
func Analyzer() *fact.Analyzer {
	return &fact.Analyzer{
		Name: "props", Version: 1, Emits: []fact.Kind{"property"},
		Doc:   "Reads build.prop, default.prop and other property files, line by line.",
		Refs:  []string{"AOSP system/core/init/property_service.cpp, LoadProperties"},
		Wants: wants, Run: run,
	}
}

// wants recognises a property file by a read-only property in its first lines; shell scripts and init files
// that merely mention one do not start a line with it.
func wants(s *fact.Subject) bool {
	if !s.File.IsRegular() || bytes.IndexByte(s.Head, 0) >= 0 {
		return false
	}
	lines, props := 0, 0
	ro := false
	for line := range bytes.Lines(s.Head) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		lines++
		if i := bytes.IndexByte(line, '='); i > 0 && isName(line[:i]) {
			props++
			ro = ro || bytes.HasPrefix(line, []byte("ro."))
		} else if bytes.HasPrefix(line, []byte("import ")) {
			props++
		}
	}
	return ro && props*4 >= lines*3
}

func isName(b []byte) bool {
	for _, c := range bytes.TrimSpace(b) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("._-@:/", c) >= 0:
		default:
			return false
		}
	}
	return true
}

func run(p *fact.Pass) error {
	data, err := p.Bytes(maxSize)
	if err != nil && len(data) == 0 {
		return err
	}
	l := fact.NewLines("property file", data)
	for n := 1; n <= l.Len(); n++ {
		line := strings.TrimSpace(l.Line(n))
		if line == "" || line[0] == '#' {
			continue
		}
		if target, ok := strings.CutPrefix(line, "import "); ok {
			p.Emit("property", fact.F("name", "import", "value", strings.TrimSpace(target)), l.Place(n), l.Listing(n, n, n))
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok || strings.TrimSpace(name) == "" {
			continue
		}
		fields := fact.F("name", strings.TrimSpace(name), "value", strings.ToValidUTF8(strings.TrimSpace(value), "�"))
		p.Emit("property", fields, l.Place(n), l.Listing(n, n, n))
	}
	return err
}
