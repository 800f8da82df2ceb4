package f2fs

import (
	"encoding/binary"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"romscan/analyzer/image"
)

// Algorithms of i_compress_algorithm.
const (
	algorithmLZO = iota
	algorithmLZ4
	algorithmZstd
	algorithmLZORLE
)

// clusterHeader is struct compress_data: the length of what follows, its checksum, and 16 bytes.
const clusterHeader = 24

// maxZstdWindow bounds what a frame may refer back to, in bytes: no cluster is larger than 256 blocks.
const maxZstdWindow = 16 << 20

// codecs keeps what decoding needs again and again.
type codecs struct{ zstd sync.Pool } // *zstd.Decoder

// clusterKey finds a decoded cluster in the shared cache.
type clusterKey struct {
	v     *volume
	nid   uint32
	first uint32 // address of its first block
}

// readCluster copies from byte skip on of the compressed cluster that s begins with.
func (c *content) readCluster(p []byte, s span, skip int64) (int, error) {
	length := int64(1) << c.inode.clusterBits
	if s.count < length {
		return 0, image.Errorf(image.Malformed, c.inode.offset, "a cluster of inode %d leaves its node", c.inode.nid)
	}
	data, err := c.v.budget.Cached(clusterKey{c.v, c.inode.nid, s.at(1)}, func() ([]byte, error) {
		raw, err := c.encoded(s)
		if err != nil {
			return nil, err
		}
		dst := make([]byte, length<<c.v.blockBits)
		n, err := c.v.decode(c.inode.algorithm, dst, raw)
		if err != nil {
			return nil, image.Errorf(image.Malformed, c.v.address(s.at(1)), "cluster of %d bytes does not decode to %d: %v", len(raw), len(dst), err)
		}
		return dst[:n], nil
	})
	if err != nil {
		return 0, err
	}
	// The last cluster may hold less than others; bytes of the file that are in none are an error.
	n := 0
	if skip < int64(len(data)) {
		n = copy(p, data[skip:])
	}
	if n == 0 {
		return 0, image.Errorf(image.Malformed, c.v.address(s.at(1)), "cluster decodes to %d bytes of %d", len(data), length<<c.v.blockBits)
	}
	return n, nil
}

// compressedBlocks returns how many blocks of the cluster that s begins with hold compressed data.
func (c *content) compressedBlocks(s span) int64 {
	n := int64(1)
	for n < min(s.count, 1<<c.inode.clusterBits) && stored(s.at(n)) {
		n++
	}
	return n - 1
}

// body reads the blocks of a cluster, which need not lie together, and returns header and data.
func (c *content) body(s span) (header, data []byte, err error) {
	count := c.compressedBlocks(s)
	raw := make([]byte, count<<c.v.blockBits)
	for k := range count {
		if _, err := c.v.readBlocks(raw[k<<c.v.blockBits:][:c.v.blockSize], s.at(k+1), 1, 0); err != nil {
			return nil, nil, err
		}
	}
	if count == 0 {
		return nil, nil, image.Errorf(image.Malformed, c.inode.offset, "a cluster of inode %d has no blocks", c.inode.nid)
	}
	n := int64(binary.LittleEndian.Uint32(raw))
	if n > int64(len(raw))-clusterHeader {
		return nil, nil, image.Errorf(image.Malformed, c.v.address(s.at(1)), "cluster of %d bytes in %d blocks", n, count)
	}
	return raw[:clusterHeader], raw[clusterHeader:][:n], nil
}

func (c *content) encoded(s span) ([]byte, error) {
	_, data, err := c.body(s)
	return data, err
}

// checkCluster compares the checksum of a cluster's data, where the inode says that there is one.
func (c *content) checkCluster(s span) (length int64, err error) {
	header, data, err := c.body(s)
	if err != nil {
		return 0, err
	}
	want := binary.LittleEndian.Uint32(header[4:])
	if got := checksum(superMagic, data); got != want {
		return int64(len(data)), image.Errorf(image.Malformed, c.v.address(s.at(1))+4, "the checksum of a cluster is %08x, not %08x", got, want)
	}
	return int64(len(data)), nil
}

// decode decodes a cluster into dst and returns how long it is.
func (v *volume) decode(algorithm uint8, dst, src []byte) (int, error) {
	switch algorithm {
	case algorithmLZO, algorithmLZORLE:
		return decodeLZO(dst, src)
	case algorithmLZ4:
		return lz4.UncompressBlock(src, dst)
	case algorithmZstd:
		return v.codecs.unzstd(dst, src)
	}
	return 0, image.Errorf(image.Unsupported, -1, "compression algorithm %d", algorithm)
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
