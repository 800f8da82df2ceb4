package blockota

import (
	"slices"
	"sort"
)

// origin is where a piece's blocks come from: one of these, or, from 0 on, the result of a command.
type origin int32

const (
	fresh origin = -1 - iota // new.dat
	zeros                    // nothing: they are zero
	base                     // the image the update starts from
	lost                     // a command that cannot be understood
)

// piece is a run of blocks, of the partition or of what a command starts from.
type piece struct {
	at, count uint32 // blocks
	from      uint32 // block of the origin
	origin    origin
}

func (p piece) end() uint32 { return p.at + p.count }

// cut gives the part of p in [lo, hi), which it touches.
func (p piece) cut(lo, hi uint32) piece {
	if lo > p.at {
		p.from += lo - p.at
		p.count -= lo - p.at
		p.at = lo
	}
	if hi < p.end() {
		p.count = hi - p.at
	}
	return p
}

// layout says of every block where it comes from at one point of a transfer list. Pieces are ascending and without
// overlap, in chunks that keep a change local; a block in none of them comes from rest.
type layout struct {
	chunks [][]piece
	rest   origin
}

const chunkSize = 512

// seek finds the first piece that ends after a block.
func (l *layout) seek(block uint32) (chunk, k int) {
	chunk = sort.Search(len(l.chunks), func(i int) bool { return l.chunks[i][len(l.chunks[i])-1].end() > block })
	if chunk == len(l.chunks) {
		return chunk, 0
	}
	c := l.chunks[chunk]
	return chunk, sort.Search(len(c), func(i int) bool { return c[i].end() > block })
}

// put overwrites what p covers.
func (l *layout) put(p piece) {
	c, k := l.seek(p.at)
	if c == len(l.chunks) {
		if c == 0 || len(l.chunks[c-1]) >= chunkSize {
			l.chunks = append(l.chunks, nil)
			c++
		}
		l.chunks[c-1] = append(l.chunks[c-1], p)
		return
	}
	between := make([]piece, 0, 3)
	if old := l.chunks[c][k]; old.at < p.at {
		between = append(between, old.cut(old.at, p.at))
	}
	between = append(between, p)
	last, end := c, k
	for last < len(l.chunks) && l.chunks[last][end].at < p.end() {
		if old := l.chunks[last][end]; old.end() > p.end() {
			between = append(between, old.cut(p.end(), old.end()))
		}
		if end++; end == len(l.chunks[last]) {
			last, end = last+1, 0
		}
	}
	if last == c {
		l.chunks[c] = slices.Replace(l.chunks[c], k, end, between...)
	} else {
		l.chunks[c] = append(l.chunks[c][:k], between...)
		if last < len(l.chunks) {
			l.chunks[last] = slices.Delete(l.chunks[last], 0, end)
		}
		l.chunks = slices.Delete(l.chunks, c+1, last)
	}
	if n := len(l.chunks[c]); n > chunkSize {
		l.chunks = slices.Insert(l.chunks, c+1, slices.Clone(l.chunks[c][n/2:]))
		l.chunks[c] = l.chunks[c][:n/2]
	}
}

// read appends the pieces of [lo, hi) to list, until it has more than most; they lie from block at on there.
func (l *layout) read(list []piece, lo, hi, at uint32, most int) []piece {
	add := func(p piece) {
		p.at += at - lo
		list = append(list, p)
	}
	for c, k := l.seek(lo); lo < hi && len(list) <= most; {
		if c == len(l.chunks) || l.chunks[c][k].at >= hi {
			add(piece{lo, hi - lo, lo, l.rest})
			break
		}
		p := l.chunks[c][k]
		if p.at > lo {
			q := piece{lo, p.at - lo, lo, l.rest}
			add(q)
			at, lo = at+q.count, p.at
			continue
		}
		p = p.cut(lo, hi)
		add(p)
		at, lo = at+p.count, p.end()
		if k++; k == len(l.chunks[c]) {
			c, k = c+1, 0
		}
	}
	return list
}

// pieces gives all, in their order.
func (l *layout) pieces() []piece { return slices.Concat(l.chunks...) }
