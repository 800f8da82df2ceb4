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
