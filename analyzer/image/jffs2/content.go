package jffs2

import (
	"cmp"
	"container/heap"
	"slices"

	"romscan/analyzer/image"
)

// content reads one file: fragments of pieces, in the order of the file, newer pieces over older ones.
type content struct {
	v         *volume
	size      int64
	fragments []fragment
}

// fragment is the part of a piece that no newer one covers.
type fragment struct {
	from, to int64
	piece    *piece
}

// newest is a heap of pieces; the first is the newest. Of equals the later one counts, which is the copy.
type newest []*piece

func (h newest) Len() int      { return len(h) }
func (h newest) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h newest) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[j].version, h[i].version), cmp.Compare(h[j].at, h[i].at)) < 0
}
func (h *newest) Push(x any) { *h = append(*h, x.(*piece)) }
func (h *newest) Pop() any {
	old := *h
	p := old[len(old)-1]
	*h = old[:len(old)-1]
	return p
}

// content lays the pieces of an inode over each other: it goes along the file and at each place where a piece begins
// or ends looks which of those that are there is the newest.
func (v *volume) content(i *inode) *content {
	c := &content{v: v, size: i.size}
	pieces := make([]*piece, len(i.pieces))
	var edges []int64
	for k := range i.pieces {
		pieces[k] = &i.pieces[k]
		edges = append(edges, pieces[k].from, pieces[k].to)
	}
	slices.SortFunc(pieces, func(a, b *piece) int { return cmp.Compare(a.from, b.from) })
	slices.Sort(edges)
	edges = slices.Compact(edges)
	var here newest
	for k := 0; k+1 < len(edges); k++ {
		from, to := edges[k], edges[k+1]
		for len(pieces) > 0 && pieces[0].from <= from {
			heap.Push(&here, pieces[0])
			pieces = pieces[1:]
		}
		for len(here) > 0 && here[0].to <= from {
			heap.Pop(&here)
		}
		if len(here) == 0 {
			continue
		}
		if n := len(c.fragments); n > 0 && c.fragments[n-1].piece == here[0] && c.fragments[n-1].to == from {
			c.fragments[n-1].to = to
			continue
		}
		c.fragments = append(c.fragments, fragment{from, to, here[0]})
	}
	return c
}

// end returns where the last fragment ends.
func (c *content) end() int64 {
	if len(c.fragments) == 0 {
		return 0
	}
	return c.fragments[len(c.fragments)-1].to
}

// gap returns the first byte that no piece holds. Linux writes holes as nodes, so that there a node is lost.
func (c *content) gap() (int64, bool) {
	at := int64(0)
	for _, f := range c.fragments {
		if f.from > at {
			break
		}
		at = f.to
	}
	return at, at < c.size
}

// offset returns where a file lies that is in one piece and not compressed, else -1.
func (c *content) offset() int64 {
	if len(c.fragments) == 0 || c.size == 0 {
		return -1
	}
	f := c.fragments[0]
	if f.from != 0 || f.to < c.size || f.piece.from != 0 || f.piece.codec != codecNone {
		return -1
	}
	return f.piece.at
}

// ReadAt implements [io.ReaderAt].
func (c *content) ReadAt(p []byte, off int64) (int, error) {
	p, tail, err := image.Window(p, off, c.size)
	if err != nil {
		return 0, err
	}
	for done := 0; done < len(p); {
		at := off + int64(done)
		k, found := slices.BinarySearchFunc(c.fragments, at, func(f fragment, at int64) int { return cmp.Compare(f.from, at) })
		if !found {
			k--
		}
		if k < 0 || at >= c.fragments[k].to {
			return done, image.Errorf(image.Malformed, -1, "no node holds the file's bytes from %d on", at)
		}
		f := c.fragments[k]
		part := p[done:min(int64(len(p)), int64(done)+f.to-at)]
		n, err := c.v.read(part, f.piece, at-f.piece.from)
		if done += n; err != nil {
			return done, err
		}
	}
	return len(p), tail
}

// read fills p from byte skip on of a piece.
func (v *volume) read(p []byte, e *piece, skip int64) (int, error) {
	switch e.codec {
	case codecZero:
		clear(p)
		return len(p), nil
	case codecNone, codecCopy:
		if e.to-e.from > e.encoded {
			return 0, image.Errorf(image.Malformed, e.at, "a node of %d bytes for %d", e.encoded, e.to-e.from)
		}
		n, err := v.r.ReadAt(p, e.at+skip)
		if n == len(p) {
			err = nil
		}
		return n, err
	}
	data, err := v.decoded(e)
	if err != nil {
		return 0, err
	}
	return copy(p, data[skip:]), nil
}
