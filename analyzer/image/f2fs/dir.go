package f2fs

import (
	"io"
	"io/fs"

	"romscan/analyzer/image"
)

// maxLink bounds the target of a symbolic link, in bytes: PATH_MAX.
const maxLink = 4096

type indexer struct {
	*image.Listing
	v       *volume
	x       *image.Index
	files   []named
	todo    []dirTask
	scanned int64 // bytes of directory blocks and addresses read: no more than the image has
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
	x := image.NewIndex()
	w := &indexer{Listing: image.NewListing(x, v.budget.Files, uint64(v.root)), v: v, x: x}
	w.put(".", root, "")
	w.todo = append(w.todo, dirTask{root, "."})
	for len(w.todo) > 0 && !w.Full() {
		t := w.todo[0]
		w.todo = w.todo[1:]
		w.dir(t)
	}
	return w, nil
}

// dir lists one directory. Its hash levels are passed over: all its blocks are read in their order.
func (w *indexer) dir(t dirTask) {
	d := &dirScan{indexer: w, task: t, names: w.In(t.name)}
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
	names  *image.Names
	hidden int // entries whose names are encrypted
}

// blocks reads a directory whose entries lie in blocks of their own.
func (d *dirScan) blocks() {
	c := d.v.content(d.task.inode)
	count := (d.task.inode.size + d.v.blockSize - 1) >> d.v.blockBits
	for n := int64(0); n < count && !d.Full(); {
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
	if d.scanned > d.v.size && !d.Full() {
		d.x.Miss(d.task.name, image.Errorf(image.Malformed, d.task.inode.offset, "directories of more bytes than the image has"))
		d.Stop()
	}
	return d.Full()
}

func (d *dirScan) block(raw []byte, at int64) {
	for e, err := range dentries(raw, at) {
		if d.Full() {
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
	name, note, ok := d.names.Take(e.name, at)
	if !ok {
		return
	}
	i, err := d.v.inode(e.nid)
	if err != nil {
		d.x.Miss(name, err)
		return
	}
	if i.is(typeDir) {
		if !d.Enter(name, uint64(e.nid), at) {
			return
		}
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
