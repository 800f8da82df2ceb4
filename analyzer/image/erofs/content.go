package erofs

import (
	"io"
	"sort"
	"sync"

	"romscan/analyzer/image"
)

// kind is how a stretch of a file is stored. From lz4 on the values less lz4 are those of h_algorithmtype.
type kind uint8

const (
	hole     kind = iota // reads as zeros
	raw                  // as it is
	rotated              // as it is, but each byte at its place modulo the block size (interlaced)
	fragment             // part of the packed inode
	lz4
	microLZMA
	deflate
	zstandard
)

// extent is a stretch of a file that is stored as one; it goes to the next or to the end of the file.
type extent struct {
	pos  int64  // first byte in the file
	at   int64  // first byte where it is stored
	plen uint32 // bytes stored, of encoded and rotated ones
	kind kind
	meta bool // stored among the metadata, at in the inode's space; else in the image

	device uint16 // a further device that at is an address of; 0 where it is one of all devices
}

const extentSize = 24 // bytes of memory an extent takes

// content reads one file. What is where is found out at the first read.
type content struct {
	v     *volume
	inode *inode
	whole bool // the packed inode: it holds no fragments itself

	once    sync.Once
	extents []extent
	// A map that breaks off is good up to limit; reading on gives err.
	limit int64
	err   error
}

func (v *volume) content(i *inode) *content { return &content{v: v, inode: i} }

func (c *content) build() {
	switch c.inode.layout {
	case flatPlain, flatInline:
		c.err = c.flat()
	case chunkBased:
		c.err = c.chunks()
	default:
		c.err = c.compressed()
	}
	if c.err != nil && len(c.extents) == 0 {
		c.limit = 0
	}
}

// add appends an extent, joining it with the last where both go on.
func (c *content) add(e extent) error {
	if k := len(c.extents) - 1; k >= 0 {
		last := c.extents[k]
		plain := e.kind == raw && e.at == last.at+e.pos-last.pos && !e.meta
		if e.kind == last.kind && e.meta == last.meta && e.device == last.device && (plain || e.kind == hole) {
			return nil
		}
	}
	if err := c.v.budget.CheckMemory(16 * extentSize * int64(len(c.extents))); err != nil {
		return err
	}
	c.extents = append(c.extents, e)
	return nil
}

// ReadAt implements [io.ReaderAt].
func (c *content) ReadAt(p []byte, off int64) (int, error) {
	p, tail, err := image.Window(p, off, c.inode.size)
	if err != nil {
		return 0, err
	}
	c.once.Do(c.build)
	if c.err != nil && off+int64(len(p)) > c.limit {
		p, tail = p[:max(c.limit-off, 0)], c.err
	}
	k := sort.Search(len(c.extents), func(i int) bool { return c.extents[i].pos > off }) - 1
	done := 0
	for done < len(p) {
		end := c.inode.size
		if k+1 < len(c.extents) {
			end = c.extents[k+1].pos
		} else if c.err != nil {
			end = c.limit
		}
		here := off + int64(done)
		part := p[done:min(int64(len(p)), end-off)]
		n, err := c.readExtent(c.extents[k], end, part, here)
		if done += n; err != nil {
			return done, err
		}
		k++
	}
	return done, tail
}

// readExtent reads len(p) bytes from file offset here of an extent that ends at end.
func (c *content) readExtent(e extent, end int64, p []byte, here int64) (int, error) {
	skip := here - e.pos
	switch e.kind {
	case hole:
		clear(p)
		return len(p), nil
	case raw:
		return c.stored(e, p, e.at+skip)
	case rotated:
		return c.unrotate(e, p, skip)
	case fragment:
		return c.fragment(e, p, skip)
	}
	data, err := c.decoded(e, end-e.pos)
	if err != nil {
		return 0, err
	}
	return copy(p, data[skip:]), nil
}

// stored reads some of an extent from the device it lies on, or from the space of metadata the inode lies in.
func (c *content) stored(e extent, p []byte, at int64) (int, error) {
	from := c.inode.in
	if !e.meta {
		var err error
		if from, at, err = c.v.locate(e.device, at); err != nil {
			return 0, err
		}
	}
	have := min(int64(len(p)), max(from.size-at, 0))
	n, err := 0, error(nil)
	if have > 0 {
		n, err = from.r.ReadAt(p[:have], at)
	}
	switch {
	case n == len(p):
		return n, nil
	case err == nil || err == io.EOF:
		err = image.Errorf(image.Truncated, at+int64(n), "%d bytes wanted here, behind the end of the image", len(p)-n)
	}
	return n, err
}

// unrotate reads an interlaced cluster: a byte of the file lies in the block where it would lie in a block of
// the file, so what does not fit at the end is at the start.
func (c *content) unrotate(e extent, p []byte, skip int64) (int, error) {
	done := 0
	for done < len(p) {
		in := (e.pos + skip + int64(done)) & (c.v.blockSize - 1)
		n := min(c.v.blockSize-in, int64(len(p)-done))
		if in+n > int64(e.plen) {
			return done, image.Errorf(image.Malformed, e.at, "interlaced cluster of %d bytes is read at %d", e.plen, in)
		}
		got, err := c.stored(e, p[done:done+int(n)], e.at+in)
		if done += got; err != nil {
			return done, err
		}
	}
	return done, nil
}

func (c *content) fragment(e extent, p []byte, skip int64) (int, error) {
	if c.whole {
		return 0, image.Errorf(image.Malformed, c.inode.offset, "the packed inode holds a fragment")
	}
	packed, err := c.v.packed()
	if err != nil {
		return 0, err
	}
	if e.at < 0 || e.at > packed.inode.size {
		return 0, image.Errorf(image.Malformed, c.inode.offset, "fragment at 0x%x of a packed inode of 0x%x bytes", e.at, packed.inode.size)
	}
	n, err := packed.ReadAt(p, e.at+skip)
	switch {
	case n == len(p):
		return n, nil
	case err == nil || err == io.EOF:
		err = image.Errorf(image.Malformed, c.inode.offset, "fragment at 0x%x goes beyond a packed inode of 0x%x bytes", e.at, packed.inode.size)
	}
	return n, err
}
