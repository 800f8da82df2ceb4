package cramfs

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/zlib"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// blockKey finds a decoded block in the shared cache.
type blockKey struct {
	v *image.Index
	e extent
	n int64
}

// decoded decodes a block; what is returned must not be changed.
func (v *volume) decoded(e extent) ([]byte, error) {
	return v.budget.Cached(blockKey{v.Index, e, v.blockSize}, func() ([]byte, error) {
		src, err := bin.ReadAt(v.r, v.have, e.at, e.length, 1<<17)
		if err != nil {
			return nil, err
		}
		dst := make([]byte, v.blockSize)
		n, err := inflate(dst, src, v.zlib)
		if err != nil {
			return nil, image.Errorf(image.Malformed, e.at, "a block of %d bytes does not decode: %v", e.length, err)
		}
		return dst[:n:n], nil
	})
}

// inflate decodes a zlib stream (RFC 1950) of at most len(dst) bytes. pool keeps decoders.
func inflate(dst, src []byte, pool *sync.Pool) (n int, err error) {
	r, _ := pool.Get().(io.ReadCloser)
	if r == nil {
		r, err = zlib.NewReader(bytes.NewReader(src))
	} else {
		err = r.(zlib.Resetter).Reset(bytes.NewReader(src), nil)
	}
	if err != nil {
		return 0, err
	}
	defer pool.Put(r)
	n, err = io.ReadFull(r, dst)
	switch err {
	case io.EOF, io.ErrUnexpectedEOF:
		// ReadFull says the latter also of a stream that is cut: then no end follows.
		if _, err = r.Read(make([]byte, 1)); err == io.EOF {
			return n, nil
		}
		return n, err
	case nil:
		if more, err := r.Read(make([]byte, 1)); more > 0 || err != io.EOF {
			return n, fmt.Errorf("more than %d bytes: %w", len(dst), io.ErrShortBuffer)
		}
	}
	return n, err
}

// Verify implements [image.Verifier]: version 2 has one checksum, of all of the image, its own field taken as 0.
func (v *volume) Verify(ctx context.Context, yield func(image.Check) bool) {
	if v.flags&flagVersion2 == 0 {
		return
	}
	c := image.Check{What: "crc32", Outcome: image.Matched, Whole: true, Bytes: v.size, Offset: v.at + crcOffset}
	found, err := v.sum(ctx)
	switch {
	case err != nil:
		c.Outcome, c.Detail = image.Unverified, err.Error()
	case found != v.crc:
		c.Outcome, c.Detail = image.Mismatched, fmt.Sprintf("%08x stated, %08x found", v.crc, found)
	}
	yield(c)
}

func (v *volume) sum(ctx context.Context) (uint32, error) {
	if v.size > v.have || v.size < v.at+superSize {
		return 0, image.Errorf(image.Truncated, v.have, "%d bytes stated", v.size)
	}
	h := crc32.NewIEEE()
	whole := io.MultiReader(
		io.NewSectionReader(v.r, v.at, crcOffset), bytes.NewReader(make([]byte, 4)),
		io.NewSectionReader(v.r, v.at+crcOffset+4, v.size-v.at-crcOffset-4))
	_, err := io.Copy(h, image.ReaderContext(ctx, whole))
	return h.Sum32(), err
}
