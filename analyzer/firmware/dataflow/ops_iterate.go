package dataflow

import "strings"

// An iterator of a list whose elements are told apart knows which of them comes next. Any other is the container itself, and may
// come to any of its elements.

// Fields of such an iterator.
const (
	nextField = "$next" // the number of elements that it went past
	listField = "$list" // what it goes over
)

// opIterator makes an iterator of a container.
func opIterator(f *frame, c *call) (value, bool) {
	elems, ok := f.items(c.at(0))
	if !ok || len(elems) == 0 {
		return c.at(0), false
	}
	a := f.a
	v := f.object(c.r.ret)
	for i, e := range elems {
		a.store(f.s, v, element(int64(i)), e)
	}
	a.store(f.s, v, nextField, a.t.num(0))
	a.store(f.s, v, listField, c.at(0))
	return v, false
}

// ahead returns the one iterator that a value is, how many elements it went past, and how many there are.
func (f *frame) ahead(v value) (at atom, n, all int64, ok bool) {
	at, one := f.a.t.single(v)
	if !one || f.a.t.node(at).kind != kObj || f.looping() {
		return at, 0, 0, false
	}
	if n, ok = f.a.t.number(f.s.at(slot{at, nextField})); !ok {
		return at, 0, 0, false
	}
	for f.s.at(slot{at, element(all)}) != nothing {
		all++
	}
	_, mixed := f.s.get(slot{at, "[?]"})
	_, shared := f.s.get(slot{at, sharedField})
	return at, n, all, !mixed && !shared
}

// opNext is the next element.
func opNext(f *frame, c *call) (value, bool) {
	at, n, all, ok := f.ahead(c.at(0))
	if ok && n < all {
		f.a.store(f.s, c.at(0), nextField, f.a.t.num(n+1))
		return f.s.at(slot{at, element(n)}), false
	}
	f.stray(c.at(0))
	return opGet(f, c)
}

// stray notes that it is not known which element an iterator comes to.
func (f *frame) stray(it value) {
	for _, at := range f.a.t.atomsOf(it) {
		_, known := f.s.get(slot{at, nextField})
		if k := f.a.t.node(at).kind; known || k == kParam || k == kLoad || k == kCell || k == kResult {
			f.a.store(f.s, f.a.t.one(at), nextField, f.a.any())
		}
	}
}

// opHasNext reports whether there is another element.
func opHasNext(f *frame, c *call) (value, bool) {
	if _, n, all, ok := f.ahead(c.at(0)); ok {
		return f.a.t.num(truthOf(n < all)), false
	}
	return f.a.any(), false
}

// opDrop changes a container through its iterator, or goes back in it.
func opDrop(f *frame, c *call) (value, bool) {
	f.stray(c.at(0))
	given := f.params(c)
	for _, v := range [...]value{c.at(0), f.a.load(f.s, c.at(0), listField)} {
		for _, at := range f.a.t.atomsOf(v) {
			if f.counted(at) {
				f.blur(f.a.t.one(at), given)
			} else if given != nothing {
				f.a.add(f.s, f.a.t.one(at), "[?]", given)
			}
		}
	}
	if c.r.ret == "V" {
		return nothing, false
	}
	return opGet(f, c)
}

// counted reports whether what a container holds is told apart.
func (f *frame) counted(at atom) bool {
	_, list := f.s.get(slot{at, countField})
	_, array := f.s.get(slot{at, "$length"})
	return list || array
}

// opSize is the number of elements of a list, where that is known and there are any.
func opSize(f *frame, c *call) (value, bool) {
	if elems, ok := f.items(c.at(0)); ok && len(elems) > 0 {
		return f.a.t.num(int64(len(elems))), false
	}
	return f.a.any(), false
}

// unsettle forgets the order and number of elements, and the text, of what a method of the platform that is not known may change: its
// receiver, builders, and what is given to methods for lists and arrays.
func (f *frame) unsettle(r *methodRef, class string, static bool, args []value) {
	a := f.a
	tools := class == "Ljava/util/Arrays;" || class == "Ljava/util/Collections;"
	for i, v := range args {
		p := ""
		if j := i + len(r.params) - len(args); j >= 0 {
			p = r.params[j]
		}
		receiver := i == 0 && !static
		for _, at := range a.t.atomsOf(v) {
			if (receiver || tools) && f.counted(at) {
				f.blur(a.t.one(at), nothing)
			}
			if old, ok := f.s.get(slot{at, textField}); ok && (receiver && strings.HasPrefix(class, "Ljava/lang/StringBu") || builders[p]) {
				a.store(f.s, a.t.one(at), textField, a.labels(old))
			}
		}
	}
}

// builders are types of parameters through which text is added to a builder.
var builders = map[string]bool{
	"Ljava/lang/StringBuilder;": true, "Ljava/lang/StringBuffer;": true, "Ljava/lang/Appendable;": true,
	"Ljava/io/StringWriter;": true, "Ljava/io/Writer;": true,
}
