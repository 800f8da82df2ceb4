package blockota

import (
	"strconv"
	"strings"

	"romscan/analyzer/image"
)

// oldSource takes the source of version 1: ranges, no stash.
func (m *transfers) oldSource(c *command, text string) *image.Error {
	var err *image.Error
	c.source, err = m.packed(text)
	return err
}

// source takes what a command reads, from version 2 on:
//
//	blocks ranges
//	blocks - stash:where…
//	blocks ranges where stash:where…
//
// where says at which blocks of the source those of the ranges and of each stash lie.
func (m *transfers) source(c *command, args []string) *image.Error {
	if len(args) < 2 {
		return image.Errorf(image.Malformed, -1, "%s without a source", c.name)
	}
	n, err := strconv.ParseUint(args[0], 10, 32)
	if err != nil {
		return image.Errorf(image.Malformed, -1, "%s of %.20q blocks", c.name, args[0])
	}
	all := layout{rest: lost}
	blocks := uint32(n)
	where := args[2:]
	if args[1] != "-" {
		s, bad := m.packed(args[1])
		if bad != nil {
			return bad
		}
		if len(where) == 0 {
			if s.blocks != blocks {
				return image.Errorf(image.Malformed, -1, "%s of %d blocks, %d stated", c.name, s.blocks, blocks)
			}
			c.source = s
			return nil
		}
		if bad := m.place(&all, s, where[0], blocks); bad != nil {
			return bad
		}
		where = where[1:]
	}
	for _, w := range where {
		id, at, _ := strings.Cut(w, ":")
		s, ok := m.stash[id]
		if !ok {
			return image.Errorf(image.Malformed, -1, "%s reads a stash that is not there", c.name)
		}
		if bad := m.place(&all, s, at, blocks); bad != nil {
			return bad
		}
	}
	c.source = stash{all.read(nil, 0, blocks, 0, maxRanges), blocks}
	if m.ranges += len(c.source.pieces); m.ranges > maxRanges {
		return image.Errorf(image.OverBudget, -1, "more than %d ranges", maxRanges)
	}
	for _, p := range c.source.pieces {
		if p.origin == lost {
			return image.Errorf(image.Malformed, -1, "%s reads blocks that are not known", c.name)
		}
	}
	return nil
}

// place puts the blocks of s at the ranges of a source of so many blocks.
func (m *transfers) place(all *layout, s stash, text string, blocks uint32) *image.Error {
	set, err := m.rangeSet(text)
	if err != nil {
		return asError(err)
	}
	if set.blocks != s.blocks {
		return image.Errorf(image.Malformed, -1, "%d blocks are to lie at %d", s.blocks, set.blocks)
	}
	if m.ranges += len(s.pieces); m.ranges > maxRanges {
		return image.Errorf(image.OverBudget, -1, "more than %d ranges", maxRanges)
	}
	k, used := 0, uint32(0) // the piece, and how much of it lies
	for _, r := range set.spans {
		if r.hi > blocks {
			return image.Errorf(image.Malformed, -1, "block %d of a source of %d", r.hi-1, blocks)
		}
		for at := r.lo; at < r.hi; {
			p := s.pieces[k]
			n := min(p.count-used, r.hi-at)
			all.put(piece{at, n, p.from + used, p.origin})
			at, used = at+n, used+n
			if used == p.count {
				k, used = k+1, 0
			}
		}
	}
	return nil
}

// putAside takes a stash: an id, from version 3 on the sha1 of the blocks, and ranges.
func (m *transfers) putAside(f []string) *image.Error {
	if m.version < 2 || len(f) < 3 {
		return image.Errorf(image.Malformed, -1, "stash of %d words in a list of version %d", len(f), m.version)
	}
	s, err := m.packed(f[2])
	if err != nil {
		return err
	}
	m.stash[f[1]] = s
	return nil
}

func asError(err error) *image.Error {
	g := image.GapOf(nil, "", err)
	return image.Errorf(g.Reason, g.Offset, "%s", g.Detail)
}
