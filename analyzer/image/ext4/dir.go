package ext4

import (
	"io"
	"io/fs"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// index lists all directories, each once. Hash trees are not looked at: their nodes are made to be skipped by
// a linear scan.
func (v *volume) index() (*image.Index, error) {
	root, err := v.inode(rootInode)
	if err != nil {
		return nil, err
	}
	if !root.isDir() {
		return nil, image.Errorf(image.Malformed, root.offset, "the root is no directory: mode %#o", root.mode)
	}
	x := image.NewIndex()
	w := &indexer{Listing: image.NewListing(x, v.budget.Files, rootInode), v: v, x: x}
	if v.incompat&incompatRecover != 0 {
		w.x.Miss("", image.Errorf(image.Unsupported, superOffset+0x60, "the journal was not replayed: the last changes may be missing"))
	}
	if unknown := v.incompat &^ incompatKnown; unknown != 0 {
		w.x.Miss("", image.Errorf(image.Unsupported, superOffset+0x60, "unknown features %#x", unknown))
	}
	w.put(".", root, "")
	w.todo = append(w.todo, dirTask{root, "."})
	for len(w.todo) > 0 && !w.Full() {
		t := w.todo[0]
		w.todo = w.todo[1:]
		w.dir(t)
	}
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
	scanned int64 // bytes of directories read; an honest image holds each once
}

// dir lists one directory.
func (w *indexer) dir(t dirTask) {
	i, v := t.inode, w.v
	if i.flags&flagEncrypted != 0 {
		w.x.Miss(t.name, image.Errorf(image.Encrypted, i.offset, "the names in this directory are encrypted"))
		return
	}
	d := &dirScan{indexer: w, task: t, names: w.In(t.name)}
	if i.flags&flagInline != 0 {
		// i_block: the parent's number, then entries; system.data: more entries.
		d.block(i.body()[4:], i.offset+inodeBlock+4)
		more, ok, err := v.inodeXattr(i, xattrSystem, "data")
		if ok {
			d.block(more, i.offset)
		} else if err != nil {
			w.x.Miss(t.name, err)
		}
		return
	}
	l := v.layout(i)
	c := &content{layout: l, r: v.r, size: i.size, image: v.size}
	buf := make([]byte, v.blockSize)
	for _, r := range l.runs {
		for pos := r.pos; r.at >= 0 && pos < min(r.pos+r.length, i.size); pos += v.blockSize {
			if w.scanned += v.blockSize; w.scanned > v.size+v.blockSize {
				w.x.Miss(t.name, image.Errorf(image.Malformed, i.offset, "directories larger than the image"))
				w.Stop()
				return
			}
			n, err := c.ReadAt(buf, pos)
			if d.block(buf[:n], r.at+pos-r.pos); w.Full() {
				return
			}
			if err != nil && err != io.EOF {
				w.x.Miss(t.name, err)
				break
			}
		}
	}
	if l.err != nil {
		w.x.Miss(t.name, l.err)
	}
}

type dirScan struct {
	*indexer
	task  dirTask
	names *image.Names
}

// block goes through the entries of one block (struct ext4_dir_entry_2).
func (d *dirScan) block(raw []byte, offset int64) {
	c := bin.Little(raw, offset)
	for c.Len() >= 8 && !d.Full() {
		start := c.Pos()
		num := c.U32()
		length := int(c.U16())
		nameLen := int(c.U8())
		c.Skip(1) // the file's type or, without that feature, the high byte of a length that ends at 255
		// With blocks of 64 KiB a length that needs 17 bits is folded (ext4_rec_len_from_disk).
		if length == 0xFFFF || length == 0 && len(raw) == 1<<16 {
			length = len(raw) - start
		}
		if length < 8 || length%4 != 0 || length > len(raw)-start || nameLen > length-8 {
			if num != 0 || length != 0 {
				d.x.Miss(d.task.name, image.Errorf(image.Malformed, offset+int64(start), "directory entry of %d bytes with a name of %d", length, nameLen))
			}
			return
		}
		name := string(c.Bytes(nameLen))
		c.Seek(start + length)
		if num != 0 && name != "." && name != ".." {
			d.entry(name, num, offset+int64(start))
		}
	}
}

func (d *dirScan) entry(raw string, num uint32, offset int64) {
	name, note, ok := d.names.Take(raw, offset)
	if !ok {
		return
	}
	i, err := d.v.inode(num)
	if err != nil {
		d.x.Miss(name, err)
		return
	}
	if i.isDir() {
		if !d.Enter(name, uint64(num), offset) {
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
		w.x.Miss(name, image.Errorf(image.Malformed, i.offset, "inode %d has mode %#o", i.num, i.mode))
		return
	}
	attr, err := w.v.attr(i)
	if err != nil {
		w.x.Miss(name, err)
	}
	attr.Note = note
	e := image.Entry{Mode: mode, Size: i.size, Attr: attr}
	if mode&fs.ModeSymlink != 0 {
		if e.Link, err = w.v.link(i); err != nil {
			w.x.Miss(name, err)
		}
	}
	num := i.num
	e.Open = func() (io.ReaderAt, error) { return w.v.open(num) }
	if err := w.x.Add(name, e); err != nil {
		w.x.Miss(name, err)
	}
}
