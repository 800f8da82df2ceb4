package analyzer

import (
	"context"
	"strconv"

	"romscan/analyzer/fact"
	"romscan/analyzer/image"
)

// Checked is one comparison of bytes with a checksum they come with, and its place.
type Checked struct {
	At image.Path // the container
	By string     // the format
	image.Check
}

// Path returns where the checked bytes lie: the container or a file in it.
func (c Checked) Path() image.Path {
	if c.Name == "" {
		return c.At
	}
	return c.At.Join(image.Segment{Container: c.By, Name: c.Name, Offset: -1})
}

// Verify compares everything in a tree with the checksums that come with it, in tree order. Gaps are what could not
// be opened, and so not be compared. deep also enters the archives among the device's files. When ctx ends, what was
// compared until then is returned with its error.
func Verify(ctx context.Context, root *image.File, opt Options, deep bool) ([]Checked, []image.Gap, error) {
	o, err := opt.opener()
	if err != nil {
		return nil, nil, err
	}
	if !deep {
		o.Enter = packagingOrPackage
	}
	type result struct {
		checks []Checked
		gaps   []image.Gap
	}
	boot := newVerifiedBoot()
	o.Again = func() { boot = newVerifiedBoot() }
	list, err := image.Walk(ctx, o, root, opt.jobs(), func(f *image.File, c *image.Container) result {
		if c == nil {
			return result{checks: boot.check(ctx, f, c)}
		}
		return result{append(checks(ctx, f, c), boot.check(ctx, f, c)...), c.Gaps}
	})
	var all []Checked
	var gaps []image.Gap
	for _, r := range list {
		all = append(all, r.checks...)
		gaps = append(gaps, r.gaps...)
	}
	gaps = append(gaps, o.Budget.Refused()...)
	if err != nil {
		return all, gaps, err
	}
	more, err := boot.finish(ctx, o, root, opt.jobs())
	return append(all, more...), gaps, err
}

// checks asks every layer of a container.
func checks(ctx context.Context, f *image.File, c *image.Container) []Checked {
	var out []Checked
	for i, layer := range c.Layers {
		v, ok := layer.(image.Verifier)
		if !ok {
			continue
		}
		by := c.Formats[i]
		err := image.Contain(func() error {
			v.Verify(ctx, func(k image.Check) bool {
				out = append(out, Checked{f.Path, by, k})
				return ctx.Err() == nil
			})
			return nil
		})
		if err != nil {
			out = append(out, Checked{f.Path, by, image.Check{What: "checksums", Outcome: image.Unverified, Offset: -1, Detail: err.Error()}})
		}
	}
	return out
}

// maxAlike is how many matches of one kind a container tells one by one; archives have thousands.
const maxAlike = 64

// integrity makes facts of checks: one for each, except that many matches of one kind become one with their number.
func integrity(list []Checked) []fact.Fact {
	type kind struct{ by, what string }
	matches := map[kind]int{}
	bytes := map[kind]int64{}
	for _, c := range list {
		if c.Outcome == image.Matched {
			matches[kind{c.By, c.What}]++
			bytes[kind{c.By, c.What}] += c.Bytes
		}
	}
	var out []fact.Fact
	for _, c := range list {
		k := kind{c.By, c.What}
		n, size := 1, c.Bytes
		if c.Outcome == image.Matched && matches[k] > maxAlike {
			if n = matches[k]; bytes[k] < 0 {
				continue // told before
			}
			c.Name, c.Whole, size = "", false, bytes[k]
			bytes[k] = -1
		}
		out = append(out, fact.Fact{Kind: "integrity", At: fact.Place{Path: c.At, Offset: c.Offset}, Fields: fact.F(
			"result", string(c.Outcome), "what", c.What, "format", c.By, "name", c.Name, "whole", map[bool]string{true: "yes", false: "no"}[c.Whole],
			"bytes", strconv.FormatInt(size, 10), "count", strconv.Itoa(n), "detail", c.Detail)})
	}
	return out
}

// addIntegrity adds the facts of checks that were made after the walk to the files they are about.
func addIntegrity(rec *fact.Record, late []Checked) {
	by := map[string][]Checked{}
	for _, c := range late {
		by[c.At.String()] = append(by[c.At.String()], c)
	}
	for i := range rec.Units {
		u := &rec.Units[i]
		u.Facts = append(u.Facts, integrity(by[u.File.Path.String()])...)
	}
}
