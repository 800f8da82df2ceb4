package image

import (
	"context"
	"io"
	"path"
	"strconv"
	"strings"
)

// Parts is an Index of a container that is little more than a list of names, offsets and sizes, with the
// checksums it states: what most vendors' firmware files are. It implements [Verifier].
type Parts struct {
	*Index
	r      io.ReaderAt
	size   int64
	checks []func(context.Context) Check
}

// NewParts returns an empty Parts over the size bytes of r.
func NewParts(r io.ReaderAt, size int64) *Parts {
	return &Parts{Index: NewIndex(), r: r, size: size}
}

// maxStated bounds the size that is believed of a part that reaches past the end: larger ones are of no device.
const maxStated = 1 << 40

// AddStretch lists the size bytes at off as a file, under the name Unique gives. Of what reaches past the end, a
// gap says how much is there; the file keeps its stated size, and reads past the end fail. What begins past the end
// is not listed, and of a size that no device has only what is there. It returns the name in the Index, "" where there is none.
func (p *Parts) AddStretch(name string, off, size int64, attr Attr) string {
	if off < 0 || size < 0 {
		p.Miss(name, Errorf(Malformed, -1, "%d bytes at %d", size, off))
		return ""
	}
	if off > p.size || off == p.size && size > 0 {
		p.Miss(name, Errorf(Truncated, p.size, "%d bytes at %d lie past the end", size, off))
		return ""
	}
	if there := p.size - off; size > there {
		p.Miss(name, Errorf(Truncated, p.size, "%d bytes stated, %d there", size, there))
		if size > maxStated {
			size = there
		}
	}
	attr.Offset = off
	if size == 0 {
		attr.Offset = -1
	}
	s := NewSection(p.r, off, size)
	return p.AddFile(name, Entry{Mode: 0o444, Size: size, Attr: attr, Open: func() (io.ReaderAt, error) { return s, nil }})
}

// AddFile lists e under the name Unique gives, and returns that name, "" where it cannot be listed, which is a gap.
func (p *Parts) AddFile(raw string, e Entry) string {
	name, note := p.Unique(raw)
	if e.Attr.Note == "" {
		e.Attr.Note = note
	}
	if err := p.Add(name, e); err != nil {
		p.Miss(name, err)
		return ""
	}
	return name
}

// Unique makes a name as containers write it, with / or \ in it, one of io/fs that is free. note says what was odd.
func (p *Parts) Unique(raw string) (name, note string) {
	var elems []string
	for elem := range strings.FieldsFuncSeq(raw, func(r rune) bool { return r == '/' || r == '\\' }) {
		if elem == "." {
			continue
		}
		valid, odd, ok := ValidName(elem)
		if !ok {
			valid, odd = "_", "name is "+strconv.Quote(elem)
		}
		if odd != "" {
			note = odd
		}
		elems = append(elems, valid[:min(len(valid), 255)])
	}
	if len(elems) == 0 {
		elems, note = []string{"unnamed"}, "without a name"
	}
	return p.Free(strings.ToValidUTF8(path.Join(elems...), "\uFFFD")), note
}

// Later adds a comparison for Verify, which makes them in the order in which they were added.
func (p *Parts) Later(check func(context.Context) Check) { p.checks = append(p.checks, check) }

// Verify implements [Verifier].
func (p *Parts) Verify(ctx context.Context, yield func(Check) bool) {
	for _, check := range p.checks {
		if ctx.Err() != nil {
			return
		}
		if c := check(ctx); ctx.Err() != nil || !yield(c) {
			return
		}
	}
}

// Summer is the part of [hash.Hash] that checksums of vendors have.
type Summer interface {
	io.Writer
	Sum(b []byte) []byte
}

// LaterSum adds the comparison of the n bytes of r at off with a stated checksum; c says what it is about and
// where the checksum stands.
func (p *Parts) LaterSum(c Check, r io.ReaderAt, off, n int64, sum func() Summer, want []byte) {
	c.Bytes = n
	p.Later(func(ctx context.Context) Check {
		h := sum()
		if err := Feed(ctx, h, r, off, n); err != nil {
			c.Outcome, c.Detail = Unverified, err.Error()
			return c
		}
		c.Outcome, c.Detail = Matched, ""
		if got := h.Sum(nil); string(got) != string(want) {
			c.Outcome, c.Detail = Mismatched, Differ(want, got)
		}
		return c
	})
}

// Feed writes the n bytes of r at off to w, until ctx ends. Fewer bytes than n are an error.
func Feed(ctx context.Context, w io.Writer, r io.ReaderAt, off, n int64) error {
	buf := make([]byte, min(max(n, 1), 1<<20))
	in := struct{ io.Reader }{ReaderContext(ctx, io.NewSectionReader(r, off, n))}
	done, err := io.CopyBuffer(struct{ io.Writer }{w}, in, buf)
	if err == nil && done < n {
		err = Errorf(Truncated, off+done, "ends after %d of %d bytes", done, n)
	}
	return err
}
