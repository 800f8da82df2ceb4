package blockota

import (
	"strconv"
	"strings"
	"sync"

	"romscan/analyzer/image"
)

// command is a move, bsdiff or imgdiff: blocks made from others.
type command struct {
	name   string
	line   int
	target uint32 // blocks it makes
	source stash  // what it reads, as it was at that point of the list

	patch, length          int64  // in patch.dat
	sourceHash, targetHash string // sha1 in hex, "" in lists of version 1 and 2

	needsBase bool
	depth     int   // commands that its source was made by, one on the other
	cost      int64 // bytes held and made for it and for what it reads

	mu   sync.Mutex
	done bool  // its source, or its result, was compared
	err  error // why it cannot be read
}

// transfer takes a move, bsdiff or imgdiff:
//
//	move   [hash]                            blocks
//	bsdiff offset length [old hash new hash] blocks
//
// The hashes are there from version 3 on. A command whose source is not understood makes blocks that cannot be read.
func (m *transfers) transfer(f []string, line int) error {
	c := &command{name: f[0], line: line}
	var bad *image.Error
	args := f[1:]
	take := func() string {
		if len(args) == 0 {
			return ""
		}
		a := args[0]
		args = args[1:]
		return a
	}
	if c.name != "move" {
		var err1, err2 error
		c.patch, err1 = strconv.ParseInt(take(), 10, 64)
		c.length, err2 = strconv.ParseInt(take(), 10, 64)
		if err1 != nil || err2 != nil || c.patch < 0 || c.length < 0 {
			bad = image.Errorf(image.Malformed, -1, "%s without the place of its patch", c.name)
		}
	}
	if m.version >= 3 {
		c.sourceHash = strings.ToLower(take())
		c.targetHash = c.sourceHash
		if c.name != "move" {
			c.targetHash = strings.ToLower(take())
		}
	}
	var from string
	if m.version == 1 {
		from = take()
	}
	target, err := m.rangeSet(take())
	if err != nil {
		return err
	}
	c.target = target.blocks
	if bad == nil {
		if m.version == 1 {
			bad = m.oldSource(c, from)
		} else {
			bad = m.source(c, args)
		}
	}
	if bad == nil && c.name == "move" && c.source.blocks != c.target {
		bad = image.Errorf(image.Malformed, -1, "a move of %d blocks to %d", c.source.blocks, c.target)
	}
	if bad == nil {
		bad = m.weigh(c)
	}
	made := origin(len(m.commands))
	if bad != nil {
		m.miss(line, bad)
		made = lost
	} else {
		m.commands = append(m.commands, c)
	}
	at := uint32(0)
	for _, r := range target.spans {
		m.write(piece{r.lo, r.hi - r.lo, at, made})
		at += r.hi - r.lo
	}
	return nil
}

// weigh finds out what stands between a command and the bytes it is made from, and refuses what nobody could wait for.
func (m *transfers) weigh(c *command) *image.Error {
	if c.name != "move" {
		c.cost = (int64(c.source.blocks) + int64(c.target)) * blockSize
	}
	seen := map[origin]bool{}
	for _, p := range c.source.pieces {
		if p.origin == base {
			c.needsBase = true
		}
		if p.origin < 0 || seen[p.origin] {
			continue
		}
		seen[p.origin] = true
		below := m.commands[p.origin]
		c.needsBase = c.needsBase || below.needsBase
		c.depth = max(c.depth, below.depth+1)
		if c.cost += below.cost; c.cost > 1<<50 {
			c.cost = 1 << 50
		}
	}
	if c.depth > maxDepth {
		return image.Errorf(image.OverBudget, -1, "%s reads what more than %d commands made, one on the other", c.name, maxDepth)
	}
	return nil
}

// packed reads the blocks of ranges, one after the other, as they are now.
func (m *transfers) packed(text string) (stash, *image.Error) {
	set, err := m.rangeSet(text)
	if err != nil {
		return stash{}, asError(err)
	}
	var s stash
	for _, r := range set.spans {
		s.pieces = m.now.read(s.pieces, r.lo, r.hi, s.blocks, maxRanges-m.ranges)
		s.blocks += r.hi - r.lo
		if m.ranges+len(s.pieces) > maxRanges {
			return stash{}, image.Errorf(image.OverBudget, -1, "more than %d ranges", maxRanges)
		}
	}
	m.ranges += len(s.pieces)
	return s, nil
}

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
