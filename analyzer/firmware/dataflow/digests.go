package dataflow

import (
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
)

// Locate returns an instruction of a library's code by what a place of a fact says of it: the method, and the code unit in it.
func (p *Program) Locate(method string, addr uint32) (Site, bool) {
	class, key, _ := strings.Cut(method, "->")
	for _, part := range p.leaves() {
		if !part.Defines(class) {
			continue
		}
		d := part.seen()
		d.mu.Lock()
		defer d.mu.Unlock()
		m := part.classLoaded(d.u, class).methods[key]
		return Site{m, addr}, m != nil
	}
	return Site{}, false
}

// digests are those of the classes of a library, taken when they are first asked for. They are safe for concurrent use.
type digests struct {
	mu     sync.Mutex
	u      *universe
	views  map[string]view // none of a class that is too large
	marks  map[string]view
	of     map[string][]string // what the library's preparation says of the methods of a class
	hashes []uint32            // of the names of all classes, ascending
}

// seen prepares the digests.
func (p *Program) seen() *digests {
	d := p.digests
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.u != nil {
		return d
	}
	d.u, d.views, d.marks, d.of = newUniverse(&Program{}, p, nil), map[string]view{}, map[string]view{}, map[string][]string{}
	for name := range p.where {
		d.hashes = append(d.hashes, HashOf(name))
	}
	slices.Sort(d.hashes)
	if p.out != nil {
		for i, set := range []map[string]bool{p.out.sends, p.out.matters} {
			for ref := range set {
				class, _ := classAndName(ref)
				d.of[class] = append(d.of[class], "sm"[i:i+1]+ref)
			}
		}
	}
	return d
}

// classLoaded reads a class that a library defines, and its members.
func (p *Program) classLoaded(u *universe, class string) *Class {
	c := p.classIn(class)
	u.load(c)
	u.methods = nil // of no use here
	return c
}

// view returns the digest of a class that a library defines; false where there is none.
func (p *Program) view(class string) (view, bool) {
	d := p.seen()
	d.mu.Lock()
	defer d.mu.Unlock()
	if v, ok := d.views[class]; ok {
		return v, true
	}
	v, ok := p.viewOf(p.classLoaded(d.u, class))
	if ok {
		d.views[class] = v
	}
	return v, ok
}

// marks returns the digest of what a library's preparation says of a class; see [Program.Outward].
func (p *Program) marks(class string) view {
	d := p.seen()
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.marks[class]
	if !ok && p.Defines(class) {
		list := d.of[class]
		slices.Sort(list)
		if p.out != nil {
			list = append(list, p.out.supers[class])
			if p.out.classes[class] {
				list = append(list, "starts")
			}
		}
		w := viewWriter{}
		w.number(uint64(len(list)))
		w.text(list...)
		v = sha256.Sum256(w.b)
		d.marks[class] = v
	}
	return v
}
