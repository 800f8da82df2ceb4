package erofs

import (
	"bytes"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"

	"romscan/analyzer/image"
	"romscan/analyzer/image/lzma"
)

// codecs keeps what decoding needs again and again.
type codecs struct {
	input   sync.Pool // *[]byte
	deflate sync.Pool // io.ReadCloser of flate
	zstd    sync.Pool // *zstd.Decoder
}

// maxZstdWindow is Z_EROFS_ZSTD_MAX_DICT_SIZE, in bytes.
const maxZstdWindow = 1 << 20

// clusterKey finds a decoded physical cluster in the shared cache. With deduplication files share one, each
// with another length.
type clusterKey struct {
	s      *space
	at     int64
	length int64
	plen   uint32
	kind   kind
}

// decoded returns the first length bytes of what an extent holds; they must not be changed.
func (c *content) decoded(e extent, length int64) ([]byte, error) {
	key := clusterKey{&c.v.device, e.at, length, e.plen, e.kind}
	if e.meta {
		key.s = c.inode.in
	}
	return c.v.budget.Cached(key, func() ([]byte, error) {
		if err := c.v.budget.CheckMemory(length + int64(e.plen)); err != nil {
			return nil, err
		}
		in, _ := c.v.codecs.input.Get().(*[]byte)
		if in == nil || cap(*in) < int(e.plen) {
			in = new(make([]byte, e.plen))
		}
		defer c.v.codecs.input.Put(in)
		src := (*in)[:e.plen]
		// The image may end inside the space of its last cluster.
		n, err := c.stored(e, src, e.at)
		if n == 0 {
			return nil, err
		}
		dst := make([]byte, length)
		if bad := c.v.decode(e.kind, dst, src[:n], e.at); bad != nil {
			if err != nil {
				return nil, err
			}
			return nil, bad
		}
		return dst, nil
	})
}

// decode fills dst from an encoded cluster. The encoded bytes lie at the end of their space (LZ4_0PADDING) with
// zeros before them, or, with LZ4 of old, at its start; none of the encodings begins with a zero.
func (v *volume) decode(k kind, dst, src []byte, at int64) error {
	src = bytes.TrimLeft(src, "\x00")
	var err error
	switch k {
	case lz4:
		if !decodeLZ4(dst, src) {
			return image.Errorf(image.Malformed, at, "LZ4 block of %d bytes does not make %d", len(src), len(dst))
		}
		return nil
	case microLZMA:
		err = lzma.DecodeMicroLZMA(dst, src)
	case deflate:
		err = v.inflate(dst, src)
	case zstandard:
		err = v.unzstd(dst, src)
	}
	if err != nil {
		return image.Errorf(image.Malformed, at, "cluster of %d bytes does not decode to %d: %v", len(src), len(dst), err)
	}
	return nil
}

// inflate decodes a raw DEFLATE stream (RFC 1951).
func (v *volume) inflate(dst, src []byte) error {
	r, _ := v.codecs.deflate.Get().(io.ReadCloser)
	if r == nil {
		r = flate.NewReader(bytes.NewReader(src))
	} else if err := r.(flate.Resetter).Reset(bytes.NewReader(src), nil); err != nil {
		return err
	}
	defer v.codecs.deflate.Put(r)
	_, err := io.ReadFull(r, dst)
	return err
}

// unzstd decodes a Zstandard frame (RFC 8878).
func (v *volume) unzstd(dst, src []byte) error {
	r, _ := v.codecs.zstd.Get().(*zstd.Decoder)
	if r == nil {
		var err error
		r, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return err
		}
	}
	defer v.codecs.zstd.Put(r)
	if err := r.Reset(bytes.NewReader(src)); err != nil {
		return err
	}
	_, err := io.ReadFull(r, dst)
	return err
}
