package yaffs2

import (
	"encoding/binary"
	"io"

	"romscan/analyzer/image/bin"
)

// geometry is how pages and their tags lie.
type geometry struct {
	page, spare int64
	tagsAt      int64            // in the spare bytes
	order       binary.ByteOrder // of headers
	tagOrder    binary.ByteOrder // of tags, which tools that turn images around leave as they are
}

func (g geometry) chunk() int64 { return g.page + g.spare }

// layouts are sizes of pages and of their spare bytes, the most usual first, with the pages of an erase block.
var layouts = [...]struct{ page, spare, block int64 }{
	{2048, 64, 64}, {4096, 128, 64}, {512, 16, 32}, {1024, 32, 64}, {8192, 256, 64}, {16384, 512, 64}, {2048, 128, 64},
	{4096, 224, 64}, {4096, 256, 64}, {8192, 448, 64}, {8192, 512, 64}, {4096, 64, 64}, {1024, 64, 64},
}

var orders = [...]binary.ByteOrder{binary.LittleEndian, binary.BigEndian}

const (
	dense       = 64 // pages looked at from the start on
	wide        = 64 // and over all of the image
	maxTagsAt   = 48
	minPages    = 16   // that have to agree where an image does not begin with a header
	maxErasures = 256  // erase blocks at the start that may be erased or of a checkpoint
	maxTries    = 4    // of those that are neither
	fewPages    = 1024 // all are looked at
)

// guess finds the geometry of an image.
func guess(r io.ReaderAt, size int64) (geometry, bool) {
	head := bin.Head(r, size, headerSize)
	if len(head) < headerSize {
		return geometry{}, false
	}
	for _, order := range orders {
		if _, ok := parseHeader(head, order, true); ok {
			return fromHeader(r, size, order)
		}
	}
	return fromDump(r, size)
}

// fromHeader guesses the geometry of an image that begins with an object header.
func fromHeader(r io.ReaderAt, size int64, order binary.ByteOrder) (best geometry, ok bool) {
	most := 0
	for _, l := range layouts {
		if size < l.page+l.spare {
			continue
		}
		for _, g := range tagged(r, size, geometry{page: l.page, spare: l.spare, order: order}, 0, header) {
			if n := agreement(r, size, g, 0); n > most {
				best, most = g, n
			}
		}
	}
	return best, most > 0
}

// fromDump guesses the geometry of a dump of whole erase blocks, the first of which may hold anything.
func fromDump(r io.ReaderAt, size int64) (best geometry, ok bool) {
	most := minPages - 1
	for _, l := range layouts {
		g := geometry{page: l.page, spare: l.spare, order: orders[0]}
		block := l.block * g.chunk()
		if size == 0 || size%block != 0 {
			continue
		}
		tried := 0
		for at, n := int64(0), 0; at < size && n < maxErasures && tried < maxTries && most < minPages; at, n = at+block, n+1 {
			ways := tagged(r, size, g, at, invalid)
			for _, g := range ways {
				for _, g.order = range orders {
					if n := agreement(r, size, g, at); n > most {
						best, most = g, n
					}
				}
			}
			if len(ways) > 0 {
				tried++ // what looked like tags may not have been: try the next block too
			}
		}
	}
	return best, most >= minPages
}

// tagged lists the ways to find tags in the spare bytes of the page at a place: such that are of a state, or, if that
// is invalid, of any that is not.
func tagged(r io.ReaderAt, size int64, g geometry, at int64, want state) (out []geometry) {
	n := min(g.spare, maxTagsAt+tagsSize)
	raw, err := bin.ReadAt(r, size, at+g.page, n, n)
	if err != nil {
		return nil
	}
	for g.tagsAt = 0; g.tagsAt+tagsSize <= n; g.tagsAt++ {
		for _, g.tagOrder = range orders {
			if _, s := parseTags(raw[g.tagsAt:], g.tagOrder, g.page); s == want || want == invalid && s >= header {
				out = append(out, g)
			}
		}
	}
	return out
}

// agreement counts the pages that hold what their tags say, of those from a place on and of some over all of the
// image. It is 0 where too many do not, or where none is a header.
func agreement(r io.ReaderAt, size int64, g geometry, from int64) int {
	chunks := size / g.chunk()
	first := from / g.chunk()
	right, wrong, headers := 0, 0, 0
	look := func(k int64) {
		switch _, s, _ := g.look(r, size, k*g.chunk()); s {
		case header:
			headers++
			right++
		case data:
			right++
		case invalid:
			wrong++
		}
	}
	near := int64(dense)
	if chunks-first <= fewPages {
		near = fewPages
	}
	for k := first; k < min(first+near, chunks); k++ {
		look(k)
		if wrong > 8 && wrong > right {
			return 0
		}
	}
	for k := range int64(wide) {
		if at := first + (chunks-first)*k/wide; at >= first+near {
			look(at)
		}
	}
	if headers == 0 || right < 8*wrong {
		return 0
	}
	return right
}

// look reads the tags of the page at a place, and the header if that is one. Tags that promise a header where none
// is are invalid.
func (g geometry) look(r io.ReaderAt, size, at int64) (tags, state, objectHeader) {
	raw, err := bin.ReadAt(r, size, at+g.page+g.tagsAt, tagsSize, tagsSize)
	if err != nil {
		return tags{}, invalid, objectHeader{}
	}
	t, s := parseTags(raw, g.tagOrder, g.page)
	if s != header || t.object == objectSummary {
		return t, s, objectHeader{}
	}
	n := min(g.page, headerSize+maxLabel)
	if raw, err = bin.ReadAt(r, size, at, n, n); err != nil {
		return t, invalid, objectHeader{}
	}
	h, ok := parseHeader(raw, g.order, t.object == objectRoot)
	if !ok && t.object >= firstObject {
		return t, invalid, h
	}
	return t, s, h
}
