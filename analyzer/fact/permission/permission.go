// Package permission reads the XML files under etc/permissions, etc/default-permissions and etc/sysconfig.
//
// In: XML whose root is permissions, exceptions or config. Out: privapp facts (privileged permissions granted
// or denied to a package), default-grant facts (runtime permissions given without asking) and sysconfig facts
// (every other entry: power-save exemptions, shared libraries, group mappings).
//
// Limit: which entry counts on a device depends on its partition; package firmware knows that.
package permission

import (
	"bytes"
	"encoding/xml"
	"io"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

const maxSize = 8 << 20

// Analyzer returns the analyzer of permission XML.
func Analyzer() *fact.Analyzer {
	return &fact.Analyzer{
		Name: "permission", Version: 1, Emits: []fact.Kind{"privapp", "default-grant", "sysconfig"},
		Doc: "Reads privileged, default and system-wide grants from permission and sysconfig XML.",
		Refs: []string{
			"AOSP frameworks/base/core/java/com/android/server/SystemConfig.java",
			"AOSP frameworks/base/services/core/java/com/android/server/pm/permission/DefaultPermissionGrantPolicy.java",
		},
		Wants: wants, Run: run,
	}
}

var roots = [][]byte{[]byte("<permissions"), []byte("<exceptions"), []byte("<config")}

// wants looks at the root element; comments in front of it may fill the head.
func wants(s *fact.Subject) bool {
	head := bytes.TrimLeft(bytes.TrimPrefix(s.Head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if !s.File.IsRegular() || !bytes.HasPrefix(head, []byte("<")) {
		return false
	}
	for _, r := range roots {
		if i := bytes.Index(head, r); i >= 0 && i+len(r) < len(head) && bytes.IndexByte([]byte(" >\t\r\n"), head[i+len(r)]) >= 0 {
			return true
		}
	}
	return false
}

func run(p *fact.Pass) error {
	data, err := p.Bytes(maxSize)
	if err != nil && len(data) == 0 {
		return err
	}
	l := fact.NewLines("permission file", data)
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	w := &walker{pass: p, lines: l}
	for {
		tok, terr := d.RawToken()
		if terr == io.EOF {
			return err
		}
		if terr != nil {
			return image.Errorf(image.Malformed, d.InputOffset(), "XML: %v", terr)
		}
		line, _ := d.InputPos()
		switch t := tok.(type) {
		case xml.StartElement:
			w.start(t, line)
		case xml.EndElement:
			if len(w.stack) > 0 {
				w.stack = w.stack[:len(w.stack)-1]
			}
		}
		if len(w.stack) > 64 {
			return image.Errorf(image.Malformed, d.InputOffset(), "XML nested deeper than 64 elements")
		}
	}
}

type element struct{ name, pkg, attr string }

type walker struct {
	pass  *fact.Pass
	lines *fact.Lines
	stack []element
}

func (w *walker) start(t xml.StartElement, line int) {
	attr := map[string]string{}
	for _, a := range t.Attr {
		attr[a.Name.Local] = a.Value
	}
	parent := element{}
	if n := len(w.stack); n > 0 {
		parent = w.stack[n-1]
	}
	name := t.Name.Local
	w.stack = append(w.stack, element{name, attr["package"], attr["name"]})
	emit := func(kind fact.Kind, f fact.Fields) {
		w.pass.Emit(kind, f, w.lines.Place(line), w.lines.Listing(line, line, line))
	}
	allowed := map[string]string{"permission": "yes", "deny-permission": "no"}[name]
	switch {
	case parent.name == "privapp-permissions" && allowed != "":
		emit("privapp", fact.F("package", parent.pkg, "permission", attr["name"], "allowed", allowed))
	case parent.name == "exception" && name == "permission":
		fixed := "no"
		if attr["fixed"] == "true" {
			fixed = "yes"
		}
		emit("default-grant", fact.F("package", parent.pkg, "permission", attr["name"], "fixed", fixed))
	case len(w.stack) == 1, name == "privapp-permissions", name == "exception":
	default:
		if len(w.stack) == 3 && parent.name == "permission" { // <permission name="P"><group gid="G"/>: the pair is what counts
			emit("sysconfig", fact.F("entry", "permission-"+name, "name", attr["gid"], "value", parent.attr))
			return
		}
		emit("sysconfig", fact.F("entry", name, "package", attr["package"], "name", first(attr, "name", "component", "action", "user", "uid"), "value", first(attr, "file", "value", "whitelist", "targetSdk", "dependency")))
	}
}

func first(attr map[string]string, names ...string) string {
	for _, n := range names {
		if v := attr[n]; v != "" {
			return v
		}
	}
	return ""
}
