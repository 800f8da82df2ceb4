package squashfs

import (
	"io"
	"math"

	"romscan/analyzer/image"
)

const (
	dirHeader   = 12  // struct squashfs_dir_header
	dirEntry    = 8   // struct squashfs_dir_entry, without the name
	maxRun      = 256 // entries behind one header
	maxName     = 256
	maxDirRatio = 64 // bytes of all directories and block lists beside those of the image; both may be compressed
)

// index lists all directories, each once.
func (v *volume) index() (*image.Index, error) {
	root, err := v.inode(v.root)
	if err != nil {
		return nil, err
	}
	if root.kind != typeDir {
		return nil, image.Errorf(image.Malformed, root.offset, "the root is no directory: type %d", root.kind)
	}
	x := image.NewIndex()
	w := &indexer{Listing: image.NewListing(x, v.budget.Files, v.root), v: v, x: x, labels: map[uint32]string{}, limit: maxDirRatio * (v.size + metaSize)}
	if v.used > v.size {
		w.x.Miss("", image.Errorf(image.Truncated, v.size, "the image is said to have %d bytes", v.used))
	}
	if err := v.openXattrs(); err != nil {
		w.x.Miss("", err)
	}
	w.put(".", root, "")
	w.todo = append(w.todo, dirTask{root, "."})
	for len(w.todo) > 0 && !w.Full() {
		t := w.todo[0]
		w.todo = w.todo[1:]
		if err := w.dir(t); err != nil {
			w.x.Miss(t.name, err)
		}
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
	labels  map[uint32]string // by the set of attributes: few sets serve many files
	todo    []dirTask
	scanned int64 // bytes of directories and of block lists read
	limit   int64
	idless  bool // that owners cannot be read was said
}

// dir lists one directory: runs of entries whose inodes lie in one metadata block.
func (w *indexer) dir(t dirTask) error {
	left := t.inode.size - emptyListing
	if left <= 0 {
		return nil
	}
	m, err := w.v.metadata(w.v.dirTable, t.inode.start, int(t.inode.within))
	if err != nil {
		return err
	}
	d := &dirScan{indexer: w, task: t, m: m, names: w.In(t.name)}
	for left > 0 && !w.Full() {
		n, err := d.run(left)
		if err != nil {
			return err
		}
		left -= n
		if w.scanned += n; w.scanned > w.limit {
			w.Stop()
			return image.Errorf(image.Malformed, m.at, "directories of more than %d times the image", maxDirRatio)
		}
	}
	return nil
}

type dirScan struct {
	*indexer
	task  dirTask
	m     *metaStream
	names *image.Names
}

// run reads a header and its entries, of which no more than left bytes belong to the directory.
func (d *dirScan) run(left int64) (int64, error) {
	c, err := d.m.cursor(dirHeader)
	if err != nil {
		return 0, err
	}
	count, block := c.U32(), c.U32()
	if count >= maxRun || left < dirHeader {
		return 0, image.Errorf(image.Malformed, d.m.at, "directory header for %d entries in %d bytes", int64(count)+1, left)
	}
	n := int64(dirHeader)
	for range count + 1 {
		c, err := d.m.cursor(dirEntry)
		if err != nil {
			return n, err
		}
		offset := c.U16()
		c.Skip(4)
		size := int(c.U16()) + 1
		if n += dirEntry + int64(size); n > left || size > maxName {
			return n, image.Errorf(image.Malformed, d.m.at, "name of %d bytes, directory of %d", size, left)
		}
		name, err := d.m.bytes(size)
		if err != nil {
			return n, err
		}
		if d.entry(string(name), uint64(block)<<16|uint64(offset)); d.Full() {
			return n, nil
		}
	}
	return n, nil
}

func (d *dirScan) entry(raw string, ref uint64) {
	at := d.m.at
	name, note, ok := d.names.Take(raw, at)
	if !ok {
		return
	}
	i, err := d.v.inode(ref)
	if err != nil {
		d.x.Miss(name, err)
		return
	}
	if i.kind == typeDir {
		if !d.Enter(name, ref, at) {
			return
		}
		d.todo = append(d.todo, dirTask{i, name})
	}
	d.put(name, i, note)
}

// put adds one file to the index.
func (w *indexer) put(name string, i *inode, note string) {
	label, met := w.labels[i.xattr]
	if !met {
		var err error
		if label, err = w.v.label(i.xattr); err != nil {
			w.x.Miss(name, err)
		}
		w.labels[i.xattr] = label
	}
	e := image.Entry{Mode: i.mode, Size: i.size, Link: i.link, Attr: image.Attr{
		UID: w.owner(i.uid), GID: w.owner(i.gid), Label: label, Offset: -1, Note: note,
	}}
	if i.kind == typeRegular {
		e.Attr.Offset = w.dataOffset(i)
		e.Open = func() (io.ReaderAt, error) { return w.v.content(i.ref) }
	}
	if err := w.x.Add(name, e); err != nil {
		w.x.Miss(name, err)
	}
}

// owner returns a user or group number. That the table cannot be read is said once; then owners are all ones, so
// that nothing passes for root's.
func (w *indexer) owner(n uint16) uint32 {
	id, err := w.v.id(n)
	if err == nil {
		return id
	}
	if !w.idless {
		w.idless = true
		w.x.Miss("", err)
	}
	return math.MaxUint32
}

// dataOffset returns where a file lies that is stored uncompressed and in one piece, else -1.
func (w *indexer) dataOffset(i *inode) int64 {
	if i.size == 0 || w.scanned > w.limit {
		return -1
	}
	c := &content{v: w.v, inode: i}
	blocks := c.count()
	if i.fragment != noFragment && blocks == 0 {
		at, word, err := w.v.fragment(i.fragment)
		if err != nil || word&blockStored == 0 {
			return -1
		}
		return at + i.within
	}
	if i.fragment != noFragment && i.size%w.v.blockSize != 0 {
		return -1
	}
	for k := range blocks {
		word, err := c.next()
		w.scanned += 4
		if err != nil || word&blockStored == 0 || int64(word&blockLengthMask) != min(w.v.blockSize, i.size-k*w.v.blockSize) {
			return -1
		}
	}
	return i.start
}
