package lz4

import (
	"io"
	"sort"

	"github.com/pierrec/lz4/v4"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// view is the decoded stream over independent blocks. It is safe for concurrent use.
type view struct {
	r      io.ReaderAt
	budget *image.Budget
	blocks []block
	size   int64
}

// key names a block in the shared cache.
type key struct {
	v *view
	i int
}

// settle places the blocks. The last block of a frame that does not state its size is decoded for its length;
// one that cannot be decoded ends the stream.
func (v *view) settle() error {
	for i := range v.blocks {
		b := &v.blocks[i]
		b.at = v.size
		if b.last {
			data, err := v.decode(i)
			if err != nil {
				v.blocks = v.blocks[:i]
				return err
			}
			b.length = int64(len(data))
		}
		v.size += b.length
	}
	return nil
}

// decode returns a block's bytes. A block that does not hold what its place in the frame says is an error:
// everything behind it would be shifted.
func (v *view) decode(i int) ([]byte, error) {
	b := &v.blocks[i]
	return v.budget.Cached(key{v, i}, func() ([]byte, error) {
		src, err := bin.ReadAt(v.r, b.from+b.size, b.from, b.size, b.size)
		if err != nil {
			return nil, err
		}
		if !b.stored {
			dst := make([]byte, b.length)
			n, err := lz4.UncompressBlock(src, dst)
			if err != nil {
				return nil, image.Errorf(image.Malformed, b.from, "LZ4 block: %v", err)
			}
			src = dst[:n]
		}
		if !b.last && int64(len(src)) != b.length {
			return nil, image.Errorf(image.Malformed, b.from, "LZ4 block of %d bytes where %d belong", len(src), b.length)
		}
		return src, nil
	})
}

// ReadAt implements [io.ReaderAt].
func (v *view) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= v.size {
		return 0, io.EOF
	}
	i := sort.Search(len(v.blocks), func(i int) bool { return v.blocks[i].at+v.blocks[i].length > off })
	done := 0
	for ; i < len(v.blocks) && done < len(p); i++ {
		data, err := v.decode(i)
		if err != nil {
			return done, err
		}
		done += copy(p[done:], data[off+int64(done)-v.blocks[i].at:])
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}
