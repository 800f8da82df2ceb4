package erofs

import (
	"bytes"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// maxPath bounds a name inside the filesystem, in bytes, and with it the depth of directories; maxLink the
// target of a symbolic link: PATH_MAX.
const (
	maxPath = 4096
	maxLink = 4096
)

// maxDirRatio bounds the bytes of all directories by those of the image: both may be compressed.
const maxDirRatio = 64

// index lists all directories, each once.
func (v *volume) index() (*image.Index, error) {
	root, err := v.inode(v.rootNID)
	if err != nil {
		return nil, err
	}
	if !root.isDir() {
		return nil, image.Errorf(image.Malformed, root.offset, "the root is no directory: mode %#o", root.mode)
	}
	w := &indexer{v: v, x: image.NewIndex(), dirs: map[uint64]struct{}{v.rootNID: {}}, limit: maxDirRatio * v.device.size}
	if v.suspect != nil {
		w.x.Miss("", v.suspect)
	}
	if err := v.readPrefixes(); err != nil {
		w.x.Miss("", err)
	}
	w.put(".", root, "")
	w.todo = append(w.todo, dirTask{root, "."})
	for len(w.todo) > 0 && !w.full {
		t := w.todo[0]
		w.todo = w.todo[1:]
		w.dir(t)
	}
	w.tellLost()
	return w.x, nil
}

type dirTask struct {
	inode *inode
	name  string
}

type indexer struct {
	v       *volume
	x       *image.Index
	dirs    map[uint64]struct{} // directories met: a second name would make a cycle possible
	todo    []dirTask
	scanned int64 // bytes of directories read
	limit   int64
	entries int64
	full    bool
	counted int64 // chunks looked at for devices that are not there
}

// dir lists one directory, block by block.
func (w *indexer) dir(t dirTask) {
	c := w.v.content(t.inode)
	d := &dirScan{indexer: w, task: t, names: map[string]struct{}{}}
	buf := make([]byte, w.v.dirBlockSize)
	for pos := int64(0); pos < t.inode.size && !w.full; pos += w.v.dirBlockSize {
		if w.scanned += w.v.dirBlockSize; w.scanned > w.limit+w.v.dirBlockSize {
			w.x.Miss(t.name, image.Errorf(image.Malformed, t.inode.offset, "directories of more than %d times the image", maxDirRatio))
			w.full = true
			return
		}
		n, err := c.ReadAt(buf, pos)
		if err != nil && err != io.EOF {
			w.x.Miss(t.name, err)
			return
		}
		if err := d.block(buf[:n]); err != nil {
			w.x.Miss(t.name, err)
		}
	}
}

type dirScan struct {
	*indexer
	task  dirTask
	names map[string]struct{}
}

const direntSize = 12

// block goes through one block: entries (struct erofs_dirent), then their names. The first entry's name offset
// tells how many entries there are; the last name ends at a NUL or with the block.
func (d *dirScan) block(raw []byte) error {
	at := d.task.inode.offset
	c := bin.Little(raw, at)
	c.Seek(8)
	first := int(c.U16())
	if c.Err() != nil || first < direntSize || first > len(raw) {
		return image.Errorf(image.Malformed, at, "directory block of %d bytes with the first name at %d", len(raw), first)
	}
	for k := range first / direntSize {
		if d.full {
			return nil
		}
		c.Seek(k * direntSize)
		nid, from := c.U64(), int(c.U16())
		to := len(raw)
		if k+1 < first/direntSize {
			c.Seek((k+1)*direntSize + 8)
			to = int(c.U16())
		}
		if c.Err() != nil || from < first || from >= to || to > len(raw) {
			return image.Errorf(image.Malformed, at, "directory entry %d has its name at %d to %d of %d", k, from, to, len(raw))
		}
		name, _, _ := bytes.Cut(raw[from:to], []byte{0})
		if string(name) != "." && string(name) != ".." {
			d.entry(string(name), nid)
		}
	}
	return nil
}

func (d *dirScan) entry(raw string, nid uint64) {
	at := d.task.inode.offset
	if d.entries++; d.entries > d.v.budget.Files {
		d.x.Miss(d.task.name, image.Errorf(image.OverBudget, at, "more than %d files", d.v.budget.Files))
		d.full = true
		return
	}
	base, note, ok := image.ValidName(raw)
	name := base
	if d.task.name != "." {
		name = d.task.name + "/" + base
	}
	_, twice := d.names[base]
	switch {
	case !ok:
		d.x.Miss(d.task.name, image.Errorf(image.Malformed, at, "a file named %q", raw))
		return
	case twice:
		d.x.Miss(name, image.Errorf(image.Malformed, at, "this name is twice in its directory"))
		return
	case len(name) > maxPath:
		d.x.Miss(d.task.name, image.Errorf(image.Malformed, at, "names longer than %d bytes", maxPath))
		return
	}
	d.names[base] = struct{}{}
	i, err := d.v.inode(nid)
	if err != nil {
		d.x.Miss(name, err)
		return
	}
	if i.isDir() {
		if _, met := d.dirs[nid]; met {
			d.x.Miss(name, image.Errorf(image.Malformed, at, "directory inode %d has a second name", nid))
			return
		}
		d.dirs[nid] = struct{}{}
		d.todo = append(d.todo, dirTask{i, name})
	}
	d.put(name, i, note)
}

// put adds one file to the index.
func (w *indexer) put(name string, i *inode, note string) {
	mode, ok := i.fileMode()
	if !ok {
		w.x.Miss(name, image.Errorf(image.Malformed, i.offset, "inode %d has mode %#o", i.nid, i.mode))
		return
	}
	label, err := w.v.label(i)
	if err != nil {
		w.x.Miss(name, err)
	}
	e := image.Entry{Mode: mode, Size: i.size, Attr: image.Attr{
		UID: i.uid, GID: i.gid, Label: label, Offset: w.v.dataOffset(i), Note: note,
	}}
	if mode&fs.ModeSymlink != 0 {
		if e.Link, err = w.v.link(i); err != nil {
			w.x.Miss(name, err)
		}
	}
	w.count(i)
	nid := i.nid
	e.Open = func() (io.ReaderAt, error) {
		i, err := w.v.inode(nid)
		if err != nil {
			return nil, err
		}
		return w.v.content(i), nil
	}
	if err := w.x.Add(name, e); err != nil {
		w.x.Miss(name, err)
	}
}

// link returns the target of a symbolic link, which lies as any file's content does.
func (v *volume) link(i *inode) (string, error) {
	if i.size > maxLink {
		return "", image.Errorf(image.Malformed, i.offset, "symbolic link of %d bytes", i.size)
	}
	target := make([]byte, i.size)
	if n, err := v.content(i).ReadAt(target, 0); n < len(target) {
		return "", err
	}
	return text(target), nil
}
