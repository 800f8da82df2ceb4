// Package text reads the text files of a device: XML, init scripts, properties, configuration, JSON, scripts
// and web pages.
//
// In: a file whose first bytes are text: UTF-8, an eight-bit encoding, or UTF-16 with a byte order mark. Out: a
// table "string" of the words in it that may name a server, each with its line; nothing else of the text is
// kept. The table is the analyzer's result.
//
//	ro.ota.url=http://ota.example.cn/check?v=%s   ->   http://ota.example.cn/check?v=%s, line 12
//
// Limit: whether text is configuration or an asset of an app is judged by how it looks; of one word, the first
// 1024 uses in a file are kept.
package text

import (
	"cmp"
	"slices"
	"strings"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// Bounds of what is read and kept.
const (
	maxFile  = 64 << 20
	maxWords = 1 << 20 // words kept of one file
	maxWord  = 4096    // bytes of one word
	maxSites = 1024    // uses kept of one word: a compressed megabyte of one URL must not take a thousand of memory
)

// Analyzer returns the analyzer of text files. It leaves the table of strings in Pass.Result ([]*fact.Table).
func Analyzer() *fact.Analyzer {
	return &fact.Analyzer{
		Name:    "text",
		Refs:    []string{"https://www.rfc-editor.org/rfc/rfc3986"},
		Doc:     "words of text files that may name a server, with their lines",
		Version: 1,
		Emits:   []fact.Kind{"string"},
		Wants:   func(s *fact.Subject) bool { return encodingOf(s.Head, int64(len(s.Head)) < s.File.Size) != notText },
		Run:     run,
	}
}

// word is one word found.
type word struct {
	text   string
	line   uint32
	offset uint32
	where  uint32 // index in members
}

// Members of the table: ordinary text, lines of a hosts file that send a name to the device itself, and names
// of access points, which look like hosts and are none.
const (
	ordinary = iota
	blocked
	accessPoint
)

var members = []string{ordinary: "", blocked: "hosts: blocked", accessPoint: "apn"}

func run(p *fact.Pass) error {
	if p.File.Size > maxFile {
		return image.Errorf(image.OverBudget, -1, "text of %d bytes, limit %d", p.File.Size, maxFile)
	}
	data, err := p.Bytes(p.Budget.MaxFile)
	if err != nil {
		p.Gap(err)
	}
	if len(data) == 0 {
		return nil
	}
	head := data[:min(len(data), fact.HeadSize)]
	var words []word
	switch enc := encodingOf(head, len(head) < len(data)); enc {
	case utf16Little, utf16Big:
		words = wordsUTF16(data, enc == utf16Big)
	default:
		words = words8(data)
	}
	if len(words) > maxWords {
		p.Gap(image.Errorf(image.OverBudget, int64(words[maxWords].offset), "more than %d words that may name servers", maxWords))
		words = words[:maxWords]
	}
	if t := table(words, source(head)); t != nil {
		p.EmitTable(t)
		p.Result = []*fact.Table{t}
	}
	return nil
}

// table sorts the words and joins equal ones. The values share one block of memory.
func table(words []word, source string) *fact.Table {
	if len(words) == 0 {
		return nil
	}
	slices.SortStableFunc(words, func(a, b word) int {
		return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.offset, b.offset))
	})
	t := &fact.Table{Kind: "string", Column: "value", Common: fact.F("source", source, "recovered", "plain"), Members: members}
	for i, w := range words {
		if i == 0 || w.text != words[i-1].text {
			t.Values = append(t.Values, strings.Clone(w.text))
			t.Starts = append(t.Starts, uint32(len(t.Sites)))
		}
		if len(t.Sites)-int(t.Starts[len(t.Starts)-1]) < maxSites {
			t.Sites = append(t.Sites, fact.Site{Member: w.where, Offset: w.offset, Unit: w.line})
		}
	}
	t.Starts = append(t.Starts, uint32(len(t.Sites)))
	return t
}
