package jffs2

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
	rootIno = 1
	maxPath = 4096
	maxLink = 4096
	// lost is where directories go that no name leads to, because the node with the name is damaged.
	lost = "lost+found"
)

type child struct {
	name string
	dirent
}

type lister struct {
	*scan
	children map[uint32][]child
	labelOf  map[uint32]string
	dirs     map[uint32]struct{} // directories listed: a second name would make a cycle possible
	spoiled  map[uint32]int      // bad nodes by inode
	entries  int64
	full     bool
}

// list builds the tree of names.
func (v *volume) list(s *scan) {
	l := &lister{scan: s, children: map[uint32][]child{}, labelOf: s.labelled(), dirs: map[uint32]struct{}{}, spoiled: map[uint32]int{}}
	for _, b := range v.bad {
		if b.ino == 0 {
			v.Miss("", image.Errorf(image.Malformed, b.at, "%s with a wrong checksum", b.what))
		}
		l.spoiled[b.ino]++
	}
	for key, d := range s.names {
		if d.ino != 0 {
			l.children[key.parent] = append(l.children[key.parent], child{key.name, d})
		}
	}
	led := map[uint32]struct{}{}
	for _, list := range l.children {
		slices.SortFunc(list, func(a, b child) int { return cmp.Compare(a.name, b.name) })
		for _, c := range list {
			led[c.ino] = struct{}{}
		}
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

// labelled returns the SELinux contexts of inodes.
func (s *scan) labelled() map[uint32]string {
	out := map[uint32]string{}
	for key, sequence := range s.refs {
		if x := s.labels[key.xid]; sequence&xrefDeleted == 0 && x.label != "" {
			out[key.ino] = max(out[key.ino], x.label)
		}
	}
	return out
}

type task struct {
	name string
	ino  uint32
}

// walk lists a directory and those below it.
func (l *lister) walk(name string, ino uint32) {
	l.dirs[ino] = struct{}{}
	i := l.inodes[ino]
	if i == nil { // mkfs.jffs2 writes none for the root
		i = &inode{ino: ino, mode: 0o40755}
	}
	l.add(name, i, "")
	for todo := []task{{name, ino}}; len(todo) > 0 && !l.full; {
		t := todo[0]
		todo = todo[1:]
		for _, c := range l.children[t.ino] {
			if l.full {
				return
			}
			if sub, ok := l.entry(t.name, c); ok {
				todo = append(todo, task{sub, c.ino})
			}
		}
	}
}

// entry lists one file; ok says that it is a directory to go into.
func (l *lister) entry(dir string, c child) (name string, ok bool) {
	if l.entries++; l.entries > l.budget.Files {
		l.Miss(dir, image.Errorf(image.OverBudget, c.at, "more than %d files", l.budget.Files))
		l.full = true
		return "", false
	}
	base, note, ok := image.ValidName(c.name)
	if name = base; dir != "." {
		name = dir + "/" + base
	}
	i := l.inodes[c.ino]
	switch {
	case !ok || len(name) > maxPath:
		l.Miss(dir, image.Errorf(image.Malformed, c.at, "a file named %.100q", c.name))
		return "", false
	case i == nil:
		l.Miss(name, image.Errorf(image.Malformed, c.at, "no node of inode %d", c.ino))
		return "", false
	}
	if _, err := l.Lstat(name); err == nil {
		l.Miss(name, image.Errorf(image.Malformed, c.at, "two names that are shown alike"))
		return "", false
	}
	mode, known := image.UnixMode(uint16(i.mode))
	if !known {
		l.Miss(name, image.Errorf(image.Malformed, c.at, "inode %d has mode 0%o", c.ino, i.mode))
		return "", false
	}
	if !mode.IsDir() {
		l.add(name, i, note)
		return "", false
	}
	if _, met := l.dirs[c.ino]; met {
		l.Miss(name, image.Errorf(image.Malformed, c.at, "directory inode %d has a second name", c.ino))
		return "", false
	}
	l.dirs[c.ino] = struct{}{}
	l.add(name, i, note)
	return name, true
}

// add puts an inode into the index.
func (l *lister) add(name string, i *inode, note string) {
	mode, _ := image.UnixMode(uint16(i.mode))
	e := image.Entry{Mode: mode, Size: i.size, Attr: image.Attr{UID: uint32(i.uid), GID: uint32(i.gid), Label: l.labelOf[i.ino], Offset: -1, Note: note}}
	if n := l.spoiled[i.ino]; n > 0 {
		l.Miss(name, image.Errorf(image.Malformed, -1, "%d nodes with wrong checksums were passed over", n))
	}
	v := l.volume
	switch {
	case mode.IsRegular():
		if i.content == nil { // hard links share it
			i.content = v.content(i)
			l.files = append(l.files, listed{name, i})
		}
		f := i.content
		e.Attr.Offset = f.offset()
		e.Open = func() (io.ReaderAt, error) { return f, nil }
		if at, ok := f.gap(); ok {
			l.Miss(name, image.Errorf(image.Malformed, -1, "no node holds the file's bytes from %d on", at))
		}
	case mode&fs.ModeSymlink != 0:
		f := v.content(i)
		// The size of a link is that of its data; not all that make images state it.
		f.size = max(f.size, f.end())
		target := make([]byte, min(f.size, maxLink))
		if _, err := f.ReadAt(target, 0); err != nil && err != io.EOF {
			l.Miss(name, err)
			return
		}
		e.Link = text(string(target))
	}
	if err := l.Add(name, e); err != nil {
		l.Miss(name, err)
	}
}
