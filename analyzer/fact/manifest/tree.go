package manifest

import (
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/avast/apkparser"
)

// Limits on a tree: the largest honest manifests have a few thousand elements, eight deep.
const (
	maxElements = 1 << 18
	maxDepth    = 256
	maxText     = 64 << 20 // bytes of names and values: one long string may be used by every element
)

// element is one XML element. Lines are 1-based, in the rendered text.
type element struct {
	name     string
	attrs    []attr
	inside   []*element
	parent   *element
	text     string
	index    int // among the siblings of its name, 1-based
	first    int // line of the start tag
	head     int // last line of the start tag
	last     int // line of the end tag
	siblings int // of the same name, itself included; known when the parent is complete
}

type attr struct {
	space, name, value string
}

const (
	androidNS = "http://schemas.android.com/apk/res/android"
	autoNS    = "http://schemas.android.com/apk/res-auto"
)

// get returns the value of an attribute of Android's namespace and whether it is written down. Android finds these
// attributes by resource id, whatever namespace the file states; one of no namespace is taken if there is no other.
func (e *element) get(name string) (string, bool) {
	best, found := "", false
	for i := range e.attrs {
		a := &e.attrs[i]
		if a.name != name {
			continue
		}
		if a.space == androidNS {
			return a.value, true
		}
		if !found && a.space == "" {
			best, found = a.value, true
		}
	}
	return best, found
}

// bare returns the value of an attribute without namespace: package, split, coreApp.
func (e *element) bare(name string) string {
	best := ""
	for i := range e.attrs {
		a := &e.attrs[i]
		if a.name == name && a.space == "" {
			return a.value
		}
		if a.name == name && best == "" {
			best = a.value
		}
	}
	return best
}

func (e *element) value(name string) string {
	v, _ := e.get(name)
	return v
}

// children yields the elements directly inside e that have one of the names.
func (e *element) children(yield func(*element) bool, names ...string) {
	for _, c := range e.inside {
		for _, n := range names {
			if c.name == n {
				if !yield(c) {
					return
				}
				break
			}
		}
	}
}

func (e *element) child(name string) *element {
	for _, c := range e.inside {
		if c.name == name {
			return c
		}
	}
	return nil
}

// path prints where an element is: /manifest/application/receiver[3].
func (e *element) path() string {
	if e == nil {
		return ""
	}
	s := e.parent.path() + "/" + e.name
	if e.siblings > 1 {
		s += "[" + strconv.Itoa(e.index) + "]"
	}
	return s
}

// builder makes a tree of the tokens of apkparser or encoding/xml.
type builder struct {
	root    *element
	open    []*element
	skip    int // elements open below maxDepth, which are left out
	count   int
	bytes   int
	cut     bool
	resolve func(id uint32) string
}

// Flush implements [apkparser.ManifestEncoder].
func (b *builder) Flush() error { return nil }

// EncodeToken implements [apkparser.ManifestEncoder].
func (b *builder) EncodeToken(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		return b.start(t)
	case xml.EndElement:
		switch {
		case b.skip > 0:
			b.skip--
		case len(b.open) > 0:
			b.open = b.open[:len(b.open)-1]
		}
	case xml.CharData:
		if n := len(b.open); n > 0 && len(b.open[n-1].text) < 1<<16 {
			b.open[n-1].text += strings.TrimSpace(string(t))
		}
	}
	return nil
}

func (b *builder) start(t xml.StartElement) error {
	if b.count >= maxElements || b.bytes > maxText {
		b.cut = true
		return apkparser.ErrEndParsing
	}
	if len(b.open) >= maxDepth || b.skip > 0 {
		b.cut = true
		b.skip++
		return nil
	}
	b.count++
	e := &element{name: name(t.Name.Local, "element"), index: 1, siblings: 1}
	for _, a := range t.Attr {
		if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
			continue
		}
		v := a.Value
		if id, ok := reference(v); ok && b.resolve != nil {
			v = b.resolve(id)
		}
		b.bytes += len(a.Name.Space) + len(a.Name.Local) + len(v)
		e.attrs = append(e.attrs, attr{a.Name.Space, name(a.Name.Local, "attribute"), v})
	}
	if len(b.open) == 0 {
		if b.root != nil {
			return nil // Android reads one root element
		}
		b.root = e
	} else {
		e.parent = b.open[len(b.open)-1]
		e.parent.inside = append(e.parent.inside, e)
	}
	b.open = append(b.open, e)
	return nil
}

// finish numbers siblings.
func (e *element) finish() {
	count := map[string]int{}
	for _, c := range e.inside {
		count[c.name]++
		c.index = count[c.name]
		c.finish()
	}
	for _, c := range e.inside {
		c.siblings = count[c.name]
	}
}

// reference recognises apkparser's notation of a resource reference: @ and the id in hex.
func reference(v string) (uint32, bool) {
	if len(v) < 2 || len(v) > 9 || v[0] != '@' {
		return 0, false
	}
	id, err := strconv.ParseUint(v[1:], 16, 32)
	return uint32(id), err == nil
}

// name keeps what can stand as an XML name.
func name(s, otherwise string) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || r == 0xfffd || r == 0xfffe || strings.ContainsRune(`<>&'"=/`, r) {
			return '_'
		}
		return r
	}, s)
	if s == "" {
		return otherwise
	}
	return s
}
