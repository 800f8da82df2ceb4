package analyzer

import (
	"bytes"
	"encoding/xml"
	"io"
	"regexp"
	"strconv"
	"strings"

	"romscan/analyzer/fact/manifest"
)

// screens is what layouts and preference screens of an app say that matters to its code.
type screens struct {
	secret   map[uint32]bool   // views that take passwords
	clicks   map[string]bool   // methods a tap calls
	settings map[string]string // switches of preference screens and their default: "true", "false", ""
	views    map[string]bool   // classes of views and fragments that layouts name, with dots
	numbered map[uint32]string // of views with a number: their class, "" where several have it
}

// namesClass finds the name of a class with its package among the strings of a layout.
var namesClass = regexp.MustCompile(`[a-z]\w*(\.\w+)+\.[A-Z]\w*`)

// maxScreen bounds one XML file that is looked into.
const maxScreen = 1 << 20

// Kinds of text a view takes that nobody shall see (android.text.InputType).
var secretInputs = map[int64]bool{0x81: true, 0x91: true, 0xe1: true, 0x12: true}

// read looks into one binary XML file.
func (s *screens) read(data []byte) {
	if len(data) > maxScreen || !mentions(data, "onClick", "inputType", "password", "Preference") && !mentionsClass(data) {
		return
	}
	text, err := manifest.Decode(data, nil)
	if err != nil && text == "" {
		return
	}
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		tok, err := d.Token()
		if err != nil {
			return
		}
		if e, ok := tok.(xml.StartElement); ok {
			s.element(e)
		}
	}
}

func (s *screens) element(e xml.StartElement) {
	attr := map[string]string{}
	for _, a := range e.Attr {
		attr[a.Name.Local] = a.Value
	}
	class := e.Name.Local
	switch class {
	case "view", "fragment":
		if class = attr["class"]; class == "" {
			class = attr["name"]
		}
	}
	if strings.Contains(class, ".") && len(s.views) < maxViews {
		s.views[class] = true
		if id, ok := viewNumber(attr["id"]); ok {
			if old, known := s.numbered[id]; known && old != class {
				class = ""
			}
			s.numbered[id] = class
		}
	}
	if v := attr["onClick"]; v != "" {
		s.clicks[v] = true
	}
	input, _ := strconv.ParseInt(attr["inputType"], 0, 64)
	if secretInputs[input] || attr["password"] == "true" {
		if id, ok := viewNumber(attr["id"]); ok {
			s.secret[id] = true
		}
	}
	if name := e.Name.Local; strings.HasSuffix(name, "Preference") && (strings.Contains(name, "Check") || strings.Contains(name, "Switch") || strings.Contains(name, "List")) && attr["key"] != "" {
		s.settings[attr["key"]] = attr["defaultValue"]
	}
}

// binaryXML begins a file of binary XML (frameworks/base ResourceTypes.h, RES_XML_TYPE).
var binaryXML = []byte{3, 0, 8, 0}

// mentionsClass reports whether a file of binary XML names a class with its package.
func mentionsClass(data []byte) bool {
	return bytes.HasPrefix(data, binaryXML) && namesClass.Match(bytes.ReplaceAll(data, []byte{0}, nil))
}

// maxViews bounds the classes of views that layouts name.
const maxViews = 2000

// viewNumber reads the number of a view: a reference to a resource.
func viewNumber(ref string) (uint32, bool) {
	id, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimPrefix(ref, "@"), "+"), 0, 32)
	return uint32(id), err == nil
}

// mentions reports whether one of the words stands in a string pool, in either of its encodings.
func mentions(data []byte, words ...string) bool {
	for _, w := range words {
		if bytes.Contains(data, []byte(w)) {
			return true
		}
		wide := make([]byte, 0, 2*len(w))
		for _, c := range []byte(w) {
			wide = append(wide, c, 0)
		}
		if bytes.Contains(data, wide) {
			return true
		}
	}
	return false
}
