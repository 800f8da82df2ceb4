// Package fact holds what was seen in firmware: one Fact is one thing that is so, with the place where
// anyone can check it.
//
// In: an [image.File]. Out: Facts and Tables, produced by the Analyzers in the folders below, each a pure
// function of the file's bytes. A permission, a component, an endpoint, a string with the methods that use
// it are facts; what follows from several of them is the business of package firmware.
//
// Limit: a fact does not know where its file lies in the device. Two copies of a file give the same facts.
package fact

import (
	"encoding/json"
	"sort"

	"romscan/analyzer/image"
)

// Kind names what a fact is about; kinds.go lists all of them with their fields.
type Kind string

// Fact is one thing that is so.
type Fact struct {
	Kind     Kind      `json:"fact"`
	Fields   Fields    `json:"fields"`
	At       Place     `json:"at"`
	Evidence *Evidence `json:"evidence,omitempty"`
}

// Place says where in a file a fact was seen.
type Place struct {
	Path   image.Path `json:"-"`                // the file's; saved once per file
	In     image.Path `json:"in,omitempty"`     // the same, where it is another file than the one the fact is of: code of a library
	Offset int64      `json:"offset"`           // bytes from the start of the file, -1 where it has none
	Member string     `json:"member,omitempty"` // method "Lcom/x/Y;->m()V", XML element, section
	Line   int        `json:"line,omitempty"`   // 1-based, in text or in decoded XML
	Unit   int        `json:"unit,omitempty"`   // 16-bit code-unit address inside Member, as dexdump prints it
}

// Evidence is a listing a person can hold against the firmware: the lines themselves and their numbers.
type Evidence struct {
	Name     string `json:"name"`           // what is listed: "AndroidManifest.xml", a method, a text file
	Language string `json:"language"`       // xml, smali, text
	Text     string `json:"text"`           // the lines, without a final newline
	Line     int    `json:"line,omitempty"` // number of the first line in Name; 0 where lines have no numbers
	Mark     int    `json:"mark,omitempty"` // index of the line that shows the fact
}

// Fields are a fact's values by name, sorted; a field may hold several values. They are set once and read often.
type Fields []Field

// Field is one named value.
type Field struct {
	Name   string
	Values []string
}

// F builds Fields from name, value pairs and leaves empty values out.
func F(pairs ...string) Fields {
	var f Fields
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			f = f.With(pairs[i], pairs[i+1])
		}
	}
	return f
}

// With returns f with a field set; values empty leaves f as it is. f's own array is not shared.
func (f Fields) With(name string, values ...string) Fields {
	if len(values) == 0 {
		return f
	}
	i := sort.Search(len(f), func(i int) bool { return f[i].Name >= name })
	out := make(Fields, 0, len(f)+1)
	out = append(out, f[:i]...)
	out = append(out, Field{name, values})
	if i < len(f) && f[i].Name == name {
		i++
	}
	return append(out, f[i:]...)
}

// Get returns the first value of a field, or "".
func (f Fields) Get(name string) string {
	if v := f.All(name); len(v) > 0 {
		return v[0]
	}
	return ""
}

// All returns all values of a field.
func (f Fields) All(name string) []string {
	for i := range f {
		if f[i].Name == name {
			return f[i].Values
		}
	}
	return nil
}

// MarshalJSON writes an object: a string for one value, an array for several.
func (f Fields) MarshalJSON() ([]byte, error) {
	m := make(map[string]any, len(f))
	for _, x := range f {
		if len(x.Values) == 1 {
			m[x.Name] = x.Values[0]
		} else {
			m[x.Name] = x.Values
		}
	}
	return json.Marshal(m)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *Fields) UnmarshalJSON(data []byte) error {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(data, &m); err != nil {
		return err
	}
	*f = nil
	for name, raw := range m {
		var one string
		if json.Unmarshal(raw, &one) == nil {
			*f = append(*f, Field{name, []string{one}})
			continue
		}
		var many []string
		if err := json.Unmarshal(raw, &many); err != nil {
			return err
		}
		*f = append(*f, Field{name, many})
	}
	sort.Slice(*f, func(i, j int) bool { return (*f)[i].Name < (*f)[j].Name })
	return nil
}
