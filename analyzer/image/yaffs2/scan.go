package yaffs2

import (
	"cmp"
	"slices"

	"romscan/analyzer/image"
)

// Objects that every filesystem has.
const (
	objectRoot     = 1
	objectLost     = 2
	objectUnlinked = 3
	objectDeleted  = 4
	objectSummary  = 0x10
	firstObject    = 0x100 // of those that files are
)

// pageBytes is the memory a page costs, for the budget.
const pageBytes = 96

// object is a file, a directory, or what else there is.
type object struct {
	id     uint32
	known  bool // that there was a header
	dead   bool
	header objectHeader
	order  int // of the header among all pages
	size   int64
	pages  []page
	cuts   []cut
	ready  *content // of a regular file, once it is listed
}

// page is a piece of a file.
type page struct {
	chunk uint32 // number in the file, from 1 on
	bytes uint32
	order int // among all pages
	at    int64
}

// cut says that what a file had behind a page before some moment is gone.
type cut struct {
	order int
	last  int64 // the page that is left
}

// scan collects what the pages tell.
type scan struct {
	*volume
	objects map[uint32]*object
}

// run reads the tags of all pages, then applies the pages in the order they were written in: by the sequence number
// of their block, and inside of that as they lie. Images of mkyaffs2image have one number throughout.
func (s *scan) run() error {
	type met struct {
		tags
		at int64
	}
	var pages []met
	var wrong, wrongAt int64
	spoil := func(at int64) {
		if wrong++; wrong == 1 {
			wrongAt = at
		}
	}
	for at := int64(0); at+s.chunk() <= s.size; at += s.chunk() {
		if err := s.budget.CheckMemory(int64(len(pages)) * pageBytes); err != nil {
			return err
		}
		var raw [tagsSize]byte
		if n, err := s.r.ReadAt(raw[:], at+s.page+s.tagsAt); n < tagsSize {
			return err
		}
		switch t, st := parseTags(raw[:], s.tagOrder, s.page); st {
		case invalid:
			spoil(at)
		case header, data:
			pages = append(pages, met{t, at})
		}
	}
	slices.SortStableFunc(pages, func(a, b met) int { return cmp.Compare(a.sequence, b.sequence) })
	for k, p := range pages {
		if p.chunk > 0 {
			s.data(p.tags, p.at, k)
			continue
		}
		if _, st, h := s.look(s.r, s.size, p.at); st == header {
			s.header(p.tags, h, k)
		} else {
			spoil(p.at)
		}
	}
	if wrong > 0 {
		s.Miss("", image.Errorf(image.Malformed, wrongAt, "%d pages have tags that make no sense", wrong))
	}
	return nil
}

func (s *scan) object(id uint32) *object {
	o := s.objects[id]
	if o == nil {
		o = &object{id: id}
		s.objects[id] = o
	}
	return o
}

// header applies an object header.
func (s *scan) header(t tags, h objectHeader, order int) {
	if h.kind == 0 { // of an object that is no file
		return
	}
	o := s.object(t.object)
	o.known, o.header, o.order = true, h, order
	o.dead = h.parent == objectUnlinked || h.parent == objectDeleted
	o.size = min(h.size, maxChunk*s.page)
	if o.size < h.size {
		s.Miss("", image.Errorf(image.Malformed, -1, "object %d is said to have %d bytes", t.object, h.size))
	}
	if o.dead {
		o.pages = nil
	}
	if h.shrink || t.shrink {
		o.cuts = append(o.cuts, cut{order, (h.size + s.page - 1) / s.page})
	}
	if old := s.objects[h.shadows]; h.shadows >= firstObject && h.shadows != t.object && old != nil {
		old.dead, old.pages = true, nil
	}
}

// data applies a page of a file. What was written after the last header may have made the file longer.
func (s *scan) data(t tags, at int64, order int) {
	if t.object < firstObject {
		return
	}
	o := s.object(t.object)
	o.pages = append(o.pages, page{t.chunk, t.bytes, order, at})
	o.size = max(o.size, int64(t.chunk-1)*s.page+int64(t.bytes))
}
