package dataflow

import (
	"crypto/sha256"
	"maps"
	"slices"
)

// Consulted is what was asked of the libraries that an app is linked to, and what they answered. Where others answer the
// same, what follows from the app's code is the same; see [Program.Consulted] and [Program.Agrees].
type Consulted struct {
	Classes []string // that were read, by descriptor
	Marked  []string // of which it was asked what of them is entered and what data leaves through
	Absent  []byte   // classes that no library has: hashes of their names, ascending, each less the one before
	Sum     [sha256.Size]byte
}

// consulted is what was asked so far. It is not safe for concurrent use.
type consulted struct{ classes, marked, absent map[string]bool }

// Watched returns the same program, which notes what one analysis after the other asks of it. It is not safe for concurrent
// use.
func (p *Program) Watched() *Program {
	if p == nil {
		return nil
	}
	return &Program{parts: p.leaves(), asked: &consulted{map[string]bool{}, map[string]bool{}, map[string]bool{}}}
}

// leaves are the programs that one is linked of, or itself.
func (p *Program) leaves() []*Program {
	if p.parts == nil {
		return []*Program{p}
	}
	return p.parts
}

// mark notes that it was asked what of a class is entered and what data leaves through.
func (p *Program) mark(class string) {
	if p.asked == nil || p.asked.marked[class] || p.asked.absent[class] {
		return
	}
	if slices.ContainsFunc(p.parts, func(part *Program) bool { return part.Defines(class) }) {
		p.asked.marked[class] = true
	} else {
		p.asked.absent[class] = true
	}
}

// Consulted returns what was asked of a watched program, of none it is nothing; false where it cannot be told.
func (p *Program) Consulted() (*Consulted, bool) {
	if p == nil || p.asked == nil {
		return nil, p == nil
	}
	c := &Consulted{Classes: slices.Sorted(maps.Keys(p.asked.classes)), Marked: slices.Sorted(maps.Keys(p.asked.marked))}
	hashes := make([]uint32, 0, len(p.asked.absent))
	for name := range p.asked.absent {
		hashes = append(hashes, HashOf(name))
	}
	c.Absent = PackHashes(hashes)
	sum, ok := p.answers(c)
	c.Sum = sum
	return c, ok
}

// Agrees reports whether libraries answer what was asked of others as those did. Where two names have one hash it may say
// no without need.
func (p *Program) Agrees(c *Consulted) bool {
	if p == nil || c == nil {
		return p == nil && c == nil
	}
	absent, ok := UnpackHashes(c.Absent)
	if !ok {
		return false
	}
	for _, part := range p.leaves() {
		have := part.seen().hashes
		for i, j := 0, 0; i < len(absent) && j < len(have); {
			switch {
			case absent[i] < have[j]:
				i++
			case absent[i] > have[j]:
				j++
			default:
				return false
			}
		}
	}
	sum, ok := p.answers(c)
	return ok && sum == c.Sum
}

// answers is the digest of what is to be seen of the classes that were asked for; false where one has none.
func (p *Program) answers(c *Consulted) (sum [sha256.Size]byte, ok bool) {
	h := sha256.New()
	for _, name := range c.Classes {
		i := slices.IndexFunc(p.leaves(), func(part *Program) bool { return part.Defines(name) })
		if i < 0 {
			return sum, false
		}
		v, ok := p.leaves()[i].view(name)
		if !ok {
			return sum, false
		}
		h.Write(v[:])
	}
	for _, name := range c.Marked {
		for _, part := range p.leaves() {
			m := part.marks(name)
			h.Write(m[:])
		}
	}
	return [sha256.Size]byte(h.Sum(nil)), true
}
