package cramfs

import (
	"io"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

const (
	minBlock = 4 << 10
	maxBlock = 64 << 10

	// Flags of block pointers, in images with CRAMFS_FLAG_EXT_BLOCK_POINTERS.
	blockStored = 1 << 31
	blockDirect = 1 << 30
	blockFlags  = blockStored | blockDirect
)

// content reads one file. Its data begins with a table that tells where each block ends.
type content struct {
	v     *volume
	inode inode
}

func (v *volume) content(i inode) *content { return &content{v, i} }

func (c *content) blocks() int64 { return (c.inode.size + c.v.blockSize - 1) / c.v.blockSize }

// pointer returns the k-th word of the table.
func (c *content) pointer(k int64) (uint32, error) {
	raw, err := bin.ReadAt(c.v.r, c.v.have, c.inode.offset+4*k, 4, 4)
	if err != nil {
		return 0, err
	}
	return c.v.order.Uint32(raw), nil
}

// extent is where a block lies.
type extent struct {
	at, length int64
	stored     bool
}

// extent finds the k-th block (cramfs_readpage). Direct pointers say where a block begins, in words; others where it
// ends, so that it begins where the one before it ends.
func (c *content) extent(k int64) (extent, error) {
	word, err := c.pointer(k)
	if err != nil {
		return extent{}, err
	}
	e := extent{stored: word&blockStored != 0}
	if word&blockDirect != 0 {
		e.at = int64(word&^blockFlags) << 2
		if e.stored {
			e.length = min(c.v.blockSize, c.inode.size-k*c.v.blockSize)
			return e, nil
		}
		e.length, err = c.length(e.at)
		e.at += 2
		return e, err
	}
	e.at = c.inode.offset + 4*c.blocks()
	if k > 0 {
		if e.at, err = c.end(k - 1); err != nil {
			return e, err
		}
	}
	e.length = int64(word&^blockFlags) - e.at
	if limit := 2 * c.v.blockSize; e.length < 0 || e.length > limit || e.stored && e.length > limit/2 {
		return e, image.Errorf(image.Malformed, c.inode.offset+4*k, "a block of %d bytes", e.length)
	}
	return e, nil
}

// end returns where the k-th block ends.
func (c *content) end(k int64) (int64, error) {
	word, err := c.pointer(k)
	if err != nil || word&blockDirect == 0 {
		return int64(word &^ blockFlags), err
	}
	at := int64(word&^blockFlags) << 2
	if word&blockStored != 0 {
		return at + c.v.blockSize, nil
	}
	n, err := c.length(at)
	return at + 2 + n, err
}

// length reads the length in front of a compressed block that has a direct pointer.
func (c *content) length(at int64) (int64, error) {
	raw, err := bin.ReadAt(c.v.r, c.v.have, at, 2, 2)
	if err != nil {
		return 0, err
	}
	return int64(c.v.order.Uint16(raw)), nil
}

// ReadAt implements [io.ReaderAt].
func (c *content) ReadAt(p []byte, off int64) (int, error) {
	p, tail, err := image.Window(p, off, c.inode.size)
	if err != nil {
		return 0, err
	}
	for done := 0; done < len(p); {
		k, skip := (off+int64(done))/c.v.blockSize, (off+int64(done))%c.v.blockSize
		n, err := c.block(p[done:], k, skip)
		if done += n; err != nil {
			return done, err
		}
	}
	return len(p), tail
}

// block fills p from byte skip on of the k-th block.
func (c *content) block(p []byte, k, skip int64) (int, error) {
	e, err := c.extent(k)
	if err != nil {
		return 0, err
	}
	want := min(c.v.blockSize, c.inode.size-k*c.v.blockSize)
	p = p[:min(int64(len(p)), want-skip)]
	switch {
	case e.length == 0:
		clear(p)
		return len(p), nil
	case e.stored:
		if e.length < want {
			return 0, image.Errorf(image.Malformed, e.at, "a block of %d bytes for %d", e.length, want)
		}
		n, err := c.v.r.ReadAt(p, e.at+skip)
		if n == len(p) {
			return n, nil
		}
		if err == nil || err == io.EOF {
			err = image.Errorf(image.Truncated, e.at+skip+int64(n), "the image ends inside of a file")
		}
		return n, err
	}
	data, err := c.v.decoded(e)
	if err != nil {
		return 0, err
	}
	if int64(len(data)) < want {
		return 0, image.Errorf(image.Malformed, e.at, "a block of %d bytes, not %d", len(data), want)
	}
	return copy(p, data[skip:]), nil
}

// guess takes the size of blocks from the first file that has more than one of them: the table of pointers to them
// is as long as it must be, and all blocks decode to what they should hold.
func (l *lister) guess(i inode) {
	if l.sized || i.size <= minBlock {
		return
	}
	for size := int64(minBlock); size <= maxBlock; size *= 2 {
		trial := *l.volume
		trial.blockSize = size
		c := trial.content(i)
		e, err := c.extent(0)
		if err != nil || e.length == 0 {
			continue
		}
		buf := make([]byte, min(size, i.size))
		if _, err := c.ReadAt(buf, 0); err == nil || err == io.EOF {
			l.blockSize, l.sized = size, true
			return
		}
	}
}
