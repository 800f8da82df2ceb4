package deodex

import (
	"cmp"
	"slices"
	"strings"

	"romscan/analyzer/fact/dex"
)

// placeFields gives the instance fields of a class their offsets, behind those of the superclass.
func (l *linker) placeFields(c *class, list []dex.EncodedField) {
	for _, e := range list {
		id, ok := c.file.Field(e.Field)
		if !ok {
			continue
		}
		c.fields = append(c.fields, field{name: c.file.String(id.Name), typ: c.file.Type(id.Type)})
	}
	at := uint32(objectSize)
	if c.super != nil {
		at = c.super.size
	} else if l.rt.layout != layoutDalvik {
		at = 0 // ART declares the header as fields of Object
	}
	switch l.rt.layout {
	case layoutDalvik:
		c.size = placeDalvik(c.fields, at)
	case layoutPairs:
		slices.SortStableFunc(c.fields, func(a, b field) int {
			return cmp.Or(cmp.Compare(a.group(), b.group()), l.byType(a, b), strings.Compare(a.name, b.name))
		})
		c.size = placePairs(c.fields, at)
	case layoutGaps:
		// within a group by the order in the file, which stability keeps
		slices.SortStableFunc(c.fields, func(a, b field) int {
			return cmp.Or(cmp.Compare(b.width(), a.width()), cmp.Compare(primitiveOrder(a.typ), primitiveOrder(b.typ)))
		})
		slices.SortStableFunc(c.fields, func(a, b field) int { return cmp.Compare(a.refLast(), b.refLast()) })
		c.size = placeGaps(c.fields, at, l.rt.smallGap)
	}
	slices.SortFunc(c.fields, func(a, b field) int { return cmp.Compare(a.offset, b.offset) })
}

// byType orders fields of ART 5.1 by size and type, those of 5.0 not at all.
func (l *linker) byType(a, b field) int {
	if l.rt.byName {
		return 0
	}
	return cmp.Or(cmp.Compare(b.width(), a.width()), cmp.Compare(primitiveOrder(a.typ), primitiveOrder(b.typ)))
}

func (f *field) isRef() bool  { return len(f.typ) > 0 && (f.typ[0] == 'L' || f.typ[0] == '[') }
func (f *field) isWide() bool { return f.typ == "J" || f.typ == "D" }

func (f *field) refLast() int {
	if f.isRef() {
		return 0
	}
	return 1
}

// group: references, then 64 bits, then 32 bits.
func (f *field) group() int {
	switch {
	case f.isRef():
		return 0
	case f.isWide():
		return 1
	}
	return 2
}

// width is Primitive::ComponentSize.
func (f *field) width() uint32 {
	switch f.typ {
	case "J", "D":
		return 8
	case "S", "C":
		return 2
	case "Z", "B":
		return 1
	}
	return 4
}

// primitiveOrder is the order of art/runtime/primitive.h, Primitive::Type.
func primitiveOrder(typ string) int { return strings.Index("ZBCSIJFD", typ) }

// placeDalvik is computeFieldOffsets of dalvik/vm/oo/Class.cpp: references first, the fields swapped from the end; then wide
// fields on eight bytes, a narrow one before them where the place is odd; then the rest.
func placeDalvik(f []field, at uint32) uint32 {
	i := 0
	for last := len(f) - 1; i < len(f); i++ {
		if !f[i].isRef() && !swapLast(f, i, &last, (*field).isRef) {
			break
		}
		f[i].offset = at
		at += 4
	}
	if i < len(f) && at&4 != 0 {
		last := len(f) - 1
		if !f[i].isWide() || swapLast(f, i, &last, func(x *field) bool { return !x.isWide() }) {
			f[i].offset = at
			i++
		}
		at += 4
	}
	for last := len(f) - 1; i < len(f); i++ {
		if !f[i].isWide() {
			swapLast(f, i, &last, (*field).isWide)
		}
		f[i].offset = at
		at += 4
		if f[i].isWide() {
			at += 4
		}
	}
	return at
}

// swapLast exchanges field i with the last one up to *last that is wanted, and moves *last before it.
func swapLast(f []field, i int, last *int, wanted func(*field) bool) bool {
	for *last > i {
		j := *last
		*last--
		if wanted(&f[j]) {
			f[i], f[j] = f[j], f[i]
			return true
		}
	}
	return false
}

// placePairs is LinkFields of ART 5.
func placePairs(f []field, at uint32) uint32 {
	i := 0
	for ; i < len(f) && f[i].isRef(); i++ {
		f[i].offset = at
		at += 4
	}
	rest := f[i:]
	if len(rest) > 0 && at&7 != 0 {
		for j := range rest {
			if rest[j].isWide() {
				continue
			}
			narrow := rest[j]
			copy(rest[1:j+1], rest[:j])
			narrow.offset = at
			rest[0] = narrow
			rest = rest[1:]
			break
		}
		at += 4
	}
	for j := range rest {
		rest[j].offset = at
		at += 4
		if rest[j].isWide() {
			at += 4
		}
	}
	return at
}

type gap struct{ at, size uint32 }

// placeGaps is LinkFields of ART 6 and 7: what alignment leaves free takes later, smaller fields.
func placeGaps(f []field, at uint32, smallest bool) uint32 {
	var gaps []gap
	open := func(from, to uint32) {
		for from < to {
			size := uint32(4)
			for from%size != 0 || from+size > to {
				size /= 2
			}
			gaps = append(gaps, gap{from, size})
			from += size
		}
		slices.SortFunc(gaps, func(a, b gap) int { // the top of the heap first
			bySize, byPlace := cmp.Compare(b.size, a.size), cmp.Compare(a.at, b.at)
			if smallest {
				return cmp.Or(-bySize, -byPlace)
			}
			return cmp.Or(bySize, byPlace)
		})
	}
	align := func(n uint32) {
		if up := (at + n - 1) &^ (n - 1); up != at {
			open(at, up)
			at = up
		}
	}
	for i := range f {
		n := f[i].width()
		align(n)
		if !f[i].isRef() && len(gaps) > 0 && gaps[0].size >= n {
			g := gaps[0]
			gaps = gaps[1:]
			f[i].offset = g.at
			if g.size > n {
				open(g.at+n, g.at+g.size)
			}
			continue
		}
		f[i].offset = at
		at += n
	}
	return at
}
