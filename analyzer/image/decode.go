package image

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"sync"
)

// Decode decodes, once, a serial stream whose decoded size nobody states, and returns it for random access:
// held in the shared cache when it is small beside the memory budget, else in one unlinked temporary file.
// open starts decoding from the beginning; it is called again only if the result was forgotten meanwhile.
// encoded is the compressed size.
//
// A stream that breaks off gives what came before the break as a Stream of that size, and the error. The
// Stream is nil where nothing could be decoded.
func (b *Budget) Decode(encoded int64, open func() (io.ReadCloser, error)) (*Stream, error) {
	r, err := open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	s := b.NewStream(0, encoded, open)
	data, err := b.fill(r, encoded)
	if err != nil && len(data) == 0 && err != io.EOF {
		return nil, err
	}
	if err != nil {
		s.size = int64(len(data))
		s.head = bytes.Clone(data[:min(len(data), headSize)])
		b.cache.put(s, data)
		if err == io.EOF {
			return s, nil
		}
		return s, fmt.Errorf("stream breaks off after %d bytes: %w", len(data), err)
	}
	f, n, err := b.Spill(io.MultiReader(bytes.NewReader(data), r), math.MaxInt64, encoded)
	if f == nil {
		return nil, err
	}
	s.spool, s.size = f, n
	if err != nil {
		return s, fmt.Errorf("stream breaks off after %d bytes: %w", n, err)
	}
	return s, nil
}

// fill reads into memory until the stream ends, breaks or has more than memory is for; then err is nil.
func (b *Budget) fill(r io.Reader, encoded int64) (data []byte, err error) {
	limit := max(b.Memory/16, headSize)
	buf := make([]byte, 0, min(limit, max(headSize, 4*encoded)))
	for {
		if err := b.CheckRatio(int64(len(buf)), encoded); err != nil {
			return buf, err
		}
		if len(buf) == cap(buf) {
			if int64(len(buf)) >= limit {
				return buf, nil
			}
			grown := make([]byte, len(buf), min(limit, 2*int64(cap(buf))))
			copy(grown, buf)
			buf = grown
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if over := b.spend(int64(n)); over != nil && err == nil {
			err = over
		}
		if err != nil {
			return buf, err
		}
	}
}

// Open returns a handle on the stream, an [io.Closer]. When the last one is closed the decoded bytes are given
// back, as Close does.
func (s *Stream) Open() io.ReaderAt {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users++
	return &streamHandle{s: s}
}

type streamHandle struct {
	s    *Stream
	once sync.Once
}

func (h *streamHandle) ReadAt(p []byte, off int64) (int, error) { return h.s.ReadAt(p, off) }

func (h *streamHandle) Close() error {
	var err error
	h.once.Do(func() {
		h.s.mu.Lock()
		h.s.users--
		last := h.s.users == 0
		h.s.mu.Unlock()
		if last {
			err = h.s.Close()
		}
	})
	return err
}
