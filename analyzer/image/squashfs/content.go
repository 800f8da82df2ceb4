package squashfs

import (
	"encoding/binary"
	"io"
	"sync"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// A block of data is described by one word: its length as stored and a bit for "not compressed"; 0 is a hole.
const (
	blockStored     = 1 << 24
	blockLengthMask = blockStored - 1
	blockKnown      = blockStored | blockLengthMask
)

// content reads one file. Its list of blocks is read with the first byte.
type content struct {
	v     *volume
	inode *inode

	once  sync.Once
	words []uint32
	at    []int64 // where each block begins
	err   error   // why the list breaks off, if it does
}

func (v *volume) content(ref uint64) (io.ReaderAt, error) {
	i, err := v.inode(ref)
	if err != nil {
		return nil, err
	}
	return &content{v: v, inode: i}, nil
}

// count returns how many blocks the list has: the end of the file is in a fragment or is a shorter block.
func (c *content) count() int64 {
	if c.inode.fragment != noFragment {
		return c.inode.size / c.v.blockSize
	}
	return (c.inode.size-1)/c.v.blockSize + 1
}

// next reads one word of the list.
func (c *content) next() (uint32, error) {
	raw, err := c.inode.blockList.bytes(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(raw), nil
}

// build reads the list. It grows with what is there, whatever size the file is said to have.
func (c *content) build() {
	count := c.count()
	if c.err = c.v.budget.CheckMemory(min(count, 1<<60) * 12); c.err != nil {
		return
	}
	at := c.inode.start
	for range count {
		word, err := c.next()
		if err == nil && (word&^blockKnown != 0 || int64(word&blockLengthMask) > c.v.blockSize) {
			err = image.Errorf(image.Malformed, c.inode.blockList.at, "block 0x%x of a file, blocks have %d bytes", word, c.v.blockSize)
		}
		if err != nil {
			c.err = err
			return
		}
		c.words, c.at = append(c.words, word), append(c.at, at)
		at += int64(word & blockLengthMask)
	}
}

// ReadAt implements [io.ReaderAt].
func (c *content) ReadAt(p []byte, off int64) (int, error) {
	size := c.inode.size
	p, tail, err := image.Window(p, off, size)
	if err != nil {
		return 0, err
	}
	c.once.Do(c.build)
	for done := 0; done < len(p); {
		k, skip := (off+int64(done))/c.v.blockSize, (off+int64(done))%c.v.blockSize
		length := min(c.v.blockSize, size-k*c.v.blockSize)
		part := p[done:min(int64(len(p)), int64(done)+length-skip)]
		n, err := c.readBlock(k, length, part, skip)
		if done += n; err != nil {
			return done, err
		}
	}
	return len(p), tail
}

// readBlock fills p from byte skip on of the k-th block, which holds length bytes of the file.
func (c *content) readBlock(k, length int64, p []byte, skip int64) (int, error) {
	if k >= int64(len(c.words)) {
		if c.err != nil {
			return 0, c.err
		}
		return c.readFragment(length, p, skip)
	}
	word, at := c.words[k], c.at[k]
	switch {
	case word == 0:
		clear(p)
		return len(p), nil
	case word&blockStored != 0:
		if int64(word&blockLengthMask) < length {
			return 0, image.Errorf(image.Malformed, at, "block of %d bytes for %d", word&blockLengthMask, length)
		}
		return c.v.stored(p, at+skip)
	}
	data, err := c.v.block(at, word, length)
	if err != nil {
		return 0, err
	}
	if int64(len(data)) < length {
		return 0, image.Errorf(image.Malformed, at, "block decodes to %d bytes, not %d", len(data), length)
	}
	return copy(p, data[skip:length]), nil
}

func (c *content) readFragment(length int64, p []byte, skip int64) (int, error) {
	at, word, err := c.v.fragment(c.inode.fragment)
	if err != nil {
		return 0, err
	}
	from, end := c.inode.within+skip, c.inode.within+length
	have := int64(word & blockLengthMask)
	var data []byte
	if word&blockStored == 0 {
		if data, err = c.v.block(at, word, c.v.blockSize); err != nil {
			return 0, err
		}
		have = int64(len(data))
	}
	if end > have {
		return 0, image.Errorf(image.Malformed, at, "fragment of %d bytes is used up to %d", have, end)
	}
	if data == nil {
		return c.v.stored(p, at+from)
	}
	return copy(p, data[from:]), nil
}

// fragment looks a fragment up in its table (struct squashfs_fragment_entry).
func (v *volume) fragment(n uint32) (at int64, word uint32, err error) {
	if n >= v.fragments {
		return 0, 0, image.Errorf(image.Malformed, v.fragTable, "fragment %d of %d", n, v.fragments)
	}
	c, err := v.record(v.fragTable, n, 16)
	if err != nil {
		return 0, 0, err
	}
	if at, err = address(c); err != nil {
		return 0, 0, err
	}
	word = c.U32()
	if word&^blockKnown != 0 || int64(word&blockLengthMask) > v.blockSize {
		return 0, 0, image.Errorf(image.Malformed, v.fragTable, "fragment 0x%x, blocks have %d bytes", word, v.blockSize)
	}
	return at, word, nil
}

// stored reads bytes that are not compressed, as many as are there.
func (v *volume) stored(p []byte, at int64) (int, error) {
	have := min(int64(len(p)), max(v.size-at, 0))
	n, err := 0, error(nil)
	if have > 0 {
		n, err = v.r.ReadAt(p[:have], at)
	}
	switch {
	case n == len(p):
		return n, nil
	case err == nil || err == io.EOF:
		err = image.Errorf(image.Truncated, at+int64(n), "%d bytes wanted here, behind the end of the image", len(p)-n)
	}
	return n, err
}

// blockKey finds a decoded block in the shared cache.
type blockKey struct {
	v      *volume
	at     int64
	word   uint32
	length int64
}

// block decodes a block that is to have up to length bytes; what is returned must not be changed.
func (v *volume) block(at int64, word uint32, length int64) ([]byte, error) {
	return v.budget.Cached(blockKey{v, at, word, length}, func() ([]byte, error) {
		n := int64(word & blockLengthMask)
		in := v.codecs.buffer(n)
		defer v.codecs.give(in)
		if at > v.size || n > v.size-at {
			return nil, &bin.RangeError{Off: at, Want: n, Have: max(v.size-at, 0)}
		}
		if _, err := v.stored(*in, at); err != nil {
			return nil, err
		}
		dst := make([]byte, length)
		k, err := v.decode(dst, *in, at)
		return dst[:k:k], err
	})
}
