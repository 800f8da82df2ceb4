package installshield

import (
	"io"
	"math/bits"
)

// Flags of a record.
const (
	codedWhole  = 2 // the key runs through the file
	codedBlocks = 4 // the key starts again with every block
	blockSize   = 1024
)

// scramble is what a name is made a key with.
var scramble = [4]byte{0x13, 0x35, 0x86, 0x07}

// code sets how the file is coded.
func (rec *record) code(flags uint32, name []byte) {
	if flags&(codedWhole|codedBlocks) == 0 || len(name) == 0 {
		return
	}
	rec.key = make([]byte, len(name))
	for i, c := range name {
		rec.key[i] = c ^ scramble[i%len(scramble)]
	}
	if flags&codedBlocks != 0 {
		rec.unit = blockSize
	}
}

// coded decodes what it reads: of each byte the halves change places, and it is combined with the key and inverted.
type coded struct {
	r    io.ReaderAt
	key  []byte
	unit int64
}

// ReadAt implements [io.ReaderAt].
func (c *coded) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(p, off)
	for i := range p[:n] {
		at := off + int64(i)
		if c.unit > 0 {
			at %= c.unit
		}
		p[i] = ^(c.key[at%int64(len(c.key))] ^ bits.RotateLeft8(p[i], 4))
	}
	return n, err
}
