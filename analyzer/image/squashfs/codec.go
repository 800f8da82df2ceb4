package squashfs

import (
	"bytes"
	"io"
	"sync"

	"github.com/anchore/go-lzo"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"romscan/analyzer/image"
	"romscan/analyzer/image/lzma"
)

// Compressors by their number in the superblock.
const (
	gzipBlocks = 1 + iota
	lzmaBlocks
	lzoBlocks
	xzBlocks
	lz4Blocks
	zstdBlocks
)

var compressors = [...]string{
	gzipBlocks: "gzip", lzmaBlocks: "lzma", lzoBlocks: "lzo", xzBlocks: "xz", lz4Blocks: "lz4", zstdBlocks: "zstd",
}

// maxZstdWindow bounds what a frame may refer back to, in bytes: no block is larger than 1 MiB.
const maxZstdWindow = 8 << 20

// codecs keeps what decoding needs again and again.
type codecs struct {
	input sync.Pool // *[]byte
	zlib  sync.Pool // io.ReadCloser of zlib
	zstd  sync.Pool // *zstd.Decoder
}

// buffer returns n bytes to read compressed data into; give takes them back.
func (c *codecs) buffer(n int64) *[]byte {
	in, _ := c.input.Get().(*[]byte)
	if in == nil || int64(cap(*in)) < n {
		in = new(make([]byte, n))
	}
	*in = (*in)[:n]
	return in
}

func (c *codecs) give(in *[]byte) { c.input.Put(in) }

// decode decodes one block into dst, which is as long as the block may be at most, and returns how long it is.
// at is the block's place, for the error.
func (v *volume) decode(dst, src []byte, at int64) (int, error) {
	var n int
	var out []byte
	var err error
	switch v.compressor {
	case gzipBlocks:
		n, err = v.codecs.inflate(dst, src)
	case lzmaBlocks:
		out, err = lzma.DecodeLZMA(dst, src)
		n = len(out)
	case lzoBlocks:
		n, err = lzo.Decompress(src, dst)
	case xzBlocks:
		out, err = lzma.DecodeXZ(dst, src)
		n = len(out)
	case lz4Blocks:
		n, err = lz4.UncompressBlock(src, dst)
	case zstdBlocks:
		n, err = v.codecs.unzstd(dst, src)
	}
	if err != nil || n < 0 || n > len(dst) {
		return 0, image.Errorf(image.Malformed, at, "%s block of %d bytes does not decode to at most %d: %v",
			compressors[v.compressor], len(src), len(dst), err)
	}
	return n, nil
}

// inflate decodes a zlib stream (RFC 1950).
func (c *codecs) inflate(dst, src []byte) (int, error) {
	r, _ := c.zlib.Get().(io.ReadCloser)
	if r == nil {
		var err error
		if r, err = zlib.NewReader(bytes.NewReader(src)); err != nil {
			return 0, err
		}
	} else if err := r.(zlib.Resetter).Reset(bytes.NewReader(src), nil); err != nil {
		c.zlib.Put(r)
		return 0, err
	}
	defer c.zlib.Put(r)
	n, err := io.ReadFull(r, dst)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		// ReadFull says the latter also of a stream that is cut: then the checksum is missing.
		if _, err = r.Read(make([]byte, 1)); err == io.EOF {
			err = nil
		}
		return n, err
	}
	if err != nil {
		return n, err
	}
	more, err := r.Read(make([]byte, 1))
	switch {
	case more > 0:
		return n, io.ErrShortBuffer
	case err == io.EOF:
		err = nil
	}
	return n, err
}

// unzstd decodes a Zstandard frame (RFC 8878).
func (c *codecs) unzstd(dst, src []byte) (int, error) {
	r, _ := c.zstd.Get().(*zstd.Decoder)
	if r == nil {
		var err error
		r, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return 0, err
		}
	}
	defer c.zstd.Put(r)
	out, err := r.DecodeAll(src, dst[:0])
	return len(out), err
}
