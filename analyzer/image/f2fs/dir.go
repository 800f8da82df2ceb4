package f2fs

import (
	"io"
	"io/fs"

	"romscan/analyzer/image"
)

// maxPath bounds a name inside the filesystem, in bytes, and with it the depth of directories; maxLink the
// target of a symbolic link: PATH_MAX.
const (
	maxPath = 4096
	maxLink = 4096
)

type indexer struct {
	v       *volume
	x       *image.Index
	files   []named
	dirs    map[uint32]struct{} // directories met: a second name would make a cycle possible
	todo    []dirTask
	scanned int64 // bytes of directory blocks and addresses read: no more than the image has
	entries int64
	full    bool
}

type dirTask struct {
	inode *inode
	name  string
}

// index lists all directories, each once.
func (v *volume) index() (*indexer, error) {
	root, err := v.inode(v.root)
	if err != nil {
		return nil, err
	}
	if !root.is(typeDir) {
		return nil, image.Errorf(image.Malformed, root.offset, "the root is no directory: mode %#o", root.mode)
	}
	w := &indexer{v: v, x: image.NewIndex(), dirs: map[uint32]struct{}{v.root: {}}}
	w.put(".", root, "")
	w.todo = append(w.todo, dirTask{root, "."})
	for len(w.todo) > 0 && !w.full {
		t := w.todo[0]
		w.todo = w.todo[1:]
		w.dir(t)
	}
	return w, nil
}

// dir lists one directory. Its hash levels are passed over: all its blocks are read in their order.
func (w *indexer) dir(t dirTask) {
	d := &dirScan{indexer: w, task: t, names: map[string]struct{}{}}
	if t.inode.inline&inlineDentry != 0 {
		raw, at := t.inode.inlined()
		d.block(raw, at)
	} else {
		d.blocks()
	}
	if d.hidden > 0 {
		w.x.Miss(t.name, image.Errorf(image.Encrypted, t.inode.offset, "%d names in this directory are encrypted", d.hidden))
	}
}

type dirScan struct {
	*indexer
	task   dirTask
	names  map[string]struct{}
	hidden int // entries whose names are encrypted
}

// blocks reads a directory whose entries lie in blocks of their own.
func (d *dirScan) blocks() {
	c := d.v.content(d.task.inode)
	count := (d.task.inode.size + d.v.blockSize - 1) >> d.v.blockBits
	for n := int64(0); n < count && !d.full; {
		s, err := c.span(n)
		if err != nil {
			d.x.Miss(d.task.name, err)
			if d.scanned += d.v.blockSize; s.count == 0 {
				return
			}
		}
		for k := range min(s.count, count-n) {
			if s.raw == nil {
				break // a hole up to the end of the span
			}
			at := s.at(k)
			d.scanned += 4
			if stored(at) {
				d.scanned += d.v.blockSize
			}
			if d.overrun() {
				return
			}
			if !stored(at) {
				continue
			}
			raw, err := d.v.block(at)
			if err != nil {
				d.x.Miss(d.task.name, err)
				continue
			}
			d.block(raw, d.v.address(at))
		}
		if n += s.count; d.overrun() {
			return
		}
	}
}

// overrun ends the listing where more was read of directories than there can be.
func (d *dirScan) overrun() bool {
	if d.scanned > d.v.size && !d.full {
		d.x.Miss(d.task.name, image.Errorf(image.Malformed, d.task.inode.offset, "directories of more bytes than the image has"))
		d.full = true
	}
	return d.full
}

func (d *dirScan) block(raw []byte, at int64) {
	for e, err := range dentries(raw, at) {
		if d.full {
			return
		}
		switch {
		case err != nil:
			d.x.Miss(d.task.name, err)
		case e.name == "." || e.name == "..":
		case d.task.inode.encrypted():
			d.hidden++
		default:
			d.entry(e, at)
		}
	}
}

func (d *dirScan) entry(e dentry, at int64) {
	if d.entries++; d.entries > d.v.budget.Files {
		d.x.Miss(d.task.name, image.Errorf(image.OverBudget, at, "more than %d files", d.v.budget.Files))
		d.full = true
		return
	}
	base, note, ok := image.ValidName(e.name)
	name := base
	if d.task.name != "." {
		name = d.task.name + "/" + base
	}
	_, twice := d.names[base]
	switch {
	case !ok:
		d.x.Miss(d.task.name, image.Errorf(image.Malformed, at, "a file named %q", e.name))
		return
	case twice:
		d.x.Miss(name, image.Errorf(image.Malformed, at, "this name is twice in its directory"))
		return
	case len(name) > maxPath:
		d.x.Miss(d.task.name, image.Errorf(image.Malformed, at, "names longer than %d bytes", maxPath))
		return
	}
	d.names[base] = struct{}{}
	i, err := d.v.inode(e.nid)
	if err != nil {
		d.x.Miss(name, err)
		return
	}
	if i.is(typeDir) {
		if _, met := d.dirs[e.nid]; met {
			d.x.Miss(name, image.Errorf(image.Malformed, at, "directory inode %d has a second name", e.nid))
			return
		}
		d.dirs[e.nid] = struct{}{}
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
	if _, err := w.v.checkCRC(i); err != nil {
		w.x.Miss(name, err)
	}
	label, err := w.v.label(i)
	if err != nil {
		w.x.Miss(name, err)
	}
	e := image.Entry{Mode: mode, Size: i.size, Attr: image.Attr{UID: i.uid, GID: i.gid, Label: label, Offset: w.v.dataOffset(i), Note: note}}
	switch {
	case mode&fs.ModeSymlink != 0 && i.encrypted():
		w.x.Miss(name, image.Errorf(image.Encrypted, i.offset, "the target of this link is encrypted"))
	case mode&fs.ModeSymlink != 0:
		if e.Link, err = w.v.link(i); err != nil {
			w.x.Miss(name, err)
		}
	case mode.IsRegular() && i.encrypted():
		w.x.Miss(name, image.Errorf(image.Encrypted, i.offset, "this file is encrypted"))
	}
	nid := i.nid
	e.Open = func() (io.ReaderAt, error) {
		i, err := w.v.inode(nid)
		if err != nil {
			return nil, err
		}
		if i.encrypted() {
			return nil, image.Errorf(image.Encrypted, i.offset, "this file is encrypted")
		}
		return w.v.content(i), nil
	}
	if err := w.x.Add(name, e); err != nil {
		w.x.Miss(name, err)
		return
	}
	w.files = append(w.files, named{nid, name})
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
