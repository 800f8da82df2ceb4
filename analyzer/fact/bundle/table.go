package bundle

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf16"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// entry is one string of a bundle.
type entry struct {
	text string
	at   int
}

// list collects strings and bounds what they take together: entries of a table may overlap, and all but a few do not.
type list struct {
	entries []entry
	left    int
	shut    bool
}

func newList(size int) *list { return &list{left: 4*size + 1<<20} }

// add keeps a string of n bytes; text is called only where there is room.
func (l *list) add(at, n int, text func() string) bool {
	if l.left -= n + 32; l.left < 0 {
		l.shut = true
		return false
	}
	if s := text(); len(s) >= minString {
		l.entries = append(l.entries, entry{s, at})
	}
	return true
}

// minString is the length from which a string says something.
const minString = 3

// err tells that strings were left out.
func (l *list) err() error {
	if l.shut {
		return image.Errorf(image.OverBudget, -1, "overlapping strings are out of proportion to the file; the rest is left out")
	}
	return nil
}

// table sorts the strings and joins equal ones.
func table(entries []entry, source string) *fact.Table {
	if len(entries) == 0 {
		return nil
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.at, b.at))
	})
	t := &fact.Table{Kind: "string", Column: "value", Common: fact.F("source", source, "recovered", "plain"), Members: []string{"strings"}}
	for i, e := range entries {
		if i == 0 || e.text != entries[i-1].text {
			t.Values = append(t.Values, e.text)
			t.Starts = append(t.Starts, uint32(len(t.Sites)))
		}
		t.Sites = append(t.Sites, fact.Site{Offset: uint32(e.at)})
	}
	t.Starts = append(t.Starts, uint32(len(t.Sites)))
	return t
}

// clean returns bytes as valid UTF-8.
func clean(b []byte) string { return strings.ToValidUTF8(string(b), "\ufffd") }

// narrow returns little-endian UTF-16 as UTF-8; a lone surrogate becomes U+FFFD.
func narrow(b []byte) string {
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	return string(utf16.Decode(units))
}
