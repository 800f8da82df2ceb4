package nothing

import (
	"bytes"
	"crypto/aes"
	"io"
	"slices"
	"sync"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
	"romscan/analyzer/image/locked"
	"romscan/analyzer/image/lzma"
)

// content is a file: blocks, each encrypted with a key of its own, of LZMA2.
type content struct {
	x          *container
	at, length int64 // in the container
	size       int64 // of the file
	key        int64 // index of the first block's key

	once   sync.Once
	blocks []*block
	why    error // of what the blocks lack
}

// block is one of them.
type block struct {
	at, n    int64 // ciphertext
	key      int64
	iv       [aes.BlockSize]byte
	pos, out int64 // in the file
}

const (
	blockHeader = 112 // before the ciphertext, and again before what was compressed
	blockMagic  = "NTENCODE"
	maxBlock    = 256 << 20 // bytes of one, encrypted or not
	maxBlocks   = 1 << 20
	anyDict     = 40 // property of LZMA2: no limit but memory's
)

func (c *content) open() (io.ReaderAt, error) { return c, nil }

// index finds the blocks: where each begins in the file stands in its second header, which is encrypted.
func (c *content) index() {
	var pos int64
	for off := int64(0); off < c.length && pos < c.size; {
		b, err := c.block(off, pos, c.key+int64(len(c.blocks)))
		if err == nil && len(c.blocks) == maxBlocks {
			err = image.Errorf(image.OverBudget, c.at+off, "more than %d blocks", maxBlocks)
		}
		if err != nil {
			c.why = err
			return
		}
		c.blocks = append(c.blocks, b)
		off, pos = off+blockHeader+b.n, pos+b.out
	}
	if pos != c.size {
		c.why = image.Errorf(image.Malformed, c.at, "blocks hold %d of %d bytes", pos, c.size)
	}
}

// block reads the headers of one block.
func (c *content) block(off, pos, key int64) (*block, error) {
	at := c.at + off
	raw, err := bin.ReadAt(c.x.r, min(c.x.size, c.at+c.length), at, blockHeader, blockHeader)
	if err != nil {
		return nil, err
	}
	h := bin.Little(raw, at)
	magic := string(h.Bytes(8))
	h.Skip(24) // kinds, and the size of what is encrypted without its padding
	n := h.U64()
	h.Skip(32) // a key, which is not this one
	b := &block{at: at + blockHeader, n: int64(min(n, 1<<62)), key: key, pos: pos, iv: [aes.BlockSize]byte(h.Bytes(aes.BlockSize))}
	if magic != blockMagic || b.n < blockHeader || b.n%aes.BlockSize != 0 || b.n > maxBlock {
		return nil, image.Errorf(image.Malformed, at, "header of a block")
	}
	if b.n > c.at+c.length-b.at {
		return nil, image.Errorf(image.Truncated, c.at+c.length, "%d bytes of a block stated, %d there", b.n, c.at+c.length-b.at)
	}
	inner := bin.Head(c.x.plain(b), b.n, blockHeader)
	h = bin.Little(inner, b.at)
	magic = string(h.Bytes(8))
	h.Skip(16)
	processed, original := h.U64(), h.U64()
	if h.Err() != nil || magic != blockMagic {
		return nil, image.Errorf(image.Encrypted, at, "key %d of the key map does not fit", key)
	}
	// One is the size of the LZMA2, the other that of what it holds.
	packed := uint64(b.n - blockHeader - c.x.padding(b))
	if b.out = int64(min(processed, 1<<62)); processed == packed {
		b.out = int64(min(original, 1<<62))
	}
	if b.out > maxBlock {
		return nil, image.Errorf(image.OverBudget, at, "a block of %d bytes", b.out)
	}
	return b, nil
}

// padding returns how many bytes fill the last encrypted block (PKCS #7), 0 where none do.
func (x *container) padding(b *block) int64 {
	var last [aes.BlockSize]byte
	if n, _ := x.plain(b).ReadAt(last[:], b.n-aes.BlockSize); n < len(last) {
		return 0
	}
	n := int(last[len(last)-1])
	if n == 0 || n > len(last) || !bytes.Equal(last[len(last)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
		return 0
	}
	return int64(n)
}

// plain decrypts a block in place.
func (x *container) plain(b *block) io.ReaderAt {
	at := b.key % int64(len(x.keys)/32) * 32
	c, err := aes.NewCipher(x.keys[at:][:32])
	if err != nil { // cannot be: keys have 32 bytes
		return bytes.NewReader(nil)
	}
	return locked.CBC(c, b.iv[:], image.NewSection(x.r, b.at, b.n), b.n)
}

// decode decrypts and decompresses a block.
func (x *container) decode(b *block) ([]byte, error) {
	if err := x.budget.CheckMemory(b.n + b.out); err != nil {
		return nil, err
	}
	in := io.NewSectionReader(x.plain(b), blockHeader, b.n-blockHeader)
	z, err := lzma.NewLZMA2Reader(in, anyDict, x.budget.Memory/4)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	var out bytes.Buffer
	if _, err := io.Copy(&out, io.LimitReader(z, b.out+1)); err != nil {
		return nil, image.BrokenStream(err)
	}
	if int64(out.Len()) != b.out {
		return nil, image.Errorf(image.Malformed, b.at, "a block of %d bytes that states %d", out.Len(), b.out)
	}
	return out.Bytes(), nil
}

// ReadAt implements [io.ReaderAt].
func (c *content) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= c.size {
		return 0, io.EOF
	}
	c.once.Do(c.index)
	want := p[:min(int64(len(p)), c.size-off)]
	at, _ := slices.BinarySearchFunc(c.blocks, off, func(b *block, off int64) int {
		if b.pos+b.out <= off {
			return -1
		}
		return 1
	})
	done := 0
	for ; done < len(want) && at < len(c.blocks); at++ {
		b := c.blocks[at]
		data, err := c.x.budget.Cached(b, func() ([]byte, error) { return c.x.decode(b) })
		if err != nil {
			return done, err
		}
		done += copy(want[done:], data[off+int64(done)-b.pos:])
	}
	switch {
	case done < len(want) && c.why != nil:
		return done, c.why
	case done < len(want):
		return done, io.ErrUnexpectedEOF
	case done < len(p):
		return done, io.EOF
	}
	return done, nil
}
