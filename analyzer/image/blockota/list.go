package blockota

import (
	"math"
	"strconv"
	"strings"

	"romscan/analyzer/image"
)

const (
	blockSize = 4096
	maxRanges = 4 << 20
	maxDepth  = 64 // commands that read what commands wrote; generators make lists without any
)

// span is a run of blocks.
type span struct{ lo, hi uint32 }

// transfers is a transfer list understood.
type transfers struct {
	version  int
	now      layout             // what the partition holds after the commands read so far
	commands []*command         // those that others and the partition read from
	stash    map[string]stash   // what is put aside
	blocks   uint32             // of the partition, as far as it is written
	fresh    uint32             // blocks taken from new.dat
	tree     int64              // blocks of hash trees that a device computes
	ranges   int                // pieces and ranges held, for the limit
	gaps     []*image.Error     // of which there are few
	bad      map[string]*defect // by their reason
	order    []*defect
}

// stash is a list of pieces put aside: the blocks one after the other.
type stash struct {
	pieces []piece
	blocks uint32
}

// defect counts commands that cannot be understood for one reason.
type defect struct {
	first *image.Error
	count int
}

// parse reads a transfer list of version 1 to 4.
//
// The updater works in place: what a command reads is what the commands before it left there. So the list is gone
// through once, keeping of every block where it comes from at that point.
func parse(text string) (*transfers, error) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	version, err := strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || version < 1 || version > 4 {
		return nil, image.Errorf(image.Unsupported, 0, "transfer list of version %.20q", lines[0])
	}
	skip := 2 // version, total
	if version >= 2 {
		skip = 4 // stash entries, stash blocks
	}
	if len(lines) < skip {
		return nil, image.Errorf(image.Truncated, int64(len(text)), "transfer list of %d lines", len(lines))
	}
	m := &transfers{version: version, now: layout{rest: zeros}, stash: map[string]stash{}, bad: map[string]*defect{}}
	for _, line := range lines[skip:] {
		switch name, _, _ := strings.Cut(strings.TrimSpace(line), " "); name {
		case "move", "bsdiff", "imgdiff", "stash":
			m.now.rest = base // of an incremental update: what no command writes stays
		}
	}
	for i, line := range lines[skip:] {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		if err := m.command(f, i+skip+1); err != nil {
			return nil, image.Errorf(image.Malformed, -1, "transfer list, line %d: %v", i+skip+1, err)
		}
	}
	for _, d := range m.order {
		e := *d.first
		if d.count > 1 {
			e.Detail += " (and " + strconv.Itoa(d.count-1) + " more such lines)"
		}
		m.gaps = append(m.gaps, &e)
	}
	if m.tree > 0 {
		m.gaps = append(m.gaps, image.Errorf(image.Unsupported, -1, "%d bytes are a hash tree that the device computes; they read as zeros", m.tree*blockSize))
	}
	return m, nil
}

// command takes one line. An error is one of the blocks it writes: then no later state is known.
func (m *transfers) command(f []string, line int) error {
	switch f[0] {
	case "new":
		return m.fill(f[1], fresh)
	case "zero", "erase":
		return m.fill(f[1], zeros)
	case "compute_hash_tree":
		set, err := m.rangeSet(f[1])
		if err != nil {
			return err
		}
		m.tree += int64(set.blocks)
		return m.fill(f[1], zeros)
	case "move", "bsdiff", "imgdiff":
		return m.transfer(f, line)
	case "stash":
		if err := m.putAside(f); err != nil {
			m.miss(line, err)
		}
	case "free":
		delete(m.stash, f[1])
	case "abort":
	default:
		m.miss(line, image.Errorf(image.Unsupported, -1, "unknown command %.40q", f[0]))
	}
	return nil
}

// miss records that a line is not understood; lines alike are told once.
func (m *transfers) miss(line int, err *image.Error) {
	if d := m.bad[err.Detail]; d != nil {
		d.count++
		return
	}
	if len(m.order) == 100 {
		err = image.Errorf(image.Malformed, -1, "and more")
		if d := m.bad[err.Detail]; d != nil {
			d.count++
			return
		}
	}
	d := &defect{image.Errorf(err.Reason, -1, "line %d: %s", line, err.Detail), 1}
	m.bad[err.Detail] = d
	m.order = append(m.order, d)
}

// fill writes blocks that no other blocks are needed for. Data of new.dat is taken in their order.
func (m *transfers) fill(set string, from origin) error {
	s, err := m.rangeSet(set)
	if err != nil {
		return err
	}
	if from == fresh && s.blocks > math.MaxUint32-m.fresh {
		return image.Errorf(image.Malformed, -1, "more blocks of new.dat than can be numbered")
	}
	for _, r := range s.spans {
		m.write(piece{r.lo, r.hi - r.lo, m.fresh, from})
		if from == fresh {
			m.fresh += r.hi - r.lo
		}
	}
	return nil
}

func (m *transfers) write(p piece) {
	m.now.put(p)
	m.blocks = max(m.blocks, p.end())
}

// set is a list of ranges.
type set struct {
	spans  []span
	blocks uint32
}

// rangeSet reads "N,from,to,from,to…".
func (m *transfers) rangeSet(text string) (set, error) {
	count, rest, _ := strings.Cut(text, ",")
	n, err := strconv.Atoi(count)
	if err != nil || n <= 0 || n%2 != 0 || strings.Count(rest, ",") != n-1 {
		return set{}, image.Errorf(image.Malformed, -1, "range set %.60q", text)
	}
	if m.ranges += n / 2; m.ranges > maxRanges {
		return set{}, image.Errorf(image.OverBudget, -1, "more than %d ranges", maxRanges)
	}
	s := set{spans: make([]span, 0, n/2)}
	for range n / 2 {
		var a, b string
		a, rest, _ = strings.Cut(rest, ",")
		b, rest, _ = strings.Cut(rest, ",")
		lo, err1 := strconv.ParseUint(a, 10, 32)
		hi, err2 := strconv.ParseUint(b, 10, 32)
		if err1 != nil || err2 != nil || hi <= lo {
			return set{}, image.Errorf(image.Malformed, -1, "range %.20q to %.20q", a, b)
		}
		if uint32(hi-lo) > math.MaxUint32-s.blocks {
			return set{}, image.Errorf(image.Malformed, -1, "ranges of more blocks than can be numbered")
		}
		s.spans = append(s.spans, span{uint32(lo), uint32(hi)})
		s.blocks += uint32(hi - lo)
	}
	return s, nil
}
