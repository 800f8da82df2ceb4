package yaffs2

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"

	"romscan/analyzer/image"
)

const (
	maxPath = 4096
	lost    = "lost+found"
)

type lister struct {
	*scan
	children map[uint32][]*object
	dirs     map[uint32]struct{} // directories listed
	count    int64
	full     bool
}

// list builds the tree of names.
func (v *volume) list(s *scan) {
	l := &lister{scan: s, children: map[uint32][]*object{}, dirs: map[uint32]struct{}{}}
	nameless := 0
	for _, id := range slices.Sorted(maps.Keys(s.objects)) {
		o := s.objects[id]
		switch {
		case id < firstObject || o.dead:
		case !o.known:
			nameless++
		default:
			l.children[o.header.parent] = append(l.children[o.header.parent], o)
		}
	}
	if nameless > 0 {
		v.Miss("", image.Errorf(image.Malformed, -1, "%d files have content and no header", nameless))
	}
	for _, list := range l.children {
		// Of two with one name the newer one counts.
		slices.SortFunc(list, func(a, b *object) int {
			return cmp.Or(cmp.Compare(a.header.name, b.header.name), cmp.Compare(b.order, a.order))
		})
	}
	if root := s.objects[objectRoot]; root != nil && root.known && root.header.kind == kindDir {
		l.add(".", root, "")
	}
	l.walk(".", objectRoot)
	l.walk(lost, objectLost)
	for _, id := range slices.Sorted(maps.Keys(l.children)) {
		// As Linux does where a directory is missing.
		if o := s.objects[id]; o == nil || !o.known || o.dead || o.header.kind != kindDir {
			if _, met := l.dirs[id]; !met {
				v.Miss(lost, image.Errorf(image.Malformed, -1, "directory object %d has files and no header", id))
				l.walk(fmt.Sprintf("%s/%d", lost, id), id)
			}
		}
	}
	unmet := 0
	for id := range l.children {
		if _, met := l.dirs[id]; !met {
			unmet++
		}
	}
	if unmet > 0 && !l.full {
		v.Miss("", image.Errorf(image.Malformed, -1, "%d directories lie in a circle", unmet))
	}
}

type task struct {
	name string
	id   uint32
}

// walk lists a directory and those below it.
func (l *lister) walk(name string, id uint32) {
	l.dirs[id] = struct{}{}
	for todo := []task{{name, id}}; len(todo) > 0 && !l.full; {
		t := todo[0]
		todo = todo[1:]
		for _, o := range l.children[t.id] {
			if l.full {
				return
			}
			if sub, ok := l.entry(t.name, o); ok {
				todo = append(todo, task{sub, o.id})
			}
		}
	}
}

// entry lists one file; ok says that it is a directory to go into.
func (l *lister) entry(dir string, o *object) (name string, ok bool) {
	if l.count++; l.count > l.budget.Files {
		l.Miss(dir, image.Errorf(image.OverBudget, -1, "more than %d files", l.budget.Files))
		l.full = true
		return "", false
	}
	base, note, ok := image.ValidName(o.header.name)
	if name = base; dir != "." {
		name = dir + "/" + base
	}
	if !ok || len(name) > maxPath {
		l.Miss(dir, image.Errorf(image.Malformed, -1, "object %d is named %.100q", o.id, o.header.name))
		return "", false
	}
	if _, err := l.Lstat(name); err == nil && !(name == lost && o.header.kind == kindDir) {
		l.Miss(name, image.Errorf(image.Malformed, -1, "object %d has the name of a newer one", o.id))
		return "", false
	}
	if o.header.kind == kindHardLink {
		to := l.objects[o.header.equal]
		if to == nil || !to.known || to.dead || to.header.kind == kindHardLink || to.header.kind == kindDir {
			l.Miss(name, image.Errorf(image.Malformed, -1, "a hard link to object %d, which is no file", o.header.equal))
			return "", false
		}
		o = to
	}
	if o.header.kind != kindDir {
		l.add(name, o, note)
		return "", false
	}
	if _, met := l.dirs[o.id]; met {
		return "", false
	}
	l.dirs[o.id] = struct{}{}
	l.add(name, o, note)
	return name, true
}

// add puts an object into the index.
func (l *lister) add(name string, o *object, note string) {
	h := &o.header
	e := image.Entry{Mode: h.mode, Size: o.size, Attr: image.Attr{UID: h.uid, GID: h.gid, Label: h.label, Offset: -1, Note: note}}
	switch {
	case h.mode.IsRegular():
		if o.ready == nil { // hard links share it
			o.ready = l.content(o)
		}
		f := o.ready
		e.Attr.Offset = f.offset()
		e.Open = func() (io.ReaderAt, error) { return f, nil }
		if missing := f.missing(); missing > 0 {
			l.Miss(name, image.Errorf(image.Truncated, -1, "%d pages of the file are not there and read as zeros", missing))
		}
	case h.mode&fs.ModeSymlink != 0:
		e.Link = text(h.alias)
	}
	if err := l.Add(name, e); err != nil {
		l.Miss(name, err)
	}
}
