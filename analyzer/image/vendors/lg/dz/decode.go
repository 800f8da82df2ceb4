package dz

import (
	"errors"
	"io"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"romscan/analyzer/image"
	"romscan/analyzer/image/bin"
)

// decoder decodes a chunk. How it is compressed is told by its own first bytes: the header's field for it has
// been a number, a word and empty.
func (d *reader) decoder(c *chunk) (io.ReadCloser, error) {
	n := min(c.encoded, d.size-c.data)
	head, err := bin.ReadAt(d.r, d.size, c.data, min(n, 4), 4)
	if err != nil {
		return nil, err
	}
	data := &source{r: image.NewSection(d.r, c.data, c.encoded)}
	var z io.ReadCloser
	switch {
	case string(head) == "\x28\xB5\x2F\xFD":
		var dec *zstd.Decoder
		dec, err = zstd.NewReader(data, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(max(d.budget.Memory, 1<<20))))
		if err == nil {
			z = dec.IOReadCloser()
		}
	case len(head) >= 2 && head[0]&0x0F == 8 && (int(head[0])<<8|int(head[1]))%31 == 0:
		z, err = zlib.NewReader(data)
	case c.encoded == c.decoded:
		return io.NopCloser(data), nil
	default:
		return nil, image.Errorf(image.Unsupported, c.data, "chunk %s: neither zlib nor zstd: % x", c.name, head)
	}
	if err != nil {
		return nil, d.wrap(c, err)
	}
	return &decoding{d, c, z}, nil
}

// source reads a stretch from its start.
type source struct {
	r   io.ReaderAt
	pos int64
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.ReadAt(p, s.pos)
	s.pos += int64(n)
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

// decoding names the chunk in errors of its decoder.
type decoding struct {
	d *reader
	c *chunk
	z io.ReadCloser
}

func (r *decoding) Read(p []byte) (int, error) {
	n, err := r.z.Read(p)
	return n, r.d.wrap(r.c, err)
}

func (r *decoding) Close() error { return r.z.Close() }

func (d *reader) wrap(c *chunk, err error) error {
	var known *image.Error
	switch {
	case err == nil, err == io.EOF, errors.Is(err, image.ErrBudget):
		return err
	case errors.As(err, &known):
		return image.Errorf(known.Reason, known.Offset, "chunk %s: %s", c.name, known.Detail)
	}
	return image.Errorf(image.Malformed, c.data, "chunk %s: %v", c.name, err)
}
