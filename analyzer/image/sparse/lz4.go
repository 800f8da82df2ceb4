package sparse

import (
	"io"

	"github.com/pierrec/lz4/v4"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// block is the content of an LZ4 chunk: one block of LZ4, decoded when it is read.
type block struct {
	r          io.ReaderAt
	size       int64 // of r
	at, packed int64 // where the LZ4 lies in r
	length     int64 // decoded
	budget     *image.Budget
}

// check refuses sizes that no LZ4 block has: a byte of it makes 255 at the most. Its result is nil, not a nil *Error.
func (k *block) check() error {
	if k.packed == 0 || k.length > 255*k.packed+64 {
		return image.Errorf(image.Malformed, k.at, "%d bytes out of %d of LZ4", k.length, k.packed)
	}
	return nil
}

// ReadAt implements [io.ReaderAt].
func (k *block) ReadAt(p []byte, off int64) (int, error) {
	part, tail, err := image.Window(p, off, k.length)
	if err != nil {
		return 0, err
	}
	data, err := k.budget.Cached(k, k.decode)
	if err != nil {
		return 0, err
	}
	return copy(part, data[off:]), tail
}

func (k *block) decode() ([]byte, error) {
	if err := k.budget.CheckMemory(k.length); err != nil {
		return nil, err
	}
	if err := k.budget.CheckRatio(k.length, k.packed); err != nil {
		return nil, err
	}
	src, err := bin.ReadAt(k.r, k.size, k.at, k.packed, k.budget.Memory)
	if err != nil {
		return nil, err
	}
	dst := make([]byte, k.length)
	n, err := lz4.UncompressBlock(src, dst)
	if err == nil && int64(n) != k.length {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, image.Errorf(image.Malformed, k.at, "LZ4 chunk for %d bytes: %v", k.length, err)
	}
	return dst, nil
}
