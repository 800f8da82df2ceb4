package blockota

import (
	"slices"
	"strconv"
	"strings"

	"romscan/analyzer/image"
)

const (
	blockSize = 4096
	maxRanges = 4 << 20
)

// Where a segment's bytes come from, besides an offset in new.dat.
const (
	zeros = -1
	base  = -2 // the image the update starts from
)

// segment is a run of blocks of the partition, in bytes.
type segment struct {
	at, length int64
	from       int64 // in new.dat, or zeros or base
}

// transfers is a transfer list understood.
type transfers struct {
	segments []segment // ascending, without overlap
	blocks   int64     // of the partition
	fresh    int64     // blocks taken from new.dat
	gaps     []*image.Error
}

// parse reads a transfer list of version 1 to 4.
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
	m := &transfers{}
	missing := int64(0)
	for i, line := range lines[skip:] {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		from := int64(base)
		switch f[0] {
		case "new":
			from = m.fresh * blockSize
		case "zero", "erase":
			from = zeros
		case "move", "bsdiff", "imgdiff":
		case "stash", "free", "compute_hash_tree", "abort":
			continue
		default:
			m.gaps = append(m.gaps, image.Errorf(image.Unsupported, -1, "line %d: unknown command %.40q", i+skip+1, f[0]))
			continue
		}
		n, err := m.add(target(f, version), from)
		if err != nil {
			return nil, image.Errorf(image.Malformed, -1, "transfer list, line %d: %v", i+skip+1, err)
		}
		switch from {
		case base:
			missing += n
		case zeros:
		default:
			m.fresh += n
		}
	}
	if missing > 0 {
		m.gaps = append(m.gaps, image.Errorf(image.Unsupported, -1, "incremental update: %d of %d bytes come from the image before it", missing*blockSize, m.blocks*blockSize))
	}
	m.settle()
	return m, nil
}

// target returns the argument with the blocks a command writes: the only set of new, zero and erase, the last
// of version 1, else the first.
func target(f []string, version int) string {
	var sets []string
	for _, a := range f[1:] {
		if strings.Contains(a, ",") && !strings.Contains(a, ":") {
			sets = append(sets, a)
		}
	}
	switch {
	case len(sets) == 0:
		return ""
	case version == 1:
		return sets[len(sets)-1]
	}
	return sets[0]
}

// add notes the ranges "N,from,to,from,to…" and returns how many blocks they hold. Data of new.dat is taken
// in their order.
func (m *transfers) add(set string, from int64) (int64, error) {
	nums := strings.Split(set, ",")
	count, err := strconv.Atoi(nums[0])
	if err != nil || count != len(nums)-1 || count%2 != 0 || count == 0 {
		return 0, image.Errorf(image.Malformed, -1, "range set %.60q", set)
	}
	if len(m.segments)+count/2 > maxRanges {
		return 0, image.Errorf(image.OverBudget, -1, "more than %d ranges", maxRanges)
	}
	total := int64(0)
	for i := 1; i < len(nums); i += 2 {
		lo, err1 := strconv.ParseUint(nums[i], 10, 32)
		hi, err2 := strconv.ParseUint(nums[i+1], 10, 32)
		if err1 != nil || err2 != nil || hi <= lo {
			return 0, image.Errorf(image.Malformed, -1, "range %.20q to %.20q", nums[i], nums[i+1])
		}
		s := segment{at: int64(lo) * blockSize, length: int64(hi-lo) * blockSize, from: from}
		if from >= 0 {
			s.from += total * blockSize
		}
		m.segments = append(m.segments, s)
		m.blocks = max(m.blocks, int64(hi))
		total += int64(hi - lo)
	}
	return total, nil
}

// settle sorts the segments. A block written twice, which no generator does, keeps what comes later in the
// partition's order, and is said.
func (m *transfers) settle() {
	slices.SortStableFunc(m.segments, func(a, b segment) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	clipped := 0
	for i := 1; i < len(m.segments); i++ {
		if p := &m.segments[i-1]; p.at+p.length > m.segments[i].at {
			p.length = m.segments[i].at - p.at
			clipped++
		}
	}
	if clipped > 0 {
		m.gaps = append(m.gaps, image.Errorf(image.Malformed, -1, "%d ranges of the transfer list overlap", clipped))
	}
}
