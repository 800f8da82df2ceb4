package erofs

import (
	"bytes"
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// maxLink bounds the target of a symbolic link, in bytes: PATH_MAX.
const maxLink = 4096

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
	x := image.NewIndex()
	w := &indexer{Listing: image.NewListing(x, v.budget.Files, v.rootNID), v: v, x: x, limit: maxDirRatio * v.device.size}
	if v.suspect != nil {
		w.x.Miss("", v.suspect)
	}
	if err := v.readPrefixes(); err != nil {
		w.x.Miss("", err)
	}
	w.put(".", root, "")
	w.todo = append(w.todo, dirTask{root, "."})
	for len(w.todo) > 0 && !w.Full() {
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
	*image.Listing
	v       *volume
	x       *image.Index
	todo    []dirTask
	scanned int64 // bytes of directories read
	limit   int64
	counted int64 // chunks looked at for devices that are not there
}

// dir lists one directory, block by block.
func (w *indexer) dir(t dirTask) {
	c := w.v.content(t.inode)
	d := &dirScan{indexer: w, task: t, names: w.In(t.name)}
	buf := make([]byte, w.v.dirBlockSize)
	for pos := int64(0); pos < t.inode.size && !w.Full(); pos += w.v.dirBlockSize {
		if w.scanned += w.v.dirBlockSize; w.scanned > w.limit+w.v.dirBlockSize {
			w.x.Miss(t.name, image.Errorf(image.Malformed, t.inode.offset, "directories of more than %d times the image", maxDirRatio))
			w.Stop()
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
	names *image.Names
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
		if d.Full() {
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
	name, note, ok := d.names.Take(raw, at)
	if !ok {
		return
	}
	i, err := d.v.inode(nid)
	if err != nil {
		d.x.Miss(name, err)
		return
	}
	if i.isDir() {
		if !d.Enter(name, nid, at) {
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
