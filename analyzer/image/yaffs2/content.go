package yaffs2

import (
	"cmp"
	"slices"

	"romscan/analyzer/image"
)

// content reads one file.
type content struct {
	v     *volume
	size  int64
	pages []page // in their order, each number once
}

func byChunk(a, b page) int { return cmp.Compare(a.chunk, b.chunk) }

// content puts the pages of an object into their order. Of two for one place the one written later counts.
func (v *volume) content(o *object) *content {
	o.cut()
	slices.SortStableFunc(o.pages, byChunk)
	out := o.pages[:0]
	for k, p := range o.pages {
		if k+1 == len(o.pages) || o.pages[k+1].chunk != p.chunk {
			out = append(out, p)
		}
	}
	o.pages = slices.Clip(out)
	return &content{v: v, size: o.size, pages: o.pages}
}

// cut drops the pages that were cut off after they had been written.
func (o *object) cut() {
	for k := len(o.cuts) - 2; k >= 0; k-- { // the lowest of those that follow counts
		o.cuts[k].last = min(o.cuts[k].last, o.cuts[k+1].last)
	}
	o.pages = slices.DeleteFunc(o.pages, func(p page) bool {
		k, _ := slices.BinarySearchFunc(o.cuts, p.order, func(c cut, order int) int { return cmp.Compare(c.order, order) })
		return k < len(o.cuts) && int64(p.chunk) > o.cuts[k].last
	})
}

// missing returns how many pages the file lacks.
func (c *content) missing() int64 {
	want := (c.size + c.v.page - 1) / c.v.page
	have, _ := slices.BinarySearchFunc(c.pages, page{chunk: uint32(want) + 1}, byChunk)
	return want - int64(have)
}

// offset returns where a file lies that is in one page, else -1.
func (c *content) offset() int64 {
	if len(c.pages) != 1 || c.pages[0].chunk != 1 || c.size > int64(c.pages[0].bytes) {
		return -1
	}
	return c.pages[0].at
}

// ReadAt implements [io.ReaderAt].
func (c *content) ReadAt(p []byte, off int64) (int, error) {
	p, tail, err := image.Window(p, off, c.size)
	if err != nil {
		return 0, err
	}
	for done := 0; done < len(p); {
		at := off + int64(done)
		number, skip := at/c.v.page+1, at%c.v.page
		part := p[done:min(int64(len(p)), int64(done)+c.v.page-skip)]
		k, ok := slices.BinarySearchFunc(c.pages, page{chunk: uint32(number)}, byChunk)
		if !ok {
			clear(part)
			done += len(part)
			continue
		}
		n := min(int64(len(part)), max(int64(c.pages[k].bytes)-skip, 0))
		clear(part[n:]) // what a page was not filled with is no part of the file
		if n > 0 {
			got, err := c.v.r.ReadAt(part[:n], c.pages[k].at+skip)
			if int64(got) < n {
				return done + got, err
			}
		}
		done += len(part)
	}
	return len(p), tail
}
