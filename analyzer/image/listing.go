package image

// Listing takes the names that the directories of a file system hold, for an Index: what cannot be a path, stands twice
// in its directory or is too long becomes a gap, and so does what goes beyond the budget. Each directory is listed once:
// a second name would make a cycle possible.
type Listing struct {
	x     *Index
	files int64 // how many names may be taken
	taken int64
	dirs  map[uint64]struct{}
	full  bool
}

// NewListing starts with the root, whose inode is given, and takes up to files names.
func NewListing(x *Index, files int64, root uint64) *Listing {
	return &Listing{x: x, files: files, dirs: map[uint64]struct{}{root: {}}}
}

// Full tells whether no further name is taken.
func (l *Listing) Full() bool { return l.full }

// Stop takes no further name.
func (l *Listing) Stop() { l.full = true }

// Enter tells whether the directory with this inode is to be listed under name; where it has been already, that is a gap.
func (l *Listing) Enter(name string, inode uint64, at int64) bool {
	if _, met := l.dirs[inode]; met {
		l.x.Miss(name, Errorf(Malformed, at, "directory inode %#x has a second name", inode))
		return false
	}
	l.dirs[inode] = struct{}{}
	return true
}

// Names are those of one directory.
type Names struct {
	*Listing
	dir  string
	seen map[string]struct{}
}

// In starts the listing of a directory, a path of the Index.
func (l *Listing) In(dir string) *Names { return &Names{l, dir, map[string]struct{}{}} }

// Take returns the path of the file called raw in the directory, and what to note of its name. at is where the entry
// lies; ok is false for what is no file of the Index.
func (n *Names) Take(raw string, at int64) (path, note string, ok bool) {
	if n.taken++; n.taken > n.files {
		n.x.Miss(n.dir, Errorf(OverBudget, at, "more than %d files", n.files))
		n.full = true
		return "", "", false
	}
	base, note, ok := ValidName(raw)
	path = base
	if n.dir != "." {
		path = n.dir + "/" + base
	}
	_, twice := n.seen[base]
	switch {
	case !ok:
		n.x.Miss(n.dir, Errorf(Malformed, at, "a file named %q", raw))
	case twice:
		n.x.Miss(path, Errorf(Malformed, at, "this name is twice in its directory"))
	case len(path) > maxPath:
		n.x.Miss(n.dir, Errorf(Malformed, at, "names longer than %d bytes", maxPath))
	default:
		n.seen[base] = struct{}{}
		return path, note, true
	}
	return "", "", false
}
