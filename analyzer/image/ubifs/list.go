package ubifs

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"

	"romscan/analyzer/image"
)

const (
	rootIno = 1
	maxPath = 4096
	// lost is where directories go that no name leads to, because the node with the name is damaged.
	lost = "lost+found"
)

type child struct {
	name string
	dent
}

type lister struct {
	*tree
	children map[uint32][]child
	dirs     map[uint32]struct{} // directories listed: a second name would make a cycle possible
	count    int64
	full     bool
}

// list builds the tree of names.
func (v *volume) list(t *tree) {
	l := &lister{tree: t, children: map[uint32][]child{}, dirs: map[uint32]struct{}{}}
	led := map[uint32]struct{}{}
	for key, d := range t.names {
		l.children[key.parent] = append(l.children[key.parent], child{key.name, d})
		led[d.ino] = struct{}{}
	}
	for _, list := range l.children {
		slices.SortFunc(list, func(a, b child) int { return cmp.Compare(a.name, b.name) })
	}
	l.walk(".", rootIno)
	for _, ino := range slices.Sorted(maps.Keys(l.children)) {
		_, named := led[ino]
		if _, met := l.dirs[ino]; !met && !named {
			v.Miss(lost, image.Errorf(image.Malformed, -1, "directory inode %d has files and no name", ino))
			l.walk(fmt.Sprintf("%s/%d", lost, ino), ino)
		}
	}
}

type task struct {
	name   string
	ino    uint32
	locked bool // the names in it are encrypted
}

// walk lists a directory and those below it.
func (l *lister) walk(name string, ino uint32) {
	l.dirs[ino] = struct{}{}
	locked := false
	if i := l.inodes[ino]; i == nil {
		l.Miss(name, image.Errorf(image.Malformed, -1, "no node of inode %d", ino))
	} else if s, err := l.stat(i); err != nil {
		l.spoil(name, err)
	} else if !s.mode.IsDir() {
		l.Miss(name, image.Errorf(image.Malformed, -1, "inode %d is no directory", ino))
	} else {
		locked = s.locked
		l.add(name, i, s, "")
	}
	for todo := []task{{name, ino, locked}}; len(todo) > 0 && !l.full; {
		t := todo[0]
		todo = todo[1:]
		for _, c := range l.children[t.ino] {
			if l.full {
				return
			}
			if sub, ok := l.entry(t, c); ok {
				todo = append(todo, task{sub, c.ino, l.inodes[c.ino].stat.locked})
			}
		}
	}
}

// entry lists one file; ok says that it is a directory to go into.
func (l *lister) entry(in task, c child) (name string, ok bool) {
	dir := in.name
	at := int64(c.at.lnum)*l.leb + int64(c.at.offs)
	if l.count++; l.count > l.budget.Files {
		l.Miss(dir, image.Errorf(image.OverBudget, at, "more than %d files", l.budget.Files))
		l.full = true
		return "", false
	}
	base, note, ok := image.ValidName(c.name)
	if in.locked {
		base, note, ok = hex.EncodeToString([]byte(c.name)), "name is encrypted", true
	}
	if name = base; dir != "." {
		name = dir + "/" + base
	}
	if !ok || len(name) > maxPath {
		l.Miss(dir, image.Errorf(image.Malformed, at, "a file named %.100q", c.name))
		return "", false
	}
	i := l.inodes[c.ino]
	if i == nil || i.place == (place{}) {
		l.Miss(name, image.Errorf(image.Malformed, at, "no node of inode %d", c.ino))
		return "", false
	}
	s, err := l.stat(i)
	if err == nil && !s.known {
		err = image.Errorf(image.Malformed, at, "inode %d is of no known type", c.ino)
	}
	if err != nil {
		l.spoil(name, err)
		return "", false
	}
	if _, err := l.Lstat(name); err == nil {
		l.Miss(name, image.Errorf(image.Malformed, at, "two names that are shown alike"))
		return "", false
	}
	if !s.mode.IsDir() {
		l.add(name, i, s, note)
		return "", false
	}
	if _, met := l.dirs[c.ino]; met {
		l.Miss(name, image.Errorf(image.Malformed, at, "directory inode %d has a second name", c.ino))
		return "", false
	}
	l.dirs[c.ino] = struct{}{}
	l.add(name, i, s, note)
	return name, true
}

// add puts an inode into the index.
func (l *lister) add(name string, i *inode, s *stat, note string) {
	label, err := l.label(i.ino)
	if err != nil {
		l.spoil(name, err)
	}
	e := image.Entry{Mode: s.mode, Size: s.size, Attr: image.Attr{UID: s.uid, GID: s.gid, Label: label, Offset: -1, Note: note}}
	if s.locked && !s.mode.IsDir() {
		locked := image.Errorf(image.Encrypted, -1, "inode %d is encrypted", i.ino)
		l.Miss(name, locked)
		e.Open = func() (io.ReaderAt, error) { return nil, locked }
	} else if s.mode.IsRegular() {
		if i.ready == nil { // hard links share it
			i.ready = l.content(i, s)
			l.files = append(l.files, listed{name, i})
		}
		f := i.ready
		e.Attr.Offset = f.offset()
		e.Open = func() (io.ReaderAt, error) { return f, nil }
	} else if s.mode&fs.ModeSymlink != 0 {
		e.Link = text(string(s.data))
	}
	if err := l.Add(name, e); err != nil {
		l.Miss(name, err)
	}
}
