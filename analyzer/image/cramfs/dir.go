package cramfs

import (
	"io"
	"io/fs"
	"strings"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	inodeSize   = 12
	maxPath     = 4096
	maxLink     = 4096
	maxDirRatio = 4 // bytes of all directories beside those of the image: honest ones share none
)

// inode is struct cramfs_inode. Its bit fields lie as the compiler of the byte order puts them: from the lowest bit
// up in little-endian images, from the highest down in big-endian ones.
type inode struct {
	at     int64
	mode   fs.FileMode
	known  bool // whether the type exists
	uid    uint32
	gid    uint32
	size   int64
	name   int64 // bytes, a multiple of 4
	offset int64 // of the data
}

func (s *super) inode(raw []byte, at int64) inode {
	w0, w1, w2 := s.order.Uint32(raw), s.order.Uint32(raw[4:]), s.order.Uint32(raw[8:])
	i := inode{at: at}
	if s.order.Uint16([]byte{1, 0}) == 1 {
		i.mode, i.known = image.UnixMode(uint16(w0))
		i.uid, i.size, i.gid = w0>>16, int64(w1&0xFFFFFF), w1>>24
		i.name, i.offset = int64(w2&0x3F)*4, int64(w2>>6)*4
		return i
	}
	i.mode, i.known = image.UnixMode(uint16(w0 >> 16))
	i.uid, i.size, i.gid = w0&0xFFFF, int64(w1>>8), w1&0xFF
	i.name, i.offset = int64(w2>>26)*4, int64(w2&0x3FFFFFF)*4
	return i
}

type task struct {
	name string
	dir  inode
}

type lister struct {
	*volume
	dirs    map[int64]struct{} // places of listings met
	sized   bool               // that the size of blocks was found
	scanned int64
	entries int64
	links   []pending // files and links, whose content needs the size of blocks
}

type pending struct {
	name, note string
	inode      inode
}

// list goes through all directories, then reads what symbolic links hold.
func (v *volume) list() {
	l := &lister{volume: v, dirs: map[int64]struct{}{}}
	l.add(".", v.root, "")
	todo := []task{{".", v.root}}
	for len(todo) > 0 {
		t := todo[0]
		todo = todo[1:]
		dirs, err := l.dir(t)
		if err != nil {
			v.Miss(t.name, err)
		}
		todo = append(todo, dirs...)
	}
	for _, p := range l.links {
		l.link(p)
	}
}

// dir lists one directory: inodes, each with its name behind it.
func (l *lister) dir(t task) (dirs []task, err error) {
	if t.dir.size == 0 {
		return nil, nil
	}
	if _, met := l.dirs[t.dir.offset]; met {
		return nil, image.Errorf(image.Malformed, t.dir.at, "two directories with one listing")
	}
	l.dirs[t.dir.offset] = struct{}{}
	if l.scanned += t.dir.size; l.scanned > maxDirRatio*l.have {
		return nil, image.Errorf(image.Malformed, t.dir.at, "directories of more than %d times the image", maxDirRatio)
	}
	size := min(t.dir.size, max(l.have-t.dir.offset, 0))
	raw, err := bin.ReadAt(l.r, l.have, t.dir.offset, size, 1<<24)
	if err != nil {
		return nil, err
	}
	for len(raw) >= inodeSize {
		at := t.dir.offset + size - int64(len(raw))
		i := l.inode(raw, at)
		if i.name > int64(len(raw)-inodeSize) {
			return dirs, image.Errorf(image.Malformed, at, "a name leaves its directory")
		}
		base := strings.TrimRight(string(raw[inodeSize:inodeSize+i.name]), "\x00")
		raw = raw[inodeSize+i.name:]
		if l.entries++; l.entries > l.budget.Files {
			return nil, image.Errorf(image.OverBudget, at, "more than %d files", l.budget.Files)
		}
		if name, ok := l.entry(t.name, base, i); ok && i.mode.IsDir() {
			dirs = append(dirs, task{name, i})
		}
	}
	if size < t.dir.size {
		return dirs, image.Errorf(image.Truncated, l.have, "%d of %d bytes of a directory are there", size, t.dir.size)
	}
	return dirs, nil
}

func (l *lister) entry(dir, raw string, i inode) (name string, ok bool) {
	base, note, ok := image.ValidName(raw)
	if name = base; dir != "." {
		name = dir + "/" + base
	}
	var err error
	switch {
	case !ok || len(name) > maxPath:
		l.Miss(dir, image.Errorf(image.Malformed, i.at, "a file named %.100q", raw))
		return "", false
	case !i.known:
		err = image.Errorf(image.Malformed, i.at, "a file of no known type")
	default:
		if _, missing := l.Lstat(name); missing == nil {
			err = image.Errorf(image.Malformed, i.at, "this name is twice in its directory")
		}
	}
	if err != nil {
		l.Miss(name, err)
		return "", false
	}
	if i.mode.IsRegular() {
		l.guess(i)
	}
	if i.mode&fs.ModeSymlink != 0 {
		l.links = append(l.links, pending{name, note, i})
		return "", false
	}
	l.add(name, i, note)
	return name, true
}

func (l *lister) link(p pending) {
	target := make([]byte, min(p.inode.size, maxLink))
	if _, err := l.content(p.inode).ReadAt(target, 0); err != nil && err != io.EOF {
		l.Miss(p.name, err)
		return
	}
	l.put(p.name, p.inode, p.note, strings.ToValidUTF8(string(target), "\uFFFD"))
}

func (l *lister) add(name string, i inode, note string) { l.put(name, i, note, "") }

func (l *lister) put(name string, i inode, note, link string) {
	e := image.Entry{Mode: i.mode, Size: i.size, Link: link, Attr: image.Attr{UID: i.uid, GID: i.gid, Offset: -1, Note: note}}
	if i.mode.IsRegular() {
		v := l.volume
		e.Open = func() (io.ReaderAt, error) { return v.content(i), nil }
	}
	if err := l.Add(name, e); err != nil {
		l.Miss(name, err)
	}
}
