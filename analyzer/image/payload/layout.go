package payload

import (
	"cmp"
	"container/heap"
	"slices"

	"romscan/analyzer/image"
)

// segment is a run of blocks that one operation writes.
type segment struct {
	start, count uint64 // blocks of the partition
	skip         uint64 // blocks that the operation writes before these
	operation    uint32
	kind         kind // kinds where it is unknown or malformed
	large        bool // the operation does not fit into memory
}

func (s segment) end() uint64 { return s.start + s.count }

// layOut makes the segments of a partition, in the order of its blocks and without overlap, its size where the
// manifest does not state it, and the gaps.
func (p *Payload) layOut(part *partition) {
	var bad, cut failures
	for k := range part.operations {
		first := len(part.segments)
		skip := uint64(0)
		o, err := p.operation(part, k, func(e extent) {
			if e.start <= maxPartition/uint64(p.block)-e.count {
				part.segments = append(part.segments, segment{start: e.start, count: e.count, skip: skip, operation: uint32(k)})
			} else if e.start != hole {
				bad.add(image.Errorf(image.Malformed, headerSize+int64(part.operations[k].start), "operation %d writes %d blocks from %d on", k, e.count, e.start))
			}
			skip += e.count
		}, nil)
		as := min(o.kind, kinds)
		if err != nil {
			bad.add(err)
			as = kinds
		} else if as == kinds {
			bad.add(image.Errorf(image.Unsupported, headerSize+int64(part.operations[k].start), "operation %d is of %s", k, o.kind))
		}
		if err := p.checkData(o); err != nil {
			cut.add(err)
		}
		for i := first; i < len(part.segments); i++ {
			part.segments[i].kind, part.segments[i].large = as, as.hasData() && !p.fits(o)
		}
	}
	// Stable: of segments that start alike, the order is the one in which they are written.
	slices.SortStableFunc(part.segments, func(a, b segment) int { return cmp.Compare(a.start, b.start) })
	if n := overlap(part.segments); n > 0 {
		part.gaps = append(part.gaps, image.Errorf(image.Malformed, headerSize+part.at,
			"%d blocks are written by more than one operation; the last one counts", n))
		part.segments = paint(part.segments)
	}
	if k := len(part.segments); part.size < 0 && k > 0 {
		part.size = int64(part.segments[k-1].end()) * p.block
	}
	part.size = max(part.size, 0)
	part.gaps = append(part.gaps, bad.errors("malformed or unknown")...)
	part.gaps = append(part.gaps, cut.errors("without all of their data")...)
	part.gaps = append(part.gaps, p.missing(part)...)
}

// failures keeps the first of many errors.
type failures struct {
	first error
	count int
}

func (f *failures) add(err error) {
	if f.count == 0 {
		f.first = err
	}
	f.count++
}

func (f *failures) errors(what string) []error {
	switch f.count {
	case 0:
		return nil
	case 1:
		return []error{f.first}
	}
	g := image.GapOf(nil, "", f.first)
	return []error{image.Errorf(g.Reason, g.Offset, "%d operations are %s, the first: %s", f.count, what, g.Detail)}
}

// checkData says where an operation's data is not all there.
func (p *Payload) checkData(o operation) error {
	if !o.kind.hasData() && !o.kind.patches() {
		return nil
	}
	have := uint64(max(p.size-p.data, 0))
	if o.offset > have || o.length > have-o.offset {
		at := p.size
		if o.offset <= have {
			at = p.data + int64(o.offset)
		}
		return image.Errorf(image.Truncated, at, "operation %d (%s) takes %d bytes from %d on, of %d there", o.index, o.kind, o.length, o.offset, have)
	}
	return nil
}

// missing says how much of a partition only its base gives, and how much nothing does.
func (p *Payload) missing(part *partition) []error {
	var bytes [kinds + 1]int64
	covered := int64(0)
	for _, s := range part.segments {
		n := min(int64(s.end())*p.block, part.size) - min(int64(s.start)*p.block, part.size)
		bytes[s.kind] += n
		covered += n
	}
	gaps := p.baseGaps(part, bytes)
	if n := part.size - covered; n > 0 {
		gaps = append(gaps, image.Errorf(image.Unsupported, -1, "%d of %d bytes are in no operation", n, part.size))
	}
	return gaps
}

// overlap returns how many blocks of segments in order lie in one before, too.
func overlap(list []segment) uint64 {
	var n, end uint64
	for _, s := range list {
		if s.start < end {
			n += min(s.end(), end) - s.start
		}
		end = max(end, s.end())
	}
	return n
}

// paint lets later segments cover earlier ones, as they do on a device. Of the same operation, the later extent
// covers the earlier.
func paint(list []segment) []segment {
	var out []segment
	var top latest
	pos := uint64(0)
	for next := 0; next < len(list) || len(top) > 0; {
		if len(top) == 0 {
			pos = list[next].start
		}
		for ; next < len(list) && list[next].start <= pos; next++ {
			heap.Push(&top, list[next])
		}
		s := top[0]
		if s.end() <= pos {
			heap.Pop(&top)
			continue
		}
		end := s.end()
		if next < len(list) {
			end = min(end, list[next].start)
		}
		s.start, s.count, s.skip = pos, end-pos, s.skip+pos-s.start
		out = append(out, s)
		pos = end
	}
	return out
}

// latest is a heap of segments, the one written last on top.
type latest []segment

func (h latest) Len() int { return len(h) }
func (h latest) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].operation, h[j].operation), cmp.Compare(h[i].skip, h[j].skip)) > 0
}
func (h latest) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *latest) Push(x any)   { *h = append(*h, x.(segment)) }
func (h *latest) Pop() any {
	old := *h
	s := old[len(old)-1]
	*h = old[:len(old)-1]
	return s
}
