package ubifs

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/anchore/go-lzo"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"

	"romscan/analyzer/image"
)

// Compressors by their number in nodes.
const (
	codecNone = iota
	codecLZO
	codecZlib // which here is deflate without header and checksum
	codecZstd
)

// codec keeps what decoding needs again and again.
type codec struct {
	zstd  func() (*zstd.Decoder, error)
	flate sync.Pool // io.ReadCloser
}

func newCodec() *codec {
	return &codec{zstd: sync.OnceValues(func() (*zstd.Decoder, error) {
		return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(1<<20), zstd.WithDecodeAllCapLimit(true))
	})}
}

// nodeKey finds a decoded node in the shared cache.
type nodeKey struct {
	v  *volume
	at place
}

var errShort = errors.New("the data ends early")

// decoded decodes a data node; what is returned must not be changed.
func (v *volume) decoded(at place, e piece) ([]byte, error) {
	return v.budget.Cached(nodeKey{v, at}, func() ([]byte, error) {
		raw, err := v.node(at, typeData)
		if err != nil {
			return nil, err
		}
		dst, src := make([]byte, e.size), raw[dataSize:]
		var n int
		switch e.codec {
		case codecLZO:
			n, err = lzo.Decompress(src, dst)
		case codecZlib:
			n, err = v.codec.inflate(dst, src)
		case codecZstd:
			n, err = v.codec.unzstd(dst, src)
		default:
			return nil, image.Errorf(image.Unsupported, e.at, "compressor %d", e.codec)
		}
		if err == nil && n != len(dst) {
			err = errShort
		}
		if err != nil {
			return nil, image.Errorf(image.Malformed, e.at, "compressor %d: %d bytes do not decode to %d: %v", e.codec, len(src), len(dst), err)
		}
		return dst, nil
	})
}

// inflate decodes a deflate stream (RFC 1951).
func (c *codec) inflate(dst, src []byte) (int, error) {
	r, _ := c.flate.Get().(io.ReadCloser)
	if r == nil {
		r = flate.NewReader(bytes.NewReader(src))
	} else if err := r.(flate.Resetter).Reset(bytes.NewReader(src), nil); err != nil {
		return 0, err
	}
	defer c.flate.Put(r)
	return io.ReadFull(r, dst)
}

// unzstd decodes a Zstandard frame (RFC 8878).
func (c *codec) unzstd(dst, src []byte) (int, error) {
	r, err := c.zstd()
	if err != nil {
		return 0, err
	}
	out, err := r.DecodeAll(src, dst[:0])
	return len(out), err
}
