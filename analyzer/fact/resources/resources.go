// Package resources reads the strings of compiled resources.
//
// In: a resources.arsc, or any file of binary XML: layouts, preference screens, configurations. Out: one table of
// kind string with every value, in all languages, and the offset of its bytes; it is also the pass's Result, a
// []*fact.Table, for analyzers that look for something in strings.
//
//	out := fact.Run([]*fact.Analyzer{resources.Analyzer()}, subject, budget)
//
// Limit: names of types and entries are not listed, and a string is not traced to the entries that use it.
package resources

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
	"romscan/analyzer/image/bin/reschunk"
)

// Limits on one file. The largest honest tables hold some hundred thousand strings; offsets that share their bytes
// could otherwise turn a small file into any amount of text.
const (
	maxStrings = 1 << 22
	maxChunks  = 1 << 20
)

// Analyzer returns the analyzer of resource strings.
func Analyzer() *fact.Analyzer {
	return &fact.Analyzer{
		Name:    "resources",
		Doc:     "strings of resources.arsc, in all languages, and of binary XML files",
		Refs:    []string{"AOSP frameworks/base/libs/androidfw/include/androidfw/ResourceTypes.h"},
		Version: 1,
		Emits:   []fact.Kind{"string"},
		Wants:   func(s *fact.Subject) bool { return recognise(s.Head, s.File.Size) },
		Run:     run,
	}
}

// recognise looks for the header of a table or of binary XML and for a chunk that may follow it.
func recognise(head []byte, size int64) bool {
	if len(head) < 20 {
		return false
	}
	le := binary.LittleEndian
	typ, header := le.Uint16(head), int(le.Uint16(head[2:]))
	switch {
	case typ == reschunk.Table && header == 12:
	case typ == reschunk.XML && header == 8:
	default:
		return false
	}
	next := le.Uint16(head[header:])
	return next == reschunk.StringPool || next == reschunk.Package || int64(le.Uint32(head[4:])) == size
}

func run(p *fact.Pass) error {
	data, err := p.Bytes(p.Budget.MaxFile)
	if len(data) < reschunk.HeaderSize {
		return err
	}
	c := collector{left: 4*int64(len(data)) + 1<<20}
	c.container(data)
	t := c.table()
	p.EmitTable(t)
	if t != nil {
		p.Result = []*fact.Table{t}
	}
	if err == nil {
		err = c.err
	}
	return err
}

// collector gathers the strings of one file.
type collector struct {
	found []found
	left  int64 // bytes of text that may still be decoded
	err   error
}

type found struct {
	value string
	at    uint32
}

// container takes the pools directly inside a table or an XML file. Values are there; the pools inside a package
// hold names of types and entries.
func (c *collector) container(data []byte) {
	top, ok := reschunk.Read(data, 0)
	if !ok {
		c.err = image.Errorf(image.Malformed, 0, "chunk header makes no sense")
		return
	}
	if top.Lies() {
		c.err = image.Errorf(image.Truncated, int64(len(data)), "%d bytes stated, %d there", top.Size, len(data))
	}
	for n, at := 0, top.Header; n < maxChunks; n++ {
		chunk, ok := reschunk.Read(data, at)
		if !ok {
			return
		}
		if chunk.Type == reschunk.StringPool {
			c.pool(chunk)
		}
		at += len(chunk.Data)
	}
}

func (c *collector) pool(chunk reschunk.Chunk) {
	pool, err := reschunk.ReadPool(chunk)
	if err != nil {
		c.err = err
		return
	}
	if pool.Claimed != int64(pool.Len()) {
		c.err = image.Errorf(image.Tampered, int64(chunk.At), "%d strings claimed, room for %d", pool.Claimed, pool.Len())
	}
	c.found = slices.Grow(c.found, min(pool.Len(), maxStrings))
	for i := range pool.Len() {
		s, ok := pool.String(i)
		if !ok || s == "" {
			continue
		}
		if c.left -= int64(len(s)); c.left < 0 || len(c.found) >= maxStrings {
			c.err = fmt.Errorf("%w: strings that share their bytes", image.ErrBudget)
			return
		}
		c.found = append(c.found, found{s, uint32(pool.At(i))})
	}
}

// table sorts the strings and joins equal ones.
func (c *collector) table() *fact.Table {
	if len(c.found) == 0 {
		return nil
	}
	slices.SortFunc(c.found, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.at, b.at))
	})
	t := &fact.Table{Kind: "string", Column: "value", Common: fact.F("source", "resource", "recovered", "plain")}
	t.Sites = make([]fact.Site, 0, len(c.found))
	for i, f := range c.found {
		if i == 0 || f.value != c.found[i-1].value {
			t.Values = append(t.Values, f.value)
			t.Starts = append(t.Starts, uint32(len(t.Sites)))
		} else if f.at == c.found[i-1].at {
			continue
		}
		t.Sites = append(t.Sites, fact.Site{Offset: f.at})
	}
	t.Starts = append(t.Starts, uint32(len(t.Sites)))
	return t
}
