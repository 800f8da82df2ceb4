package image

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
)

// Index is a file system whose directory was read at once: what most formats return from Open. Fill it with
// Add and Miss, then hand it out; from then on it is safe for concurrent use. Content is opened lazily.
//
// Symbolic links are never followed: opening one gives the link itself, without content. Devices and
// pipes open as empty.
type Index struct {
	root    *node
	implied int
	gaps    []*Error // the first maxGaps
	missed  int
	numbers map[string]int // of names that Free was asked for, the number that comes next
}

// Honest containers name their directories and stay below PATH_MAX; hostile ones make trees out of one name.
const (
	maxPath    = 4096    // bytes of a name
	maxImplied = 1 << 20 // directories that only the names of files in them tell of
)

// maxGaps bounds the gaps one container tells one by one: hostile bytes make millions.
const maxGaps = 1000

// Entry is one file of an Index.
type Entry struct {
	Mode fs.FileMode
	Size int64 // bytes; counts for regular files only
	Link string
	Attr Attr
	// Open gives the content of a regular file; a result that is an io.Closer is closed with the handle.
	Open func() (io.ReaderAt, error)
}

type node struct {
	info *Info
	link string
	open func() (io.ReaderAt, error)
	kids map[string]*node // nil for all but directories
}

// NewIndex returns an Index with an empty root directory.
func NewIndex() *Index {
	return &Index{root: newDir(".", 0o755)}
}

func newDir(base string, mode fs.FileMode) *node {
	return &node{info: &Info{Base: base, Bits: fs.ModeDir | mode, Attr: Attr{Offset: -1}}, kids: map[string]*node{}}
}

// Add puts e at name, a valid io/fs path, making the directories above it. What was there before is replaced,
// except that a directory keeps what is in it when it is named again. It fails with an *Error for a bad name
// and where a file would have to be a directory.
func (x *Index) Add(name string, e Entry) error {
	if !fs.ValidPath(name) || len(name) > maxPath {
		return Errorf(Malformed, -1, "%.100q is no path", name)
	}
	if name == "." {
		if !e.Mode.IsDir() {
			return Errorf(Malformed, -1, "the root is no directory")
		}
		x.root.info.Bits, x.root.info.Attr = e.Mode, e.Attr
		return nil
	}
	dir, err := x.makeParents(name)
	if err != nil {
		return err
	}
	base := path.Base(name)
	n := &node{info: &Info{Base: base, Bits: e.Mode, Attr: e.Attr}, link: e.Link, open: e.Open}
	switch {
	case e.Mode.IsDir():
		n.kids = map[string]*node{}
		if old := dir.kids[base]; old != nil && old.kids != nil {
			n.kids = old.kids
		}
	case e.Mode.IsRegular():
		n.info.Bytes = e.Size
	case e.Mode&fs.ModeSymlink != 0:
		n.info.Bytes = int64(len(e.Link))
	}
	dir.kids[base] = n
	return nil
}

// makeParents returns the directory that name is to lie in.
func (x *Index) makeParents(name string) (*node, error) {
	dir := x.root
	parents, _ := path.Split(name)
	for parents != "" {
		var elem string
		elem, parents = cut(parents)
		next := dir.kids[elem]
		if next == nil {
			if x.implied++; x.implied > maxImplied {
				return nil, fmt.Errorf("%w: more than %d directories without an entry", ErrBudget, maxImplied)
			}
			next = newDir(elem, 0o755)
			dir.kids[elem] = next
		}
		if next.kids == nil {
			return nil, Errorf(Malformed, -1, "%q is a file and has files in it", elem)
		}
		dir = next
	}
	return dir, nil
}

// Miss records that the file at name, or with name "" some of the container, could not be read; the walker
// makes it a Gap.
func (x *Index) Miss(name string, err error) {
	if x.missed++; x.missed > maxGaps {
		return
	}
	g := GapOf(nil, "", err)
	name = name[:min(len(name), maxPath)]
	e := &Error{Reason: g.Reason, Offset: g.Offset, Detail: g.Detail}
	if name != "" {
		e.Detail = name + ": " + e.Detail
	}
	x.gaps = append(x.gaps, e)
}

// Gaps implements [Gapper].
func (x *Index) Gaps() []*Error {
	if x.missed <= maxGaps {
		return x.gaps
	}
	return append(slices.Clip(x.gaps), Errorf(x.gaps[maxGaps-1].Reason, -1, "and %d more like these", x.missed-maxGaps))
}

// Get returns the entry at name, for formats whose later entries refer to earlier ones.
func (x *Index) Get(name string) (Entry, bool) {
	n, err := x.find("get", name)
	if err != nil {
		return Entry{}, false
	}
	return Entry{Mode: n.info.Bits, Size: n.info.Bytes, Link: n.link, Attr: n.info.Attr, Open: n.open}, true
}

func cut(p string) (first, rest string) {
	for i := range len(p) {
		if p[i] == '/' {
			return p[:i], p[i+1:]
		}
	}
	return p, ""
}

func (x *Index) find(op, name string) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	n := x.root
	if name == "." {
		return n, nil
	}
	for rest := name; rest != ""; {
		var elem string
		elem, rest = cut(rest)
		if n = n.kids[elem]; n == nil {
			return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
		}
	}
	return n, nil
}

// Open implements [fs.FS].
func (x *Index) Open(name string) (fs.File, error) {
	n, err := x.find("open", name)
	switch {
	case err != nil:
		return nil, err
	case n.kids != nil:
		return NewDirHandle(n.info, n.list(), nil), nil
	case n.open == nil || !n.info.Bits.IsRegular():
		return &handle{SectionReader: io.NewSectionReader(empty{}, 0, 0), info: n.info}, nil
	}
	r, err := n.open()
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return NewHandle(n.info, r), nil
}

// empty is the content of links, devices and pipes.
type empty struct{}

func (empty) ReadAt([]byte, int64) (int, error) { return 0, io.EOF }

// ReadDir implements [fs.ReadDirFS].
func (x *Index) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := x.find("readdir", name)
	if err != nil {
		return nil, err
	}
	if n.kids == nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrInvalid}
	}
	return n.list(), nil
}

func (n *node) list() []fs.DirEntry {
	out := make([]fs.DirEntry, 0, len(n.kids))
	for _, base := range slices.Sorted(maps.Keys(n.kids)) {
		out = append(out, n.kids[base].info)
	}
	return out
}

// Lstat implements [fs.ReadLinkFS].
func (x *Index) Lstat(name string) (fs.FileInfo, error) {
	n, err := x.find("lstat", name)
	if err != nil {
		return nil, err
	}
	return n.info, nil
}

// ReadLink implements [fs.ReadLinkFS].
func (x *Index) ReadLink(name string) (string, error) {
	n, err := x.find("readlink", name)
	if err != nil {
		return "", err
	}
	if n.info.Bits&fs.ModeSymlink == 0 {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return n.link, nil
}
