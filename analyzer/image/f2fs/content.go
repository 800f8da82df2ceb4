package f2fs

import (
	"io"

	"romscan/analyzer/image"
)

// content reads one file. It keeps nothing but the inode: nodes are looked up in the shared cache.
type content struct {
	v       *volume
	inode   *inode
	own     int64 // blocks whose addresses lie in the inode
	perNode int64 // and in a direct node
}

func (v *volume) content(i *inode) *content {
	c := &content{v: v, inode: i, own: i.words - i.extra/4 - i.xattrWords, perNode: (v.blockSize - footerSize) / 4}
	if i.compressed { // no cluster has its addresses in two nodes
		c.own &^= 1<<i.clusterBits - 1
		c.perNode &^= 1<<i.clusterBits - 1
	}
	return c
}

// dataOffset returns where the first byte of a regular file lies in the image, -1 where it does not: holes,
// compressed and encrypted files.
func (v *volume) dataOffset(i *inode) int64 {
	if !i.is(typeRegular) || i.size == 0 || i.encrypted() {
		return -1
	}
	if i.inline&inlineData != 0 {
		_, at := i.inlined()
		return at
	}
	s, err := v.content(i).span(0)
	if err != nil || !stored(s.at(0)) {
		return -1
	}
	return v.address(s.at(0))
}

// ReadAt implements [io.ReaderAt].
func (c *content) ReadAt(p []byte, off int64) (int, error) {
	size := c.inode.size
	p, tail, err := image.Window(p, off, size)
	if err != nil {
		return 0, err
	}
	if c.inode.inline&inlineData != 0 {
		n, err := c.readInline(p, off)
		if err == nil {
			err = tail
		}
		return n, err
	}
	for done := 0; done < len(p); {
		n, err := c.readSome(p[done:], off+int64(done))
		if done += n; err != nil {
			return done, err
		}
	}
	return len(p), tail
}

// readInline reads data that lies in the inode; as in the kernel it is followed by zeros up to the end of a block.
func (c *content) readInline(p []byte, off int64) (int, error) {
	raw, at := c.inode.inlined()
	if off+int64(len(p)) > c.v.blockSize {
		return 0, image.Errorf(image.Malformed, at, "inode %d has %d bytes in itself", c.inode.nid, c.inode.size)
	}
	n := 0
	if off < int64(len(raw)) {
		n = copy(p, raw[off:])
	}
	clear(p[n:])
	return len(p), nil
}

// readSome reads from off on as far as blocks lie one behind the other, or to the end of a hole or cluster.
func (c *content) readSome(p []byte, off int64) (int, error) {
	bits := c.v.blockBits
	n, skip := off>>bits, off&(c.v.blockSize-1)
	first := int64(0)
	if c.inode.compressed {
		first = n & (1<<c.inode.clusterBits - 1)
	}
	s, err := c.span(n - first)
	if err != nil {
		return 0, err
	}
	at := s.at(first)
	if c.inode.compressed && s.at(0) == compressAddress {
		return c.readCluster(p, s, first<<bits+skip)
	}
	wanted := (int64(len(p))+skip-1)>>bits + 1
	run := int64(1)
	limit := min(wanted, s.count-first)
	if s.raw == nil {
		run = limit
	}
	for ; run < limit; run++ {
		next := s.at(first + run)
		if stored(at) && next != at+uint32(run) || !stored(at) && stored(next) || next == compressAddress {
			break
		}
	}
	p = p[:min(int64(len(p)), run<<bits-skip)]
	if stored(at) {
		return c.v.readBlocks(p, at, run, skip)
	}
	if at == compressAddress {
		return 0, image.Errorf(image.Malformed, c.inode.offset, "block %d of inode %d begins a cluster where none can be", n, c.inode.nid)
	}
	clear(p)
	return len(p), nil
}

// readBlocks reads len(p) bytes from byte skip of run blocks on, as many as are there.
func (v *volume) readBlocks(p []byte, at uint32, run, skip int64) (int, error) {
	if int64(at) < v.main || int64(at)+run > v.blocks {
		return 0, image.Errorf(image.Malformed, -1, "data in blocks %d to %d, the filesystem has them from %d to %d", at, int64(at)+run, v.main, v.blocks)
	}
	if err := v.here(at + uint32(run-1)); err != nil {
		return 0, err
	}
	off := v.address(at) + skip
	have := min(int64(len(p)), max(v.size-off, 0))
	n, err := 0, error(nil)
	if have > 0 {
		n, err = v.r.ReadAt(p[:have], off)
	}
	switch {
	case n == len(p):
		return n, nil
	case err == nil || err == io.EOF:
		err = image.Errorf(image.Truncated, off+int64(n), "%d bytes wanted here, behind the end of the image", len(p)-n)
	}
	return n, err
}
